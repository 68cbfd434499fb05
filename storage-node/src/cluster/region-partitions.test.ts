import { foundingRanges, isInRange } from '../contract/founding-ranges.ts'
import type { PartitionId, StoreId } from '../contract/identifiers.ts'
import { OssError } from '../model/errors.ts'
import type { BucketId, BucketName, ObjectKey, VersionSeq } from '../model/identifiers.ts'
import type { CommandResult } from '../model/command.ts'
import type { PrimaryReply } from '../wire/peer/operation-messages.ts'
import { positionOfKey } from '../wire/stored/range-keys.ts'
import { UnknownOutcomeError } from './primary-calls.ts'
import { refusalOf } from './refusals.ts'
import { FakeRegion, settled, STORES } from './routing-fixtures.ts'
import type { FakePartition } from './routing-fixtures.ts'

const [A, B] = STORES as [StoreId, StoreId]
const key = 'photos/1.jpg' as ObjectKey
const bucketIds = Array.from(
  { length: 16 },
  (_, at) => `${at.toString(16)}111111111111111` as BucketId,
)
const deleteIn = (bucketId: BucketId) =>
  ({ kind: 'deleteObject', bucketId, key, versions: { state: 'unset' } }) as const
const done: PrimaryReply<CommandResult> = { kind: 'done', value: { kind: 'done' } }

function holderOf(region: FakeRegion, bucketId: BucketId): FakePartition {
  const position = positionOfKey(bucketId, key)
  return region.partitions.find(({ range }) => isInRange(range, position))!
}

/** The user partition whose primary is the second store, and a bucket in it. */
async function openRegion() {
  const region = await FakeRegion.open(foundingRanges(1))
  const partition = region.partition(2)
  const [node] = region.nodes
  return { region, partition, node: node!, command: deleteIn(bucketIds[5]!) }
}

test('every storage node executes every command at the primary of its partition', async () => {
  const region = await FakeRegion.open(foundingRanges(6))
  for (const { partitions } of region.nodes) {
    for (const bucketId of bucketIds) {
      const holder = holderOf(region, bucketId)
      const before = holder.tries.length
      expect(await partitions.execute(deleteIn(bucketId))).toEqual({ kind: 'done' })
      expect(holder.tries.slice(before)).toMatchObject([{ store: holder.primary }])
    }
  }
})

test('settings are the business of the system range', async () => {
  const region = await FakeRegion.open(foundingRanges(3))
  const name = 'photos' as BucketName
  region.partition(1).execute = () => ({ kind: 'done', value: { kind: 'stale' } })
  for (const { partitions } of region.nodes) {
    await partitions.execute({ kind: 'markBucketDeleting', name })
    expect(await partitions.ask({ kind: 'bucket', name })).toBeUndefined()
  }
  expect(region.partition(1).tries).toHaveLength(3)
})

test('the own replica is called without a message', async () => {
  const region = await FakeRegion.open(foundingRanges(6))
  for (const { store, partitions, network } of region.nodes) {
    const request = jest.spyOn(network, 'request')
    for (const bucketId of bucketIds) {
      if (holderOf(region, bucketId).primary === store) await partitions.execute(deleteIn(bucketId))
    }
    expect(request).not.toHaveBeenCalled()
  }
})

test('a refusal is the error that it was at the primary', async () => {
  const { partition, node, command } = await openRegion()
  const headers = { 'x-oss-next-append-position': '5' }
  const details = [{ name: 'UploadId', value: 'ABC' }]
  const refused = new OssError('NoSuchUpload', { details, headers })
  partition.execute = () => ({ kind: 'refused', refusal: refusalOf(refused) })
  const error = await node.partitions.execute(command).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OssError)
  expect(error).not.toBeInstanceOf(UnknownOutcomeError)
  expect(error).toMatchObject({ code: 'NoSuchUpload', status: 404, details, headers })
  expect(partition.tries).toHaveLength(1)
})

test('a code that is not known here is an internal error, and long texts are cut', () => {
  const long = 'é'.repeat(10_000)
  const { message, details } = refusalOf(
    new OssError('InvalidPart', { message: long, details: [{ name: 'ETag', value: long }] }),
  )
  for (const text of [message ?? '', details[0]!.value]) {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
    expect(long.startsWith(text)).toBe(true)
  }
})

