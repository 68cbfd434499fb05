import { A, ballot, Bench, C, durableOf, entries, position, summary } from './replica-fixtures.ts'

const ONE = ballot(1, 1)
const TWO = ballot(2, 1)

test('the promise to a candidate stands in the record that its answer waits for', () => {
  const bench = new Bench({ durable: durableOf(ONE, A) })
  bench.receive(C, { kind: 'seal', epoch: ballot(2, 0).epoch })
  expect(bench.take('persist')).toMatchObject([
    { replica: { promised: { ballot: ballot(2, 0), to: C } }, entries: [] },
  ])
  expect(bench.sent('sealAck')).toHaveLength(1)
})

test('entries that replace a tail are not synced before they are written', () => {
  const log = summary(3, position(1, ONE))
  const bench = new Bench({ durable: durableOf(ONE, A), log })
  bench.isPrompt = false
  expect(bench.state.synced).toBe(3)
  bench.prepare(TWO, position(1, ONE), entries(2, 2, TWO))
  expect(bench.state.synced).toBe(1)
  bench.sync()
  expect(bench.state.synced).toBe(2)
})
