import type { Zone } from '@granary/storage-node/contract/configuration'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import type { ToldConfiguration } from '@granary/storage-node/contract/kubernetes-records'
import type { PlacementMap } from '@granary/storage-node/contract/placement-map'
import { decideRebuild, type RebuildQuestion, type ToldPartition } from './rebuild-partitions.ts'

const storeOf = (zone: string) => `store-${zone}` as StoreId
const stores = ['a', 'b', 'c'].map((zone) => ({
  ...{ store: storeOf(zone), zone: zone as Zone, name: `eu-${zone}-0` },
  ...{ address: `${zone}:1`, beaconAddress: `${zone}:2` },
}))
const member = (zone: string) => ({ store: storeOf(zone), zone: zone as Zone })
const all = ['a', 'b', 'c'].map(member)

/** Of partition 3, as a storage node tells it. */
function told(change: Partial<ToldConfiguration> = {}): ToldPartition {
  const configuration = { lineage: 'first', epoch: 4, primary: storeOf('a'), members: all }
  return { id: 3, configuration: { ...configuration, start: 'AAA=', end: '', ...change } }
}

function tellers(...each: (readonly ToldPartition[])[]): RebuildQuestion['told'] {
  return new Map(each.map((known, at) => [stores[at]!.store, known]))
}

const question: RebuildQuestion = {
  asked: '3',
  present: [],
  placement: { version: 1, stores, groups: [[0, 1, 2]] } as PlacementMap,
  told: tellers([told()], [told({ epoch: 6, primary: storeOf('b') })], []),
}

test('an object that is lost is made of the newest configuration, above all that is known', () => {
  expect(decideRebuild(question)).toEqual({
    kind: 'make',
    partitions: [
      {
        ...{ id: 3, lineage: 'first', desiredMembers: ['store-a', 'store-b', 'store-c'] },
        status: { epoch: 106, primary: 'store-b', members: all, start: 'AAA=', end: '' },
      },
    ],
  })
})

test('a zone that had lost its copy is to have one again', () => {
  const members = [member('c'), member('a')]
  const decision = decideRebuild({ ...question, told: tellers([told({ members })], [], []) })
  expect(decision).toMatchObject({
    partitions: [
      { desiredMembers: ['store-c', 'store-a', 'store-b'], status: { members, epoch: 104 } },
    ],
  })
})

test.each<[string, Partial<RebuildQuestion>]>([
  ['nobody asks', { asked: undefined }],
  ['the object is as new as what is known', { present: [{ id: 3, lineage: 'first', epoch: 6 }] }],
  ['it is newer', { present: [{ id: 3, lineage: 'first', epoch: 7 }] }],
  [
    'nobody knows more than the object',
    { asked: '9', present: [{ id: 9, lineage: 'x', epoch: 0 }] },
  ],
])('nothing is made where %s', (_name, change) => {
  expect(decideRebuild({ ...question, ...change })).toEqual({ kind: 'none' })
})

test.each<[string, Partial<RebuildQuestion>]>([
  ['is older than what is known', { present: [{ id: 3, lineage: 'first', epoch: 5 }] }],
  ['was made again', { present: [{ id: 3, lineage: 'second', epoch: 900 }] }],
  ['is asked for twice', { asked: ' 3, 3 ' }],
])('an object that %s is made once', (_name, change) => {
  const decision = decideRebuild({ ...question, ...change })
  expect(decision).toMatchObject({ kind: 'make', partitions: [{ id: 3 }] })
})

test.each<[string, Partial<RebuildQuestion>, string]>([
  [
    'a store is silent',
    { told: tellers([told()], [told()]) },
    'eu-c-0 (store store-c) has answered',
  ],
  ['nobody knows it', { asked: '3,8' }, 'No storage node knows partitions 8'],
  [
    'stores speak of two partitions',
    { told: tellers([told()], [told({ lineage: 'second' })], []) },
    'know partitions 3 under different lineages',
  ],
  ['there is no map', { placement: undefined }, 'There is no PlacementMap'],
  [
    'it is no number',
    { asked: 'all' },
    'must be numbers of partitions, separated by commas, is "all"',
  ],
  ['a number is 0', { asked: '3,0' }, 'must be numbers'],
])('nothing is made, and it is said why, while %s', (_name, change, words) => {
  const decision = decideRebuild({ ...question, ...change })
  expect(decision.kind).toBe('wait')
  expect(JSON.stringify(decision).replaceAll('\\"', '"')).toContain(words)
})
