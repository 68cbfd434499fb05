import type { Zone } from '@granary/storage-node/contract/configuration'
import type { PartitionId, StoreId } from '@granary/storage-node/contract/identifiers'
import type { StoreEntry } from '@granary/storage-node/contract/placement-map'
import { decideFounding, type FoundingQuestion } from './found-region.ts'

const store = (name: string): StoreEntry => ({
  ...{ store: `store-${name}` as StoreId, zone: name as Zone, name },
  ...{ address: `${name}:7000`, beaconAddress: `${name}:7001` },
})
const stores = ['c', 'a', 'b'].map(store)
const fresh: FoundingQuestion = {
  region: 'eu',
  ...{ pods: ['a', 'b', 'c'], stores, isBegun: false, partitions: [], placement: undefined },
  groupCount: 64,
}
const made = decideFounding({ ...fresh, isBegun: true })
const partitions = (count: number, isConfigured = false, member = 'store-a') =>
  Array.from({ length: count }, (_, at) => ({
    partition: (at + 1) as PartitionId,
    desiredMembers: [member as StoreId],
    isConfigured,
  }))
const placement = made.kind === 'make' ? made.placement : undefined

test('a region is founded in the order of what may be cut short', () => {
  expect(decideFounding({ ...fresh, stores: stores.slice(1) })).toMatchObject({
    kind: 'wait',
    refusal: { reason: 'StorageNodesStarting', message: expect.stringContaining('Waiting for c') },
  })
  expect(decideFounding(fresh)).toEqual({ kind: 'begin' })
  if (made.kind !== 'make') throw new Error('It is not made')
  expect(made.partitions).toHaveLength(25)
  expect(made.placement.stores.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  expect(made.placement.groups).toHaveLength(64)
  const leads = made.partitions.map(({ intent }) => intent.preferredPrimary)
  expect(new Set(leads).size).toBe(3)
  const again = decideFounding({ ...fresh, isBegun: true, partitions: partitions(10) })
  expect(again).toMatchObject({ kind: 'make', placement: made.placement })
  expect(again.kind === 'make' && again.partitions.map(({ partition }) => partition)[0]).toBe(11)
  expect(
    decideFounding({ ...fresh, isBegun: true, partitions: partitions(25), placement }),
  ).toEqual({
    kind: 'founded',
  })
})

test.each<[string, Partial<FoundingQuestion>, string]>([
  [
    'a partition was deleted',
    { isBegun: true, placement, partitions: partitions(25).slice(1) },
    'Partitions 1 were deleted',
  ],
  [
    'the map was deleted and the volumes are others',
    { isBegun: true, partitions: partitions(25, true, 'store-old') },
    'store-old',
  ],
  ['an earlier region left half of its records', { partitions: partitions(7, true) }, 'restore'],
])('nothing is made where %s', (_name, change, words) => {
  const decision = decideFounding({ ...fresh, ...change })
  expect(decision.kind).toBe('refuse')
  expect(JSON.stringify(decision)).toContain(words)
})

test('a store that comes later gets a place in the map and no data', () => {
  const founded = { ...fresh, partitions: partitions(25, true), placement }
  const late = { ...founded, pods: ['a', 'b', 'c', 'd'] }
  expect(decideFounding(late)).toEqual({ kind: 'founded' })
  const extended = decideFounding({ ...late, stores: [store('d'), store('e'), ...stores] })
  expect(extended).toEqual({
    kind: 'extend',
    placement: { ...placement, version: 2, stores: [...(placement?.stores ?? []), store('d')] },
  })
  // The volume of b was lost: its data has a place under the old store.
  const strange = { ...store('b'), store: 'store-x' as StoreId }
  expect(decideFounding({ ...founded, stores: [store('a'), strange, store('c')] })).toEqual({
    kind: 'founded',
  })
})

test('a map that was lost is not made anew with stores that were not in it', () => {
  const all = partitions(25, true).map((each) => {
    return { ...each, desiredMembers: stores.map(({ store: id }) => id) }
  })
  const lost = { ...fresh, isBegun: true, partitions: all }
  expect(decideFounding(lost)).toMatchObject({ kind: 'make', partitions: [], placement })
  const grown = { ...lost, pods: ['a', 'b', 'c', 'd'], stores: [...stores, store('d')] }
  expect(decideFounding(grown)).toMatchObject({
    kind: 'refuse',
    refusal: { reason: 'PlacementMapMissing', message: expect.stringContaining('d came after') },
  })
})

test('a Region that is made again finds what an earlier one of its name left', () => {
  const left = { ...fresh, partitions: partitions(25, true), placement }
  expect(decideFounding(left)).toEqual({ kind: 'founded' })
})