describe('after the primary has changed', () => {
  test('whoever is asked names the new one, which is asked at once', async () => {
    const { region, partition, node, command } = await openRegion()
    node.table.stop()
    await region.configure(partition.id, A)
    const outcome = settled(node.partitions.execute(command))
    await region.turns()
    expect(outcome.value).toEqual({ kind: 'done' })
    expect(partition.tries).toMatchObject([{ store: A }])
  })

  test('a call that hangs at the old one is taken to the new one, with the same opId', async () => {
    const { region, partition, node, command } = await openRegion()
    // The old primary has the command, and is cut off before it answers.
    partition.execute = (_command, _opId, store) => (store === B ? undefined : done)
    const outcome = settled(node.partitions.execute(command))
    await region.pass(3300)
    expect(outcome).toEqual({})
    await region.configure(partition.id, A)
    await region.turns()
    expect(outcome.value).toEqual({ kind: 'done' })
    const opIds = new Set(partition.tries.map(({ opId }) => opId))
    expect(partition.tries.length).toBeGreaterThan(1)
    expect(opIds.size).toBe(1)
  })

  test('each command has an opId of its own', async () => {
    const { partition, node, command } = await openRegion()
    for (let count = 0; count < 10; count++) await node.partitions.execute(command)
    expect(new Set(partition.tries.map(({ opId }) => opId)).size).toBe(10)
  })

  test('a query is asked of the new one too', async () => {
    const { region, partition, node } = await openRegion()
    partition.silent.add(B)
    const query = {
      kind: 'object',
      bucketId: bucketIds[5]!,
      key,
      versionId: undefined,
      withBody: true,
    } as const
    const outcome = settled(node.partitions.ask(query))
    await region.pass(500)
    await region.configure(partition.id, A)
    await region.turns()
    expect(outcome).toEqual({ value: undefined })
    expect('value' in outcome).toBe(true)
  })

  test('it is found in the config store where no watch tells it', async () => {
    const { region, partition, node, command } = await openRegion()
    node.table.stop()
    partition.silent.add(B)
    await region.configure(partition.id, A)
    const outcome = settled(node.partitions.execute(command))
    await region.pass(2500)
    expect(outcome.value).toEqual({ kind: 'done' })
  })
})

test('a page that waits long for its turn is asked for once', async () => {
  const { region, partition, node } = await openRegion()
  let answer = () => {}
  partition.turn = new Promise((resolve) => (answer = resolve))
  const asked = { bucketId: bucketIds[5]!, prefix: '', delimiter: '', after: '', maxCount: 10 }
  const outcome = settled(node.partitions.ask({ kind: 'list', ...asked }))
  await region.pass(4500, 100)
  expect(outcome).toEqual({})
  expect(partition.questionCount).toBe(1)
  answer()
  await region.turns()
  expect(outcome.value).toMatchObject({ objects: [], isTruncated: false })
})

describe('while nobody can answer', () => {
  test('the call goes on for five seconds, then its outcome is unknown', async () => {
    const { region, partition, node, command } = await openRegion()
    partition.execute = () => ({ kind: 'unavailable', why: 'No lease', retryAfterMs: 0 })
    const outcome = settled(node.partitions.execute(command))
    await region.pass(4900, 10)
    expect(outcome).toEqual({})
    await region.pass(300, 10)
    expect(outcome.error).toBeInstanceOf(UnknownOutcomeError)
    expect(outcome.error).toMatchObject({ code: 'ServiceUnavailable', status: 503 })
    // Waits of 25, 50, 100, 200, 200, … ms.
    expect(partition.tries.length).toBeGreaterThan(20)
    expect(partition.tries.length).toBeLessThan(35)
    expect(new Set(partition.tries.map(({ opId }) => opId)).size).toBe(1)
  })

  test('a message that was lost is sent again', async () => {
    const { region, partition, node, command } = await openRegion()
    let lost = 1
    partition.execute = () => (lost-- > 0 ? undefined : done)
    const outcome = settled(node.partitions.execute(command))
    await region.pass(2000)
    expect(outcome.value).toEqual({ kind: 'done' })
  })

  test('a client that leaves ends the waiting', async () => {
    const { region, partition, node, command } = await openRegion()
    partition.execute = () => undefined
    const client = new AbortController()
    const outcome = settled(node.partitions.execute(command, client.signal))
    await region.pass(200)
    client.abort()
    await region.pass(200)
    expect(outcome.error).toBeInstanceOf(UnknownOutcomeError)
    expect(partition.tries).toHaveLength(1)
  })

  test('a store that has left is waited for as long', async () => {
    const { region, node, command } = await openRegion()
    region.nodes[1]!.network.leave()
    const outcome = settled(node.partitions.execute(command))
    await region.pass(4900, 20)
    expect(outcome).toEqual({})
    await region.pass(300)
    expect(outcome.error).toBeInstanceOf(UnknownOutcomeError)
  })
})

test('rows of one partition are asked of it by its number', async () => {
  const region = await FakeRegion.open(foundingRanges(4))
  const { partitions } = region.nodes[2]!
  for (const kind of ['dropped', 'kills', 'fences'] as const) {
    const query = { kind, after: undefined, limit: 10 } as const
    expect(await partitions.askPartition(3 as PartitionId, query)).toEqual([])
  }
})

test('an attempt that is over in one range is over', async () => {
  const region = await FakeRegion.open(foundingRanges(2))
  region.partition(3).execute = () => ({ kind: 'done', value: { kind: 'stale' } })
  const fence = { kind: 'fenceBucket', attempt: 1n as VersionSeq } as const
  const { partitions } = region.nodes[0]!
  expect(await partitions.execute({ ...fence, bucketId: bucketIds[15]! })).toEqual({
    kind: 'stale',
  })
})
