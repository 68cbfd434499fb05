import type { Zone } from '@granary/storage-node/contract/configuration'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import { partitions, type Partition } from '../resources/partition.ts'
import { regions } from '../resources/region.ts'
import { NAMESPACE, REGION, storeIdOf, TestCluster } from './reconciler-fixtures.ts'

const at = (name: string) => ({ namespace: NAMESPACE, name })
const THIRD = at(`${REGION}-3`)
const zones = ['a', 'b', 'c']
const podOf = (zone: string) => `${REGION}-${zone}-0`
const members = zones.map((zone) => ({ store: storeIdOf(podOf(zone)), zone: zone as Zone }))
const primary = storeIdOf(podOf('b'))
const known = { lineage: 'first', primary, members, start: '', end: 'AA==' }

let cluster: TestCluster
beforeEach(async () => {
  cluster = await TestCluster.serving()
})

test('what was deleted is made again of what all storage nodes know, when somebody asks for it', async () => {
  await cluster.user.delete(partitions, THIRD)
  await tell(7)
  await annotate()
  await cluster.settle()
  const { spec, status } = await third()
  expect(spec).toMatchObject({ lineage: 'first', preferredPrimary: primary })
  expect(spec.initialRange).toEqual({ start: '', end: 'AA==' })
  expect(status).toMatchObject({ epoch: 107, primary, members, state: 'Active' })
  expect(condition('Ready')).toBe('True Serving')
  expect(condition('ConfigRegressed')).toBe('False AsKnown')
  const events = cluster.events().map((event) => event['reason' as 'kind'])
  expect(events).toContain('PartitionsRebuilt')
})

test('it waits while a storage node is silent, and says for which', async () => {
  await cluster.user.delete(partitions, THIRD)
  cluster.broken.add(podOf('c'))
  await tell(7)
  await annotate()
  await cluster.settle()
  expect(await cluster.api.get(partitions, THIRD)).toBeUndefined()
  expect(condition('Progressing')).toBe('True RebuildWaits')
  expect(message('Progressing')).toContain(podOf('c'))
  cluster.broken.clear()
  await cluster.settle()
  expect((await third()).status?.epoch).toBe(107)
})

test('one that somebody else made again is told, and replaced when somebody asks for it', async () => {
  const { metadata, spec } = await third()
  await tell(1)
  await cluster.settle()
  expect(condition('ConfigRegressed')).toBe('True ObjectsOlder')
  expect(message('ConfigRegressed')).toContain('granary.dev/rebuild-partitions=3 ')
  expect((await third()).metadata.uid).toBe(metadata.uid)
  await annotate()
  await cluster.settle()
  const after = await third()
  expect(after.metadata.uid).not.toBe(metadata.uid)
  expect(after.spec).toMatchObject({ id: spec.id, lineage: 'first' })
  expect(after.status?.epoch).toBe(101)
  expect(condition('ConfigRegressed')).toBe('False AsKnown')
})

test('one that is as storage nodes know it is left alone', async () => {
  const before = await third()
  await tell(1, before.metadata.uid)
  await annotate()
  await cluster.settle()
  expect(await third()).toEqual(before)
})

/** All storage nodes know that epoch of partition 3. */
async function tell(epoch: number, lineage = 'first'): Promise<void> {
  const configuration = { ...known, lineage, epoch }
  const told = { id: 3, epoch, role: 'Secondary', lag: 0, configuration } as const
  for (const zone of zones) cluster.answers.set(podOf(zone), { partitions: [told] })
  await cluster.runOthers()
}

async function annotate(): Promise<void> {
  const annotations = { 'granary.dev/rebuild-partitions': '3' }
  await cluster.user.apply<KubernetesObject>(regions, { metadata: { ...at(REGION), annotations } })
}

async function third(): Promise<Partition> {
  const found = await cluster.api.get(partitions, THIRD)
  if (found === undefined) throw new Error('Partition 3 is not there')
  return found
}

function condition(type: string): string {
  return cluster.condition(regions, NAMESPACE, REGION, type)
}

function message(type: string): string {
  return cluster.message(regions, NAMESPACE, REGION, type)
}
