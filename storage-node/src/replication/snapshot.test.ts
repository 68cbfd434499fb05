import type { Seq } from '../contract/identifiers.ts'
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
  entries,
  position,
  propose,
  summary,
} from './replica-fixtures.ts'

const ONE = ballot(1, 1)

function lagging(options: { readonly end?: number } = {}): Bench {
  const { end = 3 } = options
  const log = summary(end, position(1, ONE))
  return new Bench({ durable: durableOf(ONE, A), log, applied: end })
}

function offer(bench: Bench, at = 20, covered = 20, of = ONE, known = configuration(1, A)): void {
  bench.input({
    kind: 'snapshotOffered',
    token: 5,
    from: A,
    ballot: of,
    configuration: known,
    position: position(at, of),
    covered: covered as Seq,
  })
}

test('rows may go once the record that they are incomplete is synced', () => {
  const bench = lagging()
  bench.isPrompt = false
  offer(bench)
  expect(bench.take('answerSnapshotOffer')).toEqual([])
  bench.sync()
  expect(bench.take('answerSnapshotOffer')).toMatchObject([{ token: 5, refusal: undefined }])
  expect(bench.state.durable?.installing).toBe(true)
})

test.each([
  { refusal: 'ackedMore', at: 20, covered: 2, of: ONE, known: configuration(1, A) },
  { refusal: 'promisedMore', at: 20, covered: 20, of: ballot(0, 9), known: configuration(1, A) },
  { refusal: 'notNeeded', at: 3, covered: 20, of: ONE, known: configuration(1, A) },
  { refusal: 'notMember', at: 20, covered: 20, of: ONE, known: configuration(1, A, [A, C]) },
])('an offer is refused: $refusal', ({ refusal, at, covered, of, known }) => {
  const bench = lagging()
  offer(bench, at, covered, of, known)
  expect(bench.take('answerSnapshotOffer')).toMatchObject([{ refusal }])
  expect(bench.take('persist')).toEqual([])
})

test('one snapshot at a time', () => {
  const bench = lagging()
  offer(bench)
  bench.effects = []
  offer(bench, 25)
  expect(bench.take('answerSnapshotOffer')).toMatchObject([{ refusal: 'underWay' }])
  bench.input({ kind: 'snapshotFailed' })
  offer(bench, 25)
  expect(bench.take('answerSnapshotOffer')).toMatchObject([{ refusal: undefined }])
})

test('nothing lands among the new rows: entries on their way into the old ones come first', () => {
  const bench = lagging()
  bench.isPrompt = false
  bench.prepare(ONE, position(3, ONE), entries(4, 4, ONE), 4)
  bench.sync()
  offer(bench)
  expect(bench.take('answerSnapshotOffer')).toMatchObject([{ refusal: 'underWay' }])
})

test('while rows are incomplete nothing is acknowledged, and it never stands', () => {
  const bench = lagging()
  offer(bench)
  bench.prepare(ONE, position(3, ONE), entries(4, 4, ONE), 4)
  expect(bench.sent('prepareAck')).toEqual([])
  bench.elapse(60_000)
  expect(bench.take('getConfiguration')).toEqual([])
})

test('an installed snapshot counts when the record of it is synced', () => {
  const bench = lagging()
  offer(bench)
  bench.isPrompt = false
  bench.input({ kind: 'snapshotInstalled', position: position(20, ONE) })
  expect(bench.sent('snapshotDone')).toEqual([])
  expect(bench.take('persist')).toMatchObject([
    { token: 1 },
    { replica: { base: position(20, ONE), installing: false } },
  ])
  bench.input({ kind: 'persisted', token: 99 })
  expect(bench.sent('snapshotDone')).toMatchObject([{ to: A, message: { seq: 20 } }])
  bench.prepare(ONE, position(20, ONE), entries(21, 21, ONE))
  expect(bench.state.log.end.seq).toBe(21)
})

