import type { Seq } from '../contract/identifiers.ts'
import { compareLogs, LogView, matchPoint } from './log-view.ts'
import { ballot, position, summary } from './replica-fixtures.ts'

const ONE = ballot(1, 1)
const TWO = ballot(2, 1)
const THREE = ballot(3, 1)

test('positions know their ballots from the oldest known one to the end', () => {
  const log = new LogView(summary(5, position(1, ONE), position(4, TWO)))
  expect(log.ballotAt(3 as Seq)).toEqual(ONE)
  expect(log.ballotAt(4 as Seq)).toEqual(TWO)
  expect(log.ballotAt(6 as Seq)).toBeUndefined()
  expect(log.has(position(5, ONE))).toBe(false)
})

test('entries replace what stands at and above the first of them', () => {
  const log = new LogView(summary(5, position(1, ONE), position(4, TWO)))
  log.append([position(4, THREE)])
  expect(log.end).toEqual(position(4, THREE))
  expect(log.summary()).toEqual(summary(4, position(1, ONE), position(4, THREE)))
})

test('entries that leave a gap, fall in ballot or replace the base are our own mistake', () => {
  const log = new LogView(summary(5, position(1, TWO)))
  expect(() => log.append([position(7, TWO)])).toThrow('follow each other')
  expect(() => log.append([position(6, ONE)])).toThrow('never fall')
  expect(() => log.append([position(0, TWO)])).toThrow('never replaced')
})

test('a checkpoint forgets ballots that no kept entry needs', () => {
  const log = new LogView(summary(9, position(1, ONE), position(4, TWO)))
  log.flushed(position(7, TWO), 6 as Seq)
  expect(log.summary().ballots).toEqual([position(4, TWO)])
  expect(log.first).toBe(6)
})

test('a log goes on behind a snapshot, or starts anew at it', () => {
  const kept = new LogView(summary(9, position(1, ONE)))
  kept.rebase(position(7, ONE))
  expect(kept.end).toEqual(position(9, ONE))
  const replaced = new LogView(summary(9, position(1, ONE)))
  replaced.rebase(position(12, TWO))
  expect(replaced.summary()).toMatchObject({ first: undefined, end: position(12, TWO) })
})

test.each([
  {
    what: 'the shorter is a prefix',
    a: summary(5, position(1, ONE)),
    b: summary(9, position(1, ONE)),
    at: 5,
  },
  {
    what: 'the tails have other ballots',
    a: summary(7, position(1, ONE), position(5, TWO)),
    b: summary(8, position(1, ONE), position(7, THREE)),
    at: 4,
  },
  {
    what: 'nothing but the beginning',
    a: summary(2, position(1, ONE)),
    b: summary(2, position(1, TWO)),
    at: 0,
  },
])('two logs part where $what', ({ a, b, at }) => {
  expect(matchPoint(a, b)?.seq).toBe(at)
  expect(matchPoint(b, a)?.seq).toBe(at)
})

test('logs without common knowledge have no known match', () => {
  const trimmed = { ...summary(20, position(15, TWO)), ballots: [position(15, TWO)] }
  expect(matchPoint(summary(9, position(1, ONE)), trimmed)).toBeUndefined()
})

test('the better log has the higher last ballot, then the higher end', () => {
  const long = summary(9, position(1, ONE))
  expect(compareLogs(summary(3, position(1, TWO)), long)).toBeGreaterThan(0)
  expect(compareLogs(summary(8, position(1, ONE)), long)).toBeLessThan(0)
})
