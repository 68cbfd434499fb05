import type { Epoch, Seq } from '../contract/identifiers.ts'
import {
  A,
  B,
  ballot,
  Bench,
  C,
  configuration,
  durableOf,
  entries,
  position,
  summary,
} from './replica-fixtures.ts'
import type { BenchOptions } from './replica-fixtures.ts'

const ONE = ballot(1, 1)
const SEALED = ballot(2, 0)
const LOG = summary(3, position(1, ONE))

/** A secondary whose primary `a` has been silent for so long that it asks the config store. */
function candidate(options: BenchOptions = {}): Bench {
  const bench = new Bench({ durable: durableOf(ONE, A), log: LOG, applied: 3, ...options })
  bench.elapse(3500)
  return bench
}

function sealAck(bench: Bench, from = C, log = LOG, of = SEALED): void {
  bench.receive(from, { kind: 'sealAck', ballot: of, log, configuration: undefined })
}

function asksConfigStore(bench: Bench): boolean {
  return bench.effects.some(({ kind }) => kind === 'getConfiguration')
}

/** The same for two members in two zones, of which one is gone. */
function survivor(): Bench {
  const known = configuration(1, A, [A, B])
  const bench = candidate({ durable: durableOf(ONE, A, known) })
  bench.readAs(known)
  return bench
}

test('a member stands 3 s after the last beacon, not before', () => {
  const bench = new Bench({ durable: durableOf(ONE, A) })
  bench.elapse(2990)
  expect(bench.take('getConfiguration')).toEqual([])
  bench.elapse(20)
  expect(bench.take('getConfiguration')).toHaveLength(1)
})

test('a grant that was renewed puts it off; the second in rank waits a little longer', () => {
  const bench = new Bench({ self: C, durable: durableOf(ONE, A) })
  bench.grantedUntilMs = bench.nowMs + 5000
  bench.elapse(5100)
  expect(bench.take('getConfiguration')).toEqual([])
  bench.elapse(110)
  expect(bench.take('getConfiguration')).toHaveLength(1)
})

describe('a store that has just ended its silence', () => {
  /** Its primary's beacons come as they should, or ended when it started. */
  function silent(isHeard: boolean): Bench {
    const bench = new Bench({ durable: durableOf(ONE, A), silenceMs: 3000 })
    for (let ms = 0; ms < 3500; ms += 500) {
      if (isHeard || ms === 0) bench.heardMs.set(A, bench.nowMs)
      bench.elapse(500)
    }
    return bench
  }

  test('leaves a primary that is heard the time for the beacon that it can grant', () => {
    const bench = silent(true)
    expect(bench.take('allowGrants')).toHaveLength(1)
    expect(bench.take('getConfiguration')).toEqual([])
    bench.grantedUntilMs = bench.nowMs + 3000
    bench.elapse(2990)
    expect(bench.take('getConfiguration')).toEqual([])
    bench.elapse(20)
    expect(bench.take('getConfiguration')).toHaveLength(1)
  })

  test('stands when the beacons of a store that is heard do not name the partition', () => {
    const bench = silent(true)
    bench.elapse(750)
    expect(bench.take('getConfiguration')).toHaveLength(1)
  })

  test('stands at once when the primary is not heard', () => {
    expect(silent(false).take('getConfiguration')).toHaveLength(1)
  })
})

test('nobody seals while the config store is down', () => {
  const bench = candidate()
  bench.readAs('unavailable')
  expect(bench.sent('seal')).toEqual([])
  bench.elapse(1500)
  expect(bench.take('getConfiguration')).toHaveLength(1)
})

test('the others are asked first, and it promises itself when that completes a seal set', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  expect(bench.take('persist')).toEqual([])
  expect(bench.sent('seal').map(({ to }) => to)).toEqual([A, C])
  sealAck(bench)
  expect(bench.take('persist')).toMatchObject([
    { replica: { promised: { ballot: SEALED, to: B } } },
  ])
  expect(bench.swapAs('won')).toMatchObject({
    epoch: 2,
    primary: B,
    members: configuration(1, A).members,
  })
  expect(bench.take('persist').at(-1)).toMatchObject({
    replica: { promised: { ballot: ballot(2, 1), to: B } },
    entries: [{ seq: 4, ballot: ballot(2, 1) }],
  })
})

