import type { Seq } from '../contract/identifiers.ts'
import { ack, activePrimary, B, ballot, C, position, propose, summary } from './replica-fixtures.ts'
import type { Bench } from './replica-fixtures.ts'

const ONE = ballot(1, 1)

function prepares(bench: Bench, to = B) {
  return bench
    .take('sendEntries')
    .filter((effect) => effect.to === to)
    .map(({ from, upTo }) => [from, upTo])
}

test('proposals go to every member at once, each after a position that both have', () => {
  const bench = activePrimary()
  bench.isPrompt = false
  propose(bench, 2)
  expect(bench.take('sendEntries')).toMatchObject([
    { to: B, from: 2, upTo: 3, message: { prev: position(1, ONE) } },
    { to: C, from: 2, upTo: 3, message: { prev: position(1, ONE) } },
  ])
})

test('what is not acknowledged is sent again from there, less and less often', () => {
  const bench = activePrimary()
  propose(bench, 2)
  ack(bench, C, 3)
  ack(bench, B, 2)
  bench.take('sendEntries')
  bench.elapse(240)
  expect(prepares(bench)).toEqual([])
  bench.elapse(20)
  expect(prepares(bench)).toEqual([[3, 3]])
  bench.elapse(10_000)
  expect(prepares(bench).length).toBeLessThan(12)
})

test('a window bounds what is on its way, and acknowledgements open it', () => {
  const bench = activePrimary()
  propose(bench, 100)
  const sent = prepares(bench)
  const last = sent.at(-1)?.[1] ?? 0
  expect(last).toBeLessThan(60)
  ack(bench, B, last)
  expect(prepares(bench)[0]).toEqual([last + 1, last + 4])
})

test('the commit is told 50 ms after it moved, unless a prepare goes out before', () => {
  const bench = activePrimary()
  propose(bench)
  ack(bench, B, 2)
  ack(bench, C, 2)
  bench.effects = []
  bench.elapse(45)
  expect(bench.sent('prepare')).toEqual([])
  bench.elapse(10)
  expect(bench.sent('prepare')).toMatchObject([
    { to: B, message: { commit: 2, entries: [] } },
    { to: C, message: { commit: 2, entries: [] } },
  ])
})

test('with everything acknowledged and told it sleeps for seconds', () => {
  const bench = activePrimary()
  propose(bench)
  ack(bench, B, 2)
  ack(bench, C, 2)
  bench.elapse(60)
  ack(bench, B, 2)
  ack(bench, C, 2)
  bench.elapse(1000)
  bench.effects = []
  bench.elapse(60_000)
  expect(bench.take('wake').length).toBeLessThan(25)
  expect(bench.take('send')).toEqual([])
})

test('a gap makes it go on where the two logs part, once', () => {
  const bench = activePrimary()
  propose(bench, 3)
  bench.take('sendEntries')
  const nack = {
    kind: 'nack',
    ballot: ONE,
    reason: 'gap',
    promised: ONE,
    log: summary(2, position(1, ONE)),
  } as const
  bench.receive(B, nack)
  expect(prepares(bench)).toEqual([[3, 4]])
  bench.receive(B, nack)
  expect(prepares(bench)).toEqual([])
})

test('a member that takes no entries for now is asked again later', () => {
  const bench = activePrimary()
  propose(bench)
  bench.take('sendEntries')
  bench.receive(B, { kind: 'nack', ballot: ONE, reason: 'backlog', promised: ONE, log: undefined })
  expect(prepares(bench)).toEqual([])
  bench.elapse(300)
  expect(prepares(bench)).toEqual([[2, 2]])
})

test('a member that lacks entries which are gone is offered a snapshot', () => {
  const bench = activePrimary()
  propose(bench, 5)
  ack(bench, C, 6)
  bench.input({ kind: 'flushed', base: position(6, ONE), first: undefined })
  bench.effects = []
  bench.receive(B, {
    kind: 'nack',
    ballot: ONE,
    reason: 'gap',
    promised: ONE,
    log: summary(1, position(1, ONE)),
  })
  expect(bench.take('offerSnapshot')).toMatchObject([{ to: B, covered: 6 as Seq }])
})
