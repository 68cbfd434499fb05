import { A, ballot, Bench, durableOf, entries, position, summary } from './replica-fixtures.ts'

const ONE = ballot(1, 1)

test('a start applies nothing by itself: what its log holds may never have been committed', () => {
  const log = summary(3, position(1, ONE))
  const bench = new Bench({ durable: durableOf(ONE, A), log, applied: 1 })
  bench.elapse(2000)
  expect(bench.state).toMatchObject({ applied: 1, applyIssued: 1 })
  bench.prepare(ONE, position(3, ONE), [], 2)
  expect(bench.take('apply')).toEqual([{ kind: 'apply', upTo: 2 }])
})

test('a member applies what it was told is committed, however much more it has synced', () => {
  const log = summary(1, position(1, ONE))
  const bench = new Bench({ durable: durableOf(ONE, A), log, applied: 1 })
  bench.prepare(ONE, position(1, ONE), entries(2, 5, ONE), 3)
  expect(bench.take('apply')).toEqual([{ kind: 'apply', upTo: 3 }])
  expect(bench.state.synced).toBe(5)
  bench.prepare(ONE, position(5, ONE), [], 5)
  expect(bench.take('apply')).toEqual([{ kind: 'apply', upTo: 5 }])
})