test('the epoch asked for lies above every promise that was met', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  bench.receive(C, {
    kind: 'sealRefused',
    ballot: SEALED,
    why: 'promisedMore',
    promised: ballot(7, 0),
    retryAfterMs: 250,
  })
  bench.receive(A, {
    kind: 'sealRefused',
    ballot: SEALED,
    why: 'promisedMore',
    promised: ballot(7, 0),
    retryAfterMs: 250,
  })
  bench.effects = []
  bench.elapse(2000)
  bench.readAs(configuration(1, A))
  expect(bench.sent('seal')[0]?.message.epoch).toBe(8)
})

test('a better log is fetched and synced before the swap', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  const better = summary(6, position(1, ONE))
  sealAck(bench, C, better)
  expect(bench.take('swapConfiguration')).toEqual([])
  expect(bench.sent('logFetch')).toMatchObject([{ to: C, message: { from: 4, upTo: 6 } }])
  const tail = entries(4, 6, ONE)
  bench.receive(C, { kind: 'logEntries', ballot: SEALED, from: 4 as Seq, entries: tail })
  expect(bench.take('persist').at(-1)).toMatchObject({
    entries: [{ seq: 4 }, { seq: 5 }, { seq: 6 }],
  })
  expect(bench.take('swapConfiguration')).toHaveLength(1)
})

test('entries that contradict what was promised are not taken', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  sealAck(bench, C, summary(4, position(1, ONE)))
  bench.receive(C, {
    kind: 'logEntries',
    ballot: SEALED,
    from: 4 as Seq,
    entries: entries(4, 4, ballot(1, 7)),
  })
  expect(bench.state.log.end.seq).toBe(3)
})

test('a candidate that cannot get the entries lets their owner stand', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  const trimmed = {
    ...summary(20, position(10, ONE)),
    first: 15 as Seq,
    ballots: [position(14, ONE)],
  }
  sealAck(bench, C, trimmed)
  expect(bench.sent('release')).toMatchObject([{ to: C, message: { ballot: SEALED, to: C } }])
  expect(bench.state.candidacy).toBeUndefined()
})

test('a released member stands at once', () => {
  const bench = new Bench({ durable: durableOf(SEALED, A), log: LOG, applied: 3 })
  bench.receive(A, { kind: 'release', ballot: SEALED, to: B, version: '' })
  expect(bench.take('getConfiguration')).toHaveLength(1)
})

test('a member that does not answer is dropped after a while, behind the synced log', () => {
  const known = configuration(1, A, [A, B, C])
  const bench = candidate({ settings: { quorum: 'all' } })
  bench.readAs(known)
  sealAck(bench)
  expect(bench.take('swapConfiguration')).toEqual([])
  bench.elapse(1100)
  expect(bench.take('swapConfiguration')).toEqual([])
  expect(bench.sent('sync')).toMatchObject([{ to: C, message: { prev: position(3, ONE) } }])
  bench.receive(C, { kind: 'syncAck', ballot: SEALED, seq: 3 as Seq })
  expect(bench.swapAs('won')?.members.map(({ store }) => store)).toEqual([B, C])
})

test('a member that will promise soon is waited for rather than dropped', () => {
  const bench = survivor()
  bench.receive(A, {
    kind: 'sealRefused',
    ballot: SEALED,
    why: 'grantLives',
    promised: ONE,
    retryAfterMs: 1800,
  })
  bench.elapse(1700)
  expect(bench.take('swapConfiguration')).toEqual([])
  bench.elapse(500)
  expect(bench.swapAs('won')?.members.map(({ store }) => store)).toEqual([B])
})

test('a member brings its log to what a candidate that drops others has merged', () => {
  const bench = new Bench({ durable: durableOf(SEALED, C), log: LOG, applied: 1 })
  bench.isPrompt = false
  const tail = entries(2, 3, ballot(1, 2))
  bench.receive(C, { kind: 'sync', ballot: SEALED, prev: position(1, ONE), entries: tail })
  expect(bench.sent('syncAck')).toEqual([])
  bench.sync()
  expect(bench.sent('syncAck')).toMatchObject([{ to: C, message: { seq: 3 } }])
})

