import type { Seq } from '../contract/identifiers.ts'
import { NO_BALLOT } from './ballot.ts'
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

const ONE = ballot(1, 1)
const TWO = ballot(2, 1)
const START = position(0, NO_BALLOT)

function follower(end = 0, of = ONE, applied = 0): Bench {
  const log = end === 0 ? summary(0) : summary(end, position(1, of))
  return new Bench({ durable: durableOf(of, A, configuration(of.epoch, A)), log, applied })
}

test('entries are acknowledged when they are synced, not before', () => {
  const bench = follower()
  bench.isPrompt = false
  bench.prepare(ONE, START, entries(1, 3, ONE))
  expect(bench.sent('prepareAck')).toEqual([])
  bench.sync()
  expect(bench.sent('prepareAck')).toMatchObject([{ to: A, message: { ballot: ONE, seq: 3 } }])
})

test('a prepare below the promise is refused with the promise', () => {
  const bench = new Bench({ durable: durableOf(ballot(3, 0), C) })
  bench.prepare(TWO, START, entries(1, 1, TWO))
  expect(bench.sent('nack')).toMatchObject([
    { to: A, message: { reason: 'promisedMore', promised: ballot(3, 0) } },
  ])
  expect(bench.take('persist')).toEqual([])
})

test('a prepare above the promise is one: synced with its entries', () => {
  const bench = follower(2)
  bench.isPrompt = false
  bench.prepare(TWO, position(2, ONE), entries(3, 3, TWO))
  expect(bench.take('persist').at(-1)).toMatchObject({
    replica: { promised: { ballot: TWO, to: A } },
    entries: [{ seq: 3 }],
  })
})

test('a gap is answered with what the log holds', () => {
  const bench = follower(2)
  bench.prepare(ONE, position(5, ONE), entries(6, 6, ONE))
  expect(bench.sent('nack')).toMatchObject([
    { message: { reason: 'gap', log: { end: position(2, ONE) } } },
  ])
})

test('a shorter late duplicate takes nothing away', () => {
  const bench = follower()
  bench.prepare(ONE, START, entries(1, 5, ONE))
  bench.effects = []
  bench.prepare(ONE, START, entries(1, 2, ONE))
  expect(bench.take('persist')).toEqual([])
  expect(bench.state.log.end.seq).toBe(5)
})

test('the first entry that differs replaces the tail', () => {
  const bench = follower(5)
  bench.prepare(TWO, position(1, ONE), [...entries(2, 3, ONE), ...entries(4, 4, TWO)])
  expect(bench.take('persist').at(-1)).toMatchObject({ entries: [{ seq: 4, ballot: TWO }] })
  expect(bench.state.log.end).toEqual(position(4, TWO))
})

test('a tail of an older ballot is not applied because the commit has passed it', () => {
  const bench = follower(5)
  bench.prepare(TWO, position(1, ONE), [], 5)
  expect(bench.take('apply').at(-1)).toMatchObject({ upTo: 1 })
})

test('nothing that was applied is ever replaced', () => {
  const bench = follower(5, ONE, 5)
  expect(() => bench.prepare(TWO, position(2, ONE), entries(3, 3, TWO))).toThrow('never replaced')
})

test('nothing is applied before it is synced here, whoever committed it', () => {
  const bench = follower()
  bench.isPrompt = false
  bench.prepare(ONE, START, entries(1, 2, ONE), 2)
  expect(bench.take('apply')).toEqual([])
  bench.sync()
  expect(bench.take('apply')).toMatchObject([{ upTo: 2 }])
})

test('entries behind the base are known to be the same', () => {
  const base = position(4, ONE)
  const log = { first: undefined, base, end: base, ballots: [base] }
  const bench = new Bench({ durable: { ...durableOf(ONE, A), base }, log, applied: 4 })
  bench.prepare(ONE, position(1, ONE), entries(2, 6, ONE))
  expect(bench.take('persist').at(-1)).toMatchObject({ entries: [{ seq: 5 }, { seq: 6 }] })
  expect(bench.sent('prepareAck').at(-1)).toMatchObject({ message: { seq: 6 } })
})

test('a member of the first configuration starts empty, one of a later one needs a snapshot', () => {
  const first = new Bench({ durable: undefined })
  first.prepare(ONE, START, entries(1, 1, ONE))
  expect(first.sent('prepareAck')).toMatchObject([{ message: { seq: 1 } }])
  const later = new Bench({ durable: undefined })
  later.prepare(TWO, START, entries(1, 1, TWO))
  expect(later.sent('nack')).toMatchObject([{ message: { reason: 'noState', log: undefined } }])
  expect(later.take('persist')).toEqual([])
})

test('a partition that was made again under the same number is refused', () => {
  const bench = follower(2)
  const stranger = { ...configuration(2, A), uid: 'two' }
  bench.prepare(TWO, position(2, ONE), entries(3, 3, TWO), 0, A, stranger)
  expect(bench.take('report')[0]?.what).toContain('ConfigRegressed')
  expect(bench.take('persist')).toEqual([])
})

test.each([
  { what: 'a sender that is not the primary', from: C, tail: entries(1, 1, ONE) },
  { what: 'entries of a higher ballot', from: A, tail: entries(1, 1, TWO) },
  { what: 'entries that do not follow each other', from: A, tail: entries(2, 2, ONE) },
])('$what is not obeyed', ({ from, tail }) => {
  const bench = follower()
  bench.prepare(ONE, START, tail, 0, from, configuration(1, A))
  expect(bench.effects.filter(({ kind }) => kind === 'persist' || kind === 'send')).toEqual([])
})

test('acknowledgements wait while too much waits to be applied', () => {
  const bench = follower()
  bench.isBacklogged = true
  bench.prepare(ONE, START, entries(1, 1, ONE))
  expect(bench.sent('prepareAck')).toEqual([])
  bench.isBacklogged = false
  bench.input({ kind: 'applied', seq: 0 as Seq })
  expect(bench.sent('prepareAck')).toMatchObject([{ message: { seq: 1 } }])
})

test('a started member tells its primary where its log ends', () => {
  const bench = new Bench({
    self: B,
    durable: durableOf(ONE, A),
    log: summary(2, position(1, ONE)),
  })
  const { effects } = new Bench({ self: B, durable: durableOf(ONE, A) })
  expect(effects).toEqual([])
  expect(bench.input({ kind: 'start', silenceUntilMs: 0 })).toContainEqual(
    expect.objectContaining({
      kind: 'send',
      to: A,
      message: expect.objectContaining({ kind: 'nack', reason: 'gap' }),
    }),
  )
})
