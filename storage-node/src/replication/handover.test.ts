import {
  A,
  ack,
  activePrimary,
  B,
  ballot,
  Bench,
  C,
  configuration,
  durableOf,
  propose,
  summary,
} from './replica-fixtures.ts'
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
  const message = { kind: 'release', ballot: ballot(1, 1), to: B, version: '1' }
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

test('the target goes by what was read before, and asks nobody but the members', () => {
  const bench = new Bench({ durable: durableOf(ballot(1, 1), A) })
  bench.receive(A, { kind: 'release', ballot: ballot(1, 1), to: B, version: '7' })
  expect(bench.take('getConfiguration')).toEqual([])
  bench.receive(C, {
    kind: 'sealAck',
    ballot: ballot(2, 0),
    log: summary(0),
    configuration: undefined,
  })
  expect(bench.take('swapConfiguration')).toMatchObject([
    { expected: '7', configuration: { epoch: 2, primary: B } },
  ])
})

test('a configuration that the target does not know is read', () => {
  const bench = new Bench({ durable: durableOf(ballot(2, 1), A, configuration(1, A)) })
  bench.receive(A, { kind: 'release', ballot: ballot(2, 1), to: B, version: '7' })
  expect(bench.take('getConfiguration')).toHaveLength(1)
})
