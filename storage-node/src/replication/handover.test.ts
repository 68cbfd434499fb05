import { ack, activePrimary, B, ballot, C, configuration, propose, A } from './replica-fixtures.ts'
import { isActive } from './step.ts'

test('it drains, steps down and releases; the target is named to all members', () => {
  const bench = activePrimary()
  propose(bench)
  ack(bench, C, 2)
  bench.input({ kind: 'handOver', to: B })
  bench.readAs(configuration(1, A))
  expect(bench.take('admission')).toMatchObject([{ isOpen: false }])
  expect(isActive(bench.state)).toBe(true)
  ack(bench, B, 2)
  expect(isActive(bench.state)).toBe(false)
  const message = { kind: 'release', ballot: ballot(1, 1), to: B }
  expect(bench.take('dropLease')).toMatchObject([
    {
      then: [
        { to: B, message },
        { to: C, message },
      ],
    },
  ])
})

test('if nobody takes over within a second, it resumes under the next activation', () => {
  const bench = activePrimary()
  bench.input({ kind: 'handOver', to: B })
  bench.readAs(configuration(1, A))
  expect(isActive(bench.state)).toBe(false)
  bench.elapse(1001)
  expect(bench.sent('resume')[0]?.message.ballot).toEqual(ballot(1, 2))
})

test('a target that does not catch up within a second is given up, and admission opens', () => {
  const bench = activePrimary()
  propose(bench)
  ack(bench, C, 2)
  bench.input({ kind: 'handOver', to: B })
  bench.readAs(configuration(1, A))
  bench.elapse(1001)
  expect(bench.take('admission')).toMatchObject([{ isOpen: false }, { isOpen: true }])
  expect(isActive(bench.state)).toBe(true)
})

test('without the config store there is no handover', () => {
  const bench = activePrimary()
  bench.input({ kind: 'handOver', to: B })
  bench.readAs('unavailable')
  expect(bench.take('admission')).toEqual([])
  expect(isActive(bench.state)).toBe(true)
})

test.each([
  { why: 'notMember', to: 'x' as typeof B, prepare: 0 },
  { why: 'behind', to: B, prepare: 200 },
])('a handover is refused: $why', ({ why, to, prepare }) => {
  const bench = activePrimary()
  if (prepare > 0) propose(bench, prepare)
  bench.input({ kind: 'handOver', to })
  expect(bench.take('report')[0]?.what).toContain(why)
  expect(bench.take('getConfiguration')).toEqual([])
})

test('one handover at a time, and only of an office that is held', () => {
  const bench = activePrimary()
  bench.input({ kind: 'handOver', to: B })
  bench.input({ kind: 'handOver', to: C })
  expect(bench.take('report')[0]?.what).toContain('underWay')
  bench.input({ kind: 'damaged' })
  bench.input({ kind: 'handOver', to: C })
  expect(bench.take('report')[0]?.what).toContain('notActive')
})