test('a store without state gets it by snapshot, with nothing to keep quiet about', () => {
  const bench = new Bench({ durable: undefined, silenceMs: 3000 })
  offer(bench, 20, 20, ballot(2, 1), configuration(2, A))
  bench.input({ kind: 'snapshotInstalled', position: position(20, ballot(2, 1)) })
  bench.receive(C, { kind: 'seal', epoch: ballot(3, 0).epoch })
  expect(bench.sent('sealAck')).toHaveLength(1)
})

test('a primary goes on behind the snapshot', () => {
  const bench = activePrimary()
  propose(bench, 5)
  ack(bench, C, 6)
  bench.input({ kind: 'flushed', base: position(6, ONE), first: undefined })
  propose(bench)
  bench.effects = []
  bench.receive(B, { kind: 'nack', ballot: ONE, reason: 'noState', promised: ONE, log: undefined })
  expect(bench.take('offerSnapshot')).toMatchObject([{ to: B, covered: 6 }])
  bench.receive(B, { kind: 'snapshotDone', ballot: ONE, seq: 6 as Seq })
  expect(bench.take('sendEntries')).toMatchObject([{ to: B, from: 7, upTo: 7 }])
})

test('a late word that a member has no state costs it nothing but a probe', () => {
  const bench = activePrimary()
  const nack = { kind: 'nack', ballot: ONE, promised: ONE } as const
  bench.receive(B, { ...nack, reason: 'noState', log: undefined })
  bench.elapse(2_000)
  ack(bench, B, 1)
  bench.receive(B, { ...nack, reason: 'noState', log: undefined })
  propose(bench)
  expect(bench.take('sendEntries')).not.toMatchObject([{ to: B }])
  bench.effects = []
  bench.elapse(300)
  expect(bench.sent('prepare')).toContainEqual(expect.objectContaining({ to: B }))
  const known = { log: summary(1, position(1, ONE)) }
  bench.receive(B, { ...nack, reason: 'gap', ...known })
  expect(bench.take('sendEntries')).toMatchObject([{ to: B, from: 2, upTo: 2 }])
})

test('a damaged member asks for a snapshot, and stops taking entries when it has too many', () => {
  const bench = lagging()
  bench.prepare(ONE, position(3, ONE), entries(4, 4, ONE))
  bench.effects = []
  bench.input({ kind: 'damaged' })
  expect(bench.sent('snapshotWanted')).toMatchObject([{ to: A }])
  bench.prepare(ONE, position(4, ONE), entries(5, 5, ONE))
  expect(bench.sent('prepareAck')).toMatchObject([{ message: { seq: 5 } }])
  offer(bench, 4, 4)
  bench.effects = []
  bench.prepare(ONE, position(5, ONE), entries(6, 6, ONE))
  expect(bench.sent('nack')).toMatchObject([{ message: { reason: 'backlog' } }])
  offer(bench, 6, 6)
  expect(bench.take('answerSnapshotOffer')).toMatchObject([{ refusal: undefined }])
})

describe('a primary that is not active yet', () => {
  const TWO = ballot(1, 2)
  const base = position(20, ONE)

  /** Its log begins behind 20, which is committed; C does not answer, B's log ends at `end`. */
  function offersTo(end: number): readonly unknown[] {
    const log = { first: undefined, base, end: base, ballots: [base] }
    const durable = { ...durableOf(ONE, A), base }
    const bench = new Bench({ self: A, durable, log, applied: 20 })
    const known = summary(end, position(1, ONE))
    bench.receive(B, { kind: 'sealAck', ballot: TWO, log: known, configuration: undefined })
    expect(bench.state.primary).toMatchObject({ ballot: TWO, isActive: false, committed: 20 })
    const nack = { kind: 'nack', ballot: TWO, promised: TWO, log: known } as const
    bench.receive(B, { ...nack, reason: 'gap' })
    return bench.take('offerSnapshot')
  }

  test('brings up the member without which it cannot become active', () => {
    expect(offersTo(10)).toMatchObject([{ to: B, covered: 20 }])
  })

  test('takes nothing from a member that may hold the only other copy', () => {
    expect(offersTo(20)).toEqual([])
  })
})
