import { mayRead, readQuorumUntilMs } from './reads.ts'
import { activePrimary, A, B, ballot, Bench, C, durableOf, summary } from './replica-fixtures.ts'

const ONE = ballot(1, 1)

test('an active primary with grants of a write quorum may read', () => {
  const bench = activePrimary()
  expect(mayRead(bench.state, bench.around)).toBeUndefined()
  bench.heldMs.delete(C)
  expect(mayRead(bench.state, bench.around)).toBeUndefined()
})

test('without unexpired grants it may not', () => {
  const bench = activePrimary()
  bench.heldMs.clear()
  bench.heldMs.set(B, bench.nowMs)
  expect(mayRead(bench.state, bench.around)).toBe('noLease')
})

test('a secondary and a primary that is not active may not, whatever they hold', () => {
  const secondary = new Bench({ durable: durableOf(ONE, A) })
  secondary.heldMs.set(A, Infinity)
  expect(mayRead(secondary.state, secondary.around)).toBe('notActive')
  const starting = new Bench({ self: A, durable: durableOf(ONE, A) })
  const promise = { kind: 'sealAck', log: summary(0), configuration: undefined } as const
  starting.receive(B, { ...promise, ballot: ballot(1, 2) })
  starting.heldMs.set(B, Infinity)
  expect(starting.state.primary?.isActive).toBe(false)
  expect(mayRead(starting.state, starting.around)).toBe('notActive')
})

test('with W = all every member has to grant', () => {
  const bench = activePrimary({ settings: { quorum: 'all' } })
  bench.heldMs.set(C, bench.nowMs + 10)
  expect(readQuorumUntilMs(bench.state, bench.around)).toBe(bench.nowMs + 10)
  bench.heldMs.delete(C)
  expect(mayRead(bench.state, bench.around)).toBe('noLease')
})

test('a strict read asks the members, and a write quorum of answers is enough', () => {
  const bench = activePrimary()
  bench.input({ kind: 'checkReads', round: 7 })
  expect(bench.sent('check').map(({ to }) => to)).toEqual([B, C])
  bench.receive(B, { kind: 'checkAck', ballot: ballot(1, 2), round: 7 })
  expect(bench.take('readsChecked')).toEqual([])
  bench.receive(B, { kind: 'checkAck', ballot: ONE, round: 7 })
  expect(bench.take('readsChecked')).toMatchObject([{ round: 7, mayRead: true }])
})

test('strict reads under way end with the office', () => {
  const bench = activePrimary()
  bench.input({ kind: 'checkReads', round: 7 })
  bench.input({ kind: 'damaged' })
  expect(bench.take('readsChecked')).toMatchObject([{ round: 7, mayRead: false }])
  bench.input({ kind: 'checkReads', round: 8 })
  expect(bench.take('readsChecked')).toMatchObject([{ round: 8, mayRead: false }])
})

test('a member confirms only the promise that it has synced', () => {
  const bench = new Bench({ durable: durableOf(ONE, A) })
  bench.receive(A, { kind: 'check', ballot: ONE, round: 1 })
  expect(bench.sent('checkAck')).toMatchObject([{ to: A, message: { ballot: ONE, round: 1 } }])
  bench.receive(C, { kind: 'seal', epoch: ballot(2, 0).epoch })
  bench.effects = []
  bench.receive(A, { kind: 'check', ballot: ONE, round: 2 })
  expect(bench.sent('checkAck')).toEqual([])
})
