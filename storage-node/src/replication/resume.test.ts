import {
  A,
  B,
  ballot,
  Bench,
  C,
  configuration,
  durableOf,
  position,
  summary,
} from './replica-fixtures.ts'
import { isActive } from './step.ts'

const ONE = ballot(1, 1)
const LOG = summary(3, position(1, ONE))

/** `a` was primary under (1, 1) when its process ended. */
function restarted(silenceMs = 0): Bench {
  return new Bench({ self: A, durable: durableOf(ONE, A), log: LOG, silenceMs })
}

test('a returning primary promises the next activation before anybody hears of it', () => {
  const bench = new Bench({ self: A, durable: durableOf(ONE, A), log: LOG, silenceMs: 1 })
  bench.isPrompt = false
  bench.elapse(2)
  const token = bench.take('revokeGrants')[0]?.token ?? -1
  bench.input({ kind: 'grantsRevoked', token, untilMs: 0 })
  expect(bench.sent('resume')).toEqual([])
  bench.sync()
  expect(bench.sent('resume').map(({ message }) => message.ballot)).toEqual([
    ballot(1, 2),
    ballot(1, 2),
  ])
})

test('a seal set of promises is enough, without the config store', () => {
  const bench = restarted()
  bench.receive(C, { kind: 'sealAck', ballot: ballot(1, 2), log: LOG, configuration: undefined })
  expect(bench.take('getConfiguration')).toEqual([])
  expect(bench.state.primary?.ballot).toEqual(ballot(1, 2))
})

test('it keeps its silence first', () => {
  const bench = restarted(3000)
  bench.elapse(2900)
  expect(bench.sent('resume')).toEqual([])
  bench.elapse(200)
  expect(bench.sent('resume').length).toBeGreaterThan(0)
})

test('in one kernel its old process is dead: it resumes at once', () => {
  const durable = durableOf(ONE, A)
  const bench = new Bench({
    self: A,
    durable,
    log: LOG,
    silenceMs: 3000,
    settings: { isOneKernel: true },
  })
  expect(bench.state.candidacy?.ballot).toEqual(ballot(1, 2))
})

test('members that have promised more make it stand for a higher epoch', () => {
  const bench = restarted()
  for (const store of [B, C]) {
    bench.receive(store, {
      kind: 'sealRefused',
      ballot: ballot(1, 2),
      why: 'promisedMore',
      promised: ballot(2, 0),
      retryAfterMs: 250,
    })
  }
  expect(bench.state.candidacy).toBeUndefined()
  bench.elapse(3500)
  bench.readAs(configuration(1, A))
  expect(bench.sent('seal')[0]?.message.epoch).toBe(3)
})

test('a store whose rows are damaged does not resume', () => {
  const bench = new Bench({
    self: A,
    durable: { ...durableOf(ONE, A), installing: true },
    log: LOG,
  })
  bench.elapse(60_000)
  expect(bench.state.candidacy).toBeUndefined()
  expect(isActive(bench.state)).toBe(false)
})
