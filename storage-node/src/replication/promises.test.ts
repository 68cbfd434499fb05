import {
  ack,
  activePrimary,
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
import type { BenchOptions } from './replica-fixtures.ts'
import { NO_BALLOT } from './ballot.ts'
import { isActive } from './step.ts'

const ONE = ballot(1, 1)

/** A secondary of `a` under (1, 1), which has granted it a lease that lives for two more seconds. */
function granter(options: BenchOptions = {}): Bench {
  const bench = new Bench({ durable: durableOf(ONE, A), ...options })
  bench.grantedUntilMs = bench.nowMs + 2000
  return bench
}

function seal(bench: Bench, from = C, epoch = 2): void {
  bench.receive(from, { kind: 'seal', epoch: ballot(epoch, 0).epoch })
}

function refusal(bench: Bench) {
  return bench.sent('sealRefused')[0]?.message
}

test('a promise is answered when it is synced, with what the log holds', () => {
  const bench = new Bench({ durable: durableOf(ONE, A), log: summary(2, position(1, ONE)) })
  bench.isPrompt = false
  seal(bench)
  const token = bench.take('revokeGrants')[0]?.token ?? -1
  bench.input({ kind: 'grantsRevoked', token, untilMs: 0 })
  expect(bench.sent('sealAck')).toEqual([])
  bench.sync()
  expect(bench.sent('sealAck')).toMatchObject([
    { to: C, message: { ballot: ballot(2, 0), log: { end: position(2, ONE) } } },
  ])
})

test('a live grant to somebody else refuses, and grants go on', () => {
  const bench = granter()
  seal(bench)
  expect(refusal(bench)).toMatchObject({ why: 'grantLives', retryAfterMs: 2000, promised: ONE })
  expect(bench.take('allowGrants')).toMatchObject([{ ballot: ONE, to: A }])
  expect(bench.take('persist')).toEqual([])
})

test('nothing is granted again while a revocation is under way', () => {
  const bench = granter()
  bench.input({ kind: 'wake' })
  bench.take('allowGrants')
  bench.isPrompt = false
  seal(bench)
  bench.elapse(10)
  expect(bench.take('allowGrants')).toEqual([])
})

test('the holder of the grant itself may have the promise', () => {
  const bench = granter()
  seal(bench, A)
  expect(bench.sent('sealAck')).toMatchObject([{ to: A }])
})

test('a grant to the old process of the same store is one to somebody else', () => {
  const bench = granter()
  bench.restartedMs.set(A, bench.nowMs)
  const resume = {
    kind: 'resume',
    ballot: ballot(1, 2),
    configuration: configuration(1, A),
  } as const
  bench.receive(A, resume)
  expect(refusal(bench)).toMatchObject({ why: 'grantLives' })
})

test('in one kernel the old process is dead, and its grant void', () => {
  const bench = granter({ settings: { isOneKernel: true } })
  bench.restartedMs.set(A, bench.nowMs)
  const resume = {
    kind: 'resume',
    ballot: ballot(1, 2),
    configuration: configuration(1, A),
  } as const
  bench.receive(A, resume)
  expect(bench.sent('sealAck')).toMatchObject([{ message: { ballot: ballot(1, 2) } }])
})

test('a grant that was released counts no more', () => {
  const bench = granter()
  bench.receive(A, { kind: 'release', ballot: ONE, to: C, version: '' })
  seal(bench)
  expect(bench.sent('sealAck')).toHaveLength(1)
})

describe('grants of two primaries, one after the other, of which the second releases its own', () => {
  const TWO = ballot(2, 1)

  /** It followed the second without having been asked for a promise. */
  function released(afterMs: number): Bench {
    const bench = granter()
    bench.input({ kind: 'wake' })
    bench.prepare(TWO, position(0, NO_BALLOT), [], 0, C)
    expect(bench.take('allowGrants').at(-1)).toMatchObject({ ballot: TWO, to: C })
    bench.elapse(afterMs)
    bench.grantedUntilMs = bench.nowMs + 3000
    bench.receive(C, { kind: 'release', ballot: TWO, to: A, version: '' })
    bench.effects = []
    seal(bench, A, 3)
    return bench
  }

  test('count no longer than the first one can hold its own', () => {
    expect(released(2001).sent('sealAck')).toMatchObject([{ to: A }])
  })

  test('count until then', () => {
    expect(refusal(released(500))).toMatchObject({ why: 'grantLives', retryAfterMs: 1500 })
  })
})

test('after a start it keeps quiet: no promise and no grant', () => {
  const bench = new Bench({ durable: durableOf(ONE, A), silenceMs: 3000 })
  seal(bench)
  expect(refusal(bench)).toMatchObject({ why: 'silence', retryAfterMs: 3000 })
  expect(bench.take('allowGrants')).toEqual([])
  bench.elapse(3001)
  expect(bench.take('allowGrants')).toMatchObject([{ ballot: ONE, to: A }])
  seal(bench)
  expect(bench.sent('sealAck')).toHaveLength(1)
})

test.each([
  { what: 'its own promise was to itself', to: B, restarted: undefined, isQuiet: false },
  { what: 'the one it promised to has started again', to: A, restarted: A, isQuiet: false },
  { what: 'the one it promised to may live on', to: A, restarted: undefined, isQuiet: true },
])('in one kernel, when $what, silence: $isQuiet', ({ to, restarted, isQuiet }) => {
  const durable = durableOf(ballot(1, 1), to, configuration(1, A))
  const bench = new Bench({ durable, silenceMs: 3000, settings: { isOneKernel: true } })
  if (restarted !== undefined) bench.restartedMs.set(restarted, bench.nowMs)
  seal(bench)
  expect(refusal(bench)?.why).toBe(isQuiet ? 'silence' : undefined)
})

test.each([
  { isOneKernel: true, retryAfterMs: 250 },
  { isOneKernel: false, retryAfterMs: 3000 },
])(
  'one kernel: $isOneKernel, asks again after $retryAfterMs ms',
  ({ isOneKernel, retryAfterMs }) => {
    const durable = durableOf(ballot(1, 1), A, configuration(1, A))
    const bench = new Bench({ durable, silenceMs: 3000, settings: { isOneKernel } })
    // The primary's new process asks before its beacons tell that the old one is dead.
    const message = { kind: 'resume', ballot: ballot(1, 2), configuration: configuration(1, A) }
    bench.receive(A, message as Parameters<typeof bench.receive>[1])
    expect(refusal(bench)).toMatchObject({ why: 'silence', retryAfterMs })
  },
)

test.each([
  { what: 'it has promised more', durable: durableOf(ballot(3, 0), A), why: 'promisedMore' },
  {
    what: 'it has promised the same to another',
    durable: durableOf(ballot(2, 0), A),
    why: 'promisedMore',
  },
  { what: 'it has no state', durable: undefined, why: 'noState' },
])('a seal is refused when $what', ({ durable, why }) => {
  const bench = new Bench({ durable })
  seal(bench)
  expect(refusal(bench)?.why).toBe(why)
})

test('who is not named by the configuration promises nothing in it', () => {
  const bench = new Bench({ durable: durableOf(ONE, A) })
  const known = configuration(2, A, [A, C])
  bench.receive(A, { kind: 'resume', ballot: ballot(2, 2), configuration: known })
  expect(refusal(bench)?.why).toBe('notMember')
})

test('a repeated question gets the same answer again', () => {
  const bench = new Bench({ durable: durableOf(ONE, A) })
  seal(bench)
  seal(bench)
  expect(bench.sent('sealAck')).toHaveLength(2)
  expect(bench.take('persist')).toHaveLength(1)
})

test('a store that never heard of its first configuration looks it up when it is asked', () => {
  const bench = new Bench({ durable: undefined })
  seal(bench)
  bench.readAs(configuration(1, A))
  bench.effects = []
  seal(bench)
  expect(bench.sent('sealAck')).toHaveLength(1)
})

test('a healthy primary refuses, one without its grants steps down first', () => {
  const bench = activePrimary()
  seal(bench, C)
  expect(refusal(bench)?.why).toBe('grantLives')
  expect(isActive(bench.state)).toBe(true)
  bench.heldMs.clear()
  seal(bench, C)
  expect(bench.effects.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['deactivated', 'dropLease', 'persist']),
  )
  expect(bench.sent('sealAck')).toHaveLength(1)
  ack(bench, B, 1)
  expect(bench.take('apply')).toEqual([])
})

test('grants are allowed only once the promise to the primary is synced', () => {
  const bench = new Bench({ durable: durableOf(ONE, A) })
  bench.isPrompt = false
  bench.prepare(ballot(1, 2), position(0, ballot(0, 0)), [])
  expect(bench.take('allowGrants')).toEqual([])
  bench.sync()
  expect(bench.take('allowGrants')).toMatchObject([{ ballot: ballot(1, 2), to: A }])
})
