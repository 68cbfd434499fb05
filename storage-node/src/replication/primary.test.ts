import {
  ack,
  activePrimary,
  B,
  ballot,
  Bench,
  C,
  configuration,
  durableOf,
  entries,
  position,
  propose,
  summary,
  A,
} from './replica-fixtures.ts'
import { isActive, logEnd } from './step.ts'

const ONE = ballot(1, 1)

/** A store that resumes as primary with a log of an older ballot, not yet active. */
function returning(): Bench {
  const bench = new Bench({
    self: A,
    durable: durableOf(ballot(2, 1), A, configuration(2, A)),
    log: summary(3, position(1, ONE)),
  })
  bench.receive(B, {
    kind: 'sealAck',
    ballot: ballot(2, 2),
    log: summary(3, position(1, ONE)),
    configuration: undefined,
  })
  return bench
}

test('an entry is committed by a write quorum, this store included when it has it synced', () => {
  const bench = activePrimary()
  propose(bench)
  expect(bench.take('apply')).toEqual([])
  ack(bench, C, 2)
  expect(bench.take('apply')).toMatchObject([{ upTo: 2 }])
})

test('two others may commit an entry, but it is applied only when it is synced here', () => {
  const bench = activePrimary()
  bench.isPrompt = false
  propose(bench)
  ack(bench, B, 2)
  ack(bench, C, 2)
  expect(bench.state.primary?.committed).toBe(2)
  expect(bench.take('apply')).toEqual([])
  bench.sync()
  expect(bench.take('apply')).toMatchObject([{ upTo: 2 }])
})

test('entries of older ballots commit only with the epoch start behind them', () => {
  const bench = returning()
  ack(bench, B, 3, ballot(2, 2))
  expect(bench.take('apply')).toEqual([])
  ack(bench, B, 4, ballot(2, 2))
  expect(bench.take('apply')).toMatchObject([{ upTo: 4 }])
})

test('it is active once its epoch start is applied, and takes no proposal before', () => {
  const bench = returning()
  bench.isPrompt = false
  ack(bench, B, 4, ballot(2, 2))
  propose(bench)
  expect(logEnd(bench.state)).toEqual(position(4, ballot(2, 2)))
  expect(isActive(bench.state)).toBe(false)
  bench.input({ kind: 'applied', seq: logEnd(bench.state).seq })
  expect(bench.take('activated')).toMatchObject([{ ballot: ballot(2, 2) }])
})

test('no prepare leaves before its own promise is synced', () => {
  const bench = activePrimary()
  bench.input({ kind: 'grantRefused', member: C, promised: ballot(2, 0) })
  bench.readAs(configuration(1, A))
  bench.isPrompt = false
  bench.swapAs('won')
  expect(bench.sent('prepare')).toEqual([])
  bench.sync()
  expect(bench.sent('prepare')).toMatchObject([
    { to: B, message: { ballot: ballot(3, 1) } },
    { to: C, message: { ballot: ballot(3, 1) } },
  ])
})

test('acknowledgements of another ballot, of strangers and beyond the log say nothing', () => {
  const bench = activePrimary()
  propose(bench)
  ack(bench, B, 2, ballot(1, 2))
  ack(bench, 'x' as typeof B, 2)
  ack(bench, B, 9)
  expect(bench.take('apply')).toEqual([])
})

test('a higher ballot ends the office; proposals that are not committed have no outcome here', () => {
  const bench = activePrimary()
  propose(bench)
  bench.prepare(ballot(2, 1), position(1, ONE), entries(2, 2, ballot(2, 1)), 0, B)
  expect(bench.take('deactivated')).toHaveLength(1)
  expect(bench.take('dropLease')).toHaveLength(1)
  expect(bench.take('persist').at(-1)).toMatchObject({
    entries: [{ seq: 2, ballot: ballot(2, 1) }],
  })
})

test('the soft wait ends when every healthy member has the entry', () => {
  const bench = activePrimary()
  propose(bench)
  ack(bench, B, 2)
  expect(bench.take('settled')).toEqual([])
  ack(bench, C, 2)
  expect(bench.take('settled')).toMatchObject([{ upTo: 2 }])
})

test('nobody waits for a member without beacons, or one that has been behind for longer', () => {
  const silent = activePrimary()
  silent.heardMs.set(C, silent.nowMs - 2000)
  propose(silent)
  ack(silent, B, 2)
  expect(silent.take('settled')).toMatchObject([{ upTo: 2 }])
  const slow = activePrimary()
  propose(slow)
  ack(slow, B, 2)
  slow.nowMs += 20
  propose(slow)
  ack(slow, B, 3)
  expect(slow.take('settled').at(-1)).toMatchObject({ upTo: 3 })
})

test('a member alone acts at once and commits what it has synced', () => {
  const bench = new Bench({ self: A, settings: { isOneKernel: true } })
  const alone = configuration(1, A, [A])
  bench.input({ kind: 'configurationHint', configuration: alone })
  bench.readAs(alone)
  expect(isActive(bench.state)).toBe(true)
  bench.effects = []
  propose(bench)
  expect(bench.take('apply').at(-1)).toMatchObject({ upTo: 2 })
  expect(bench.take('send')).toEqual([])
  expect(bench.take('wake')).toEqual([])
})
