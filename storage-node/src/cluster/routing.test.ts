import { foundingRanges } from '../contract/founding-ranges.ts'
import type { PartitionId, StoreId } from '../contract/identifiers.ts'
import type { BucketName } from '../model/identifiers.ts'
import { bucketRowKey } from '../wire/stored/keys.ts'
import { encodeBucketRow } from '../wire/stored/bucket-row.ts'
import { FakeRegion, settled, STORES } from './routing-fixtures.ts'
import { versionOf } from './settings/settings-fixtures.ts'

const [A, B] = STORES as [StoreId, StoreId]
const SYSTEM = 1 as PartitionId
const name = 'photos' as BucketName

/** A region that has version 1 of a record, long enough for changes to be quick. */
async function openRegion() {
  const region = await FakeRegion.open(foundingRanges(2))
  const write = (version: number) =>
    region.engine.write([
      { key: bucketRowKey(name), value: encodeBucketRow(versionOf(name, version)) },
    ])
  await write(1)
  for (const { routing } of region.nodes) routing.start()
  await region.pass(3200, 50)
  const change = (version: number) => {
    region.partition(SYSTEM).execute = () => {
      void write(version)
      const record = versionOf(name, version)
      return { kind: 'done', value: { kind: 'bucket', record, created: false } }
    }
    const { bucketId } = versionOf(name, version)
    const command = { kind: 'setBucketAcl', name, bucketId, acl: 'private' } as const
    return region.nodes[2]!.partitions.execute(command)
  }
  return { region, change }
}

test('a record is asked for once, by whichever storage node', async () => {
  const { region } = await openRegion()
  for (const { routing, network } of region.nodes) {
    expect(await routing.settings.find(name)).toMatchObject({ createdMs: 1 })
    const request = jest.spyOn(network, 'request')
    for (let count = 0; count < 100; count++) await routing.settings.find(name)
    expect(request).not.toHaveBeenCalled()
  }
})

test('after a change was acknowledged, every storage node has the new record', async () => {
  const { region, change } = await openRegion()
  for (const { routing } of region.nodes) await routing.settings.find(name)
  const outcome = settled(change(2))
  await region.turns(40)
  expect(outcome.value).toMatchObject({ kind: 'bucket' })
  for (const { routing } of region.nodes) {
    expect(await routing.settings.find(name)).toMatchObject({ createdMs: 2 })
  }
})

test('records stay usable across a failover of the system range', async () => {
  const { region } = await openRegion()
  for (const { routing } of region.nodes) await routing.settings.find(name)
  await region.pass(600, 50)
  region.partition(SYSTEM).silent.add(A)
  for (let second = 0; second < 5; second++) {
    await region.pass(1000, 50)
    const found = settled(region.nodes[2]!.routing.settings.find(name))
    await region.turns()
    expect(found.value).toMatchObject({ createdMs: 1 })
  }
  await region.configure(SYSTEM, B)
  await region.pass(1000, 50)
  expect(await region.nodes[2]!.routing.settings.find(name)).toMatchObject({ createdMs: 1 })
})

test('the primary of the system range is who looks after it', async () => {
  const { region } = await openRegion()
  const caring = () => region.nodes.map(({ routing }) => routing.isSystemPrimary)
  expect(caring()).toEqual([true, false, false])
  await region.configure(SYSTEM, B)
  expect(caring()).toEqual([false, true, false])
})

test('what is stopped asks nobody', async () => {
  const { region } = await openRegion()
  const requests = region.nodes.map(({ routing, network }) => {
    routing.stop()
    return jest.spyOn(network, 'request')
  })
  await region.pass(5000, 50)
  for (const request of requests) expect(request).not.toHaveBeenCalled()
})
