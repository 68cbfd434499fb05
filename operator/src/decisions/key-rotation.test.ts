import { decideRotation, promoteNext, type Pair } from './key-rotation.ts'

const times = { everyMs: 1000, overlapMs: 100 }
const pair = (accessKeyId: string, state: Pair['state'], sinceMs: number): Pair => {
  return { accessKeyId, accessKeySecret: 's', state, sinceMs }
}
const shown = (pairs: readonly Pair[]) =>
  pairs.map(({ accessKeyId, state, sinceMs }) => `${accessKeyId} ${state} ${sinceMs}`)

test('a pair is made, replaced in time, and the old one goes after the overlap', () => {
  expect(decideRotation([], times, 0)).toEqual({ needsNext: true, expired: [], againMs: undefined })
  const first = promoteNext([pair('A', 'Next', 0)], 5)
  expect(shown(first)).toEqual(['A Active 5'])
  expect(decideRotation(first, times, 1004)).toEqual({ needsNext: false, expired: [], againMs: 1 })
  expect(decideRotation(first, times, 1005).needsNext).toBe(true)
  const second = promoteNext([...first, pair('B', 'Next', 1005)], 1010)
  expect(shown(second)).toEqual(['A Retiring 1010', 'B Active 1010'])
  expect(decideRotation(second, times, 1109)).toEqual({ needsNext: false, expired: [], againMs: 1 })
  expect(shown(decideRotation(second, times, 1110).expired)).toEqual(['A Retiring 1010'])
})

test('a pair that is still to be taken in use is not made twice', () => {
  const pairs = [pair('A', 'Active', 0), pair('B', 'Next', 1000)]
  expect(decideRotation(pairs, times, 9999).needsNext).toBe(false)
})

test('without rotation a pair stays, and one that was replaced goes', () => {
  expect(decideRotation([pair('A', 'Active', 0)], undefined, 1e12)).toEqual({
    ...{ needsNext: false, expired: [], againMs: undefined },
  })
  const pairs = [pair('A', 'Retiring', 5), pair('B', 'Active', 5)]
  expect(shown(decideRotation(pairs, undefined, 5).expired)).toEqual(['A Retiring 5'])
})
