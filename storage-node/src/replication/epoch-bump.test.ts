import {
  ack,
  activePrimary,
  A,
  B,
  ballot,
  C,
  configuration,
  position,
  propose,
  summary,
} from './replica-fixtures.ts'
import type { Bench } from './replica-fixtures.ts'
import { isActive } from './step.ts'

const PROMISED = ballot(4, 0)

function refused(): Bench {
  const bench = activePrimary()
  bench.receive(C, {
    kind: 'nack',
    ballot: ballot(1, 1),
    reason: 'promisedMore',
    promised: PROMISED,
    log: summary(1, position(1, ballot(1, 1))),
  })
  return bench
}

test('a promise above the ballot makes an active primary move above it, without a gap', () => {
  const bench = refused()
  bench.readAs(configuration(1, A))
  expect(bench.swapAs('won')).toEqual({ ...configuration(1, A), epoch: 5 })
  expect(isActive(bench.state)).toBe(true)
  expect(bench.take('deactivated')).toEqual([])
  ack(bench, C, 2, ballot(5, 1))
  expect(bench.take('apply')).toMatchObject([{ upTo: 2 }])
})

test('a member that refuses the beacon counts as well', () => {
  const bench = activePrimary()
  bench.input({ kind: 'grantRefused', member: C, promised: PROMISED })
  expect(bench.take('getConfiguration')).toHaveLength(1)
})

test('while the outcome is unknown it goes on under the old ballot, then adopts what it reads', () => {
  const bench = refused()
  bench.readAs(configuration(1, A))
  bench.swapAs('unknown')
  propose(bench)
  ack(bench, B, 2)
  expect(bench.take('apply')).toMatchObject([{ upTo: 2 }])
  bench.elapse(600)
  bench.readAs(configuration(5, A), '2')
  expect(bench.state.primary?.ballot).toEqual(ballot(5, 1))
  expect(isActive(bench.state)).toBe(true)
})

test('if another store has taken over meanwhile, it steps down', () => {
  const bench = refused()
  bench.readAs(configuration(5, B), '2')
  expect(bench.take('deactivated')).toHaveLength(1)
  expect(bench.state.primary).toBeUndefined()
})

test('a config store that is down is asked again', () => {
  const bench = refused()
  bench.readAs('unavailable')
  bench.elapse(600)
  expect(bench.take('getConfiguration')).toHaveLength(1)
})

test('a config store that went back in time is reported and not obeyed', () => {
  const bench = refused()
  bench.readAs(configuration(1, A))
  bench.swapAs('won')
  bench.input({ kind: 'grantRefused', member: C, promised: ballot(9, 0) })
  bench.readAs(configuration(1, A))
  expect(bench.take('report')[0]?.what).toContain('ConfigRegressed')
  expect(isActive(bench.state)).toBe(true)
})
