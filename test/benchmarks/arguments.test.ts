import { parseArguments } from './arguments.ts'

const known = ['get-4k', 'put-4k']

test('without a name every workload runs', () => {
  expect(parseArguments([], known)).toMatchObject({ names: known, isQuick: false, isList: false })
})

test('names and settings come in any order', () => {
  const asked = parseArguments(['--quick', 'put-4k', '--against', 'HEAD~1'], known)
  expect(asked).toMatchObject({ names: ['put-4k'], isQuick: true, against: 'HEAD~1' })
})

test.each([[['put-5k']], [['--fast']], [['--against']]])('%j is refused', (args) => {
  expect(() => parseArguments(args, known)).toThrow(/put-5k|fast|against/)
})
