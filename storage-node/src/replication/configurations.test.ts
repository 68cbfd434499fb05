import {
  A,
  activePrimary,
  B,
  ballot,
  Bench,
  C,
  configuration,
  durableOf,
} from './replica-fixtures.ts'
import { isActive } from './step.ts'

test('a primary does not obey what a watch tells: it asks the config store, and goes by its answer', () => {
  const bench = activePrimary()
  bench.input({ kind: 'configurationHint', configuration: configuration(2, B) })
  expect(bench.take('deactivated')).toEqual([])
  expect(bench.state.durable?.configuration).toEqual(configuration(1, A))
  bench.readAs(configuration(1, A))
  expect(isActive(bench.state)).toBe(true)
  bench.input({ kind: 'configurationHint', configuration: configuration(2, B) })
  bench.readAs(configuration(2, B))
  expect(bench.take('deactivated')).toHaveLength(1)
})

test('a member learns of a later epoch by a read, and asks once at a time', () => {
  const bench = new Bench({ durable: durableOf(ballot(1, 1), A) })
  bench.input({ kind: 'configurationHint', configuration: configuration(2, C) })
  bench.input({ kind: 'configurationHint', configuration: configuration(3, C) })
  expect(bench.take('persist')).toEqual([])
  expect(bench.state.readsUnderWay.size).toBe(1)
  bench.readAs(configuration(2, C))
  expect(bench.take('persist')).toMatchObject([{ replica: { configuration: { epoch: 2 } } }])
})

test('what is known already is no reason to ask', () => {
  const bench = activePrimary()
  bench.input({ kind: 'configurationHint', configuration: configuration(1, A) })
  expect(bench.take('getConfiguration')).toEqual([])
})