test.each(['lost', 'unknown'] as const)(
  'a swap that is %s is looked up before anything else',
  (outcome) => {
    const bench = candidate()
    bench.readAs(configuration(1, A))
    sealAck(bench)
    bench.swapAs(outcome)
    expect(bench.state.primary).toBeUndefined()
    bench.readAs(configuration(2, B), '2')
    expect(bench.state.primary?.ballot).toEqual(ballot(2, 1))
  },
)

test('a bystander who wrote to the record does not end a takeover', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  sealAck(bench)
  bench.swapAs('lost')
  bench.readAs(configuration(1, A), '9')
  expect(bench.take('swapConfiguration')).toMatchObject([
    { expected: '9', configuration: { epoch: 2 } },
  ])
})

test('who loses the race follows the winner', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  sealAck(bench)
  bench.swapAs('lost')
  bench.readAs(configuration(2, C), '2')
  expect(bench.state.primary).toBeUndefined()
  expect(bench.state.durable?.configuration).toMatchObject({ epoch: 2, primary: C })
})

test('a dropped member does not stand', () => {
  const bench = candidate()
  bench.readAs(configuration(2, C, [A, C]), '2')
  bench.effects = []
  bench.elapse(60_000)
  expect(bench.take('getConfiguration')).toEqual([])
})

test('an office that was won by a swap whose answer never came is assumed', () => {
  const bench = candidate({ durable: durableOf(SEALED, B) })
  bench.readAs(configuration(2, B), '2')
  expect(bench.sent('resume')).toMatchObject([
    { to: A, message: { ballot: ballot(2, 1) } },
    { to: C, message: { ballot: ballot(2, 1) } },
  ])
})

test('of two candidates whose questions cross only one promises the other', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  bench.effects = []
  bench.receive(C, { kind: 'seal', epoch: SEALED.epoch })
  // The other is told that it is to give way, and asked once more.
  expect(bench.take('send')).toMatchObject([
    { to: C, message: { kind: 'sealRefused', why: 'rival' } },
    { to: C, message: { kind: 'seal' } },
  ])
  const other = candidate({ self: C })
  other.elapse(200)
  other.readAs(configuration(1, A))
  other.receive(B, { kind: 'seal', epoch: SEALED.epoch })
  expect(other.sent('sealAck')).toMatchObject([{ to: B }])
  expect(other.state.candidacy).toBeUndefined()
})

test('a candidate gives way to one that asks for a higher epoch, and to none that asks for a lower', () => {
  const bench = candidate({ self: C, durable: durableOf(ballot(3, 0), A, configuration(1, A)) })
  bench.elapse(200)
  bench.readAs(configuration(1, A))
  expect(bench.sent('seal')[0]?.message.epoch).toBe(4)
  bench.receive(B, { kind: 'seal', epoch: 3 as Epoch })
  expect(bench.sent('sealAck')).toEqual([])
  bench.receive(B, { kind: 'seal', epoch: 5 as Epoch })
  expect(bench.sent('sealAck')).toHaveLength(1)
})

test('a candidate whose disk is slow goes on for as long as promises come in', () => {
  const bench = candidate()
  bench.readAs(configuration(1, A))
  bench.isPrompt = false
  bench.elapse(1900)
  sealAck(bench)
  const token = bench.take('revokeGrants')[0]?.token ?? -1
  bench.input({ kind: 'grantsRevoked', token, untilMs: 0 })
  bench.elapse(1900)
  bench.sync()
  expect(bench.take('swapConfiguration')).toHaveLength(1)
})

test('a primary that is too slow to act is given more time in its next office', () => {
  const bench = candidate()
  const offices = [1, 2, 3].map((epoch) => {
    bench.readAs(configuration(epoch, epoch === 1 ? A : B), String(epoch))
    sealAck(bench, C, LOG, ballot(epoch + 1, 0))
    bench.swapAs('won')
    const sinceMs = bench.nowMs
    while (!asksConfigStore(bench)) bench.elapse(100)
    return bench.nowMs - sinceMs
  })
  expect(offices).toEqual([1500, 3000, 4500])
})
