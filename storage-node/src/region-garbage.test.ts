import type { StorageNode } from './storage-node.ts'
import { KILL_KEPT_MS } from './maintenance/garbage-collection.ts'
import { FENCE_KEPT_MS } from './model/decide-bucket.ts'
import { ORPHAN_AGE_MS } from './maintenance/orphan-sweep.ts'
import { MemoryMachine } from './memory-region.ts'
import {
  BucketClient,
  bytesOf,
  makeBucket,
  outcome,
  OWNER,
  plainMetadata,
} from './region-fixtures.ts'
import { namespaceRange } from './wire/stored/keys.ts'
import type { Namespace } from './wire/stored/keys.ts'

const KIB = 1024
const MIB = KIB * KIB
const GRACE_MS = 60 * 60 * 1000
const PART_BYTES = 100 * KIB
/** Two chunks and a bit, so that the last one is found by its number. */
const LARGE_BYTES = 8 * MIB + 5000

/** Rounds until a dropped set's pieces are gone: the set, then its pieces, each after its grace. */
const ROUND_COUNT = 3

async function openMachine(seed: number): Promise<{
  machine: MemoryMachine
  region: StorageNode
  client: BucketClient
}> {
  const machine = new MemoryMachine({ seed, gcGraceMs: GRACE_MS, segmentSizeBytes: 16 * MIB })
  const region = await machine.open()
  const client = new BucketClient(region, await makeBucket(region, 'bucket'))
  return { machine, region, client }
}

async function rowCount(machine: MemoryMachine, namespace: Namespace): Promise<number> {
  const rows = await machine.engine.scan(namespaceRange(namespace), { limit: 10_000 })
  return rows.length
}

async function collectAll(machine: MemoryMachine, region: StorageNode): Promise<void> {
  for (let round = 0; round < ROUND_COUNT; round++) {
    machine.clock.advance(GRACE_MS)
    await region.collectAndCompact()
  }
}

async function reopen(
  machine: MemoryMachine,
): Promise<{ region: StorageNode; client: BucketClient }> {
  const region = await machine.open()
  const page = await region.buckets.list(OWNER, { prefix: '', marker: '', maxKeys: 10 })
  const [bucket] = page.buckets
  if (bucket === undefined) throw new Error('the bucket is there')
  return { region, client: new BucketClient(region, bucket) }
}

async function upload(client: BucketClient, key: string, parts: readonly Uint8Array[]) {
  const uploadId = await client.initiate(key)
  for (const [at, bytes] of parts.entries()) await client.putPart(key, uploadId, at + 1, bytes)
  return uploadId
}

describe('what is left when the grace has passed', () => {
  const large = bytesOf(1, LARGE_BYTES)
  const small = bytesOf(2, 5000)
  const parts = [bytesOf(3, PART_BYTES), bytesOf(4, PART_BYTES), bytesOf(5, 10)]
  const cases: readonly [string, (client: BucketClient) => Promise<unknown>][] = [
    ['an object was deleted', (client) => client.put('k', large).then(() => client.delete('k'))],
    [
      'one was overwritten by a small one',
      async (client) => {
        await client.put('k', large)
        await client.put('k', bytesOf(9, 10))
      },
    ],
    [
      'an upload was aborted',
      async (client) => {
        await client.abort('k', await upload(client, 'k', parts))
      },
    ],
    [
      'a part was sent again',
      async (client) => {
        const uploadId = await upload(client, 'k', parts)
        await client.putPart('k', uploadId, 1, bytesOf(6, PART_BYTES + 9))
        await client.abort('k', uploadId)
      },
    ],
    [
      'parts were not listed, and their object deleted',
      async (client) => {
        const uploadId = await upload(client, 'k', parts)
        const { md5 } = await client.putPart('k', uploadId, 4, small)
        await client.complete('k', uploadId, [{ partNumber: 4, etag: md5.toUpperCase() }])
        await client.delete('k')
      },
    ],
    [
      'an appended object was overwritten',
      async (client) => {
        await client.append('k', 0, small)
        await client.append('k', small.byteLength, small)
        await client.put('k', bytesOf(9, 10))
      },
    ],
    [
      'a create-only write was refused',
      async (client) => {
        await client.put('k', bytesOf(9, 10))
        await outcome(client.put('k', large, { forbidOverwrite: true }))
      },
    ],
    [
      'Content-MD5 was another',
      async (client) => {
        await outcome(client.put('k', large, { contentMd5: new Uint8Array(16) }))
      },
    ],
    [
      'a part met no upload',
      async (client) => {
        const uploadId = await upload(client, 'k', [])
        const put = client.putPart('k', uploadId, 1, large)
        await client.abort('k', uploadId)
        expect(await outcome(put)).toBe('NoSuchUpload')
      },
    ],
  ]

  test.each(cases)('is nothing but what is referenced, when %s', async (_name, act) => {
    const { machine, region, client } = await openMachine(1)
    await client.put('kept', small)
    const kept = [await upload(client, 'multi', parts)]
    await client.complete('multi', kept[0] ?? '')
    const { liveBytes } = region.store.chunks.usage()
    await act(client)
    await collectAll(machine, region)
    expect(region.store.chunks.usage().liveBytes).toBe(liveBytes)
    expect(await rowCount(machine, 'G')).toBe(0)
    expect(await rowCount(machine, 'M')).toBe(0)
    // The pieces of `multi` and its list.
    expect(await rowCount(machine, 'D')).toBe(parts.length + 1)
    expect(await client.get('kept')).toEqual(small)
    expect(Buffer.compare((await client.get('multi')) ?? small, Buffer.concat(parts))).toBe(0)
    expect(machine.failures).toEqual([])
  })
})

test('a reader that had begun before the deletion reads on until the grace has passed', async () => {
  const { machine, region, client } = await openMachine(2)
  const body = bytesOf(1, LARGE_BYTES)
  await client.put('k', body)
  const open = await region.objects.read(client.bucket, 'k' as never)
  await client.delete('k')
  machine.clock.advance(GRACE_MS - 1)
  await region.collectAndCompact()
  const pieces: Uint8Array[] = []
  const keep = (piece: Uint8Array) => Promise.resolve(void pieces.push(piece.slice()))
  await open.body().send(keep, new AbortController().signal)
  expect(Buffer.compare(Buffer.concat(pieces), body)).toBe(0)
  machine.clock.advance(1)
  await region.collectAndCompact()
  await expect(open.body().send(keep, new AbortController().signal)).rejects.toThrow()
})

test('the space of what was deleted comes back', async () => {
  const { machine, region, client } = await openMachine(3)
  for (let at = 0; at < 6; at++) await client.put(`k${at}`, bytesOf(at, 4 * MIB))
  const before = machine.disk.space().availableBytes
  for (let at = 0; at < 6; at++) await client.delete(`k${at}`)
  await collectAll(machine, region)
  // All but the segment that is being written.
  expect(machine.disk.space().availableBytes - before).toBeGreaterThan(12 * MIB)
})

describe('orphans', () => {
  test('of a client that vanished with the process are freed when they are old', async () => {
    const { machine, client } = await openMachine(4)
    await client.put('kept', bytesOf(1, 5000))
    let isStuck = () => {}
    const stuck = new Promise<void>((resolve) => (isStuck = resolve))
    void putHalf(client, bytesOf(2, LARGE_BYTES), isStuck)
    await stuck
    machine.crash()
    const again = await reopen(machine)
    const usage = () => again.region.store.chunks.usage().liveBytes
    expect(usage()).toBeGreaterThan(4 * MIB)
    await sweep(machine, ORPHAN_AGE_MS - GRACE_MS)
    expect(usage()).toBeGreaterThan(4 * MIB)
    await sweep(machine, 2 * GRACE_MS)
    expect(usage()).toBeLessThan(MIB)
    expect(await again.client.get('kept')).toEqual(bytesOf(1, 5000))
  })

  test('that turn out to be referenced are kept, whether by an object, a part or an append', async () => {
    const { machine, client } = await openMachine(5)
    const body = bytesOf(1, 5000)
    await client.put('put', body)
    await client.append('append', 0, body)
    const uploadId = await upload(client, 'part', [body])
    machine.crash()
    const again = await reopen(machine)
    await sweep(machine, ORPHAN_AGE_MS + 2 * GRACE_MS)
    expect(await rowCount(machine, 'K')).toBe(0)
    expect(await again.client.get('put')).toEqual(body)
    expect(await again.client.get('append')).toEqual(body)
    await again.client.complete('part', uploadId)
    expect(await again.client.get('part')).toEqual(body)
  })

  test('that are in the delete queue keep the grace of their readers', async () => {
    const { machine, client } = await openMachine(6)
    const body = bytesOf(1, 5000)
    await client.put('k', body)
    machine.crash()
    const again = await reopen(machine)
    machine.clock.advance(1000)
    await sweep(machine, ORPHAN_AGE_MS - GRACE_MS / 2)
    const open = await again.region.objects.read(again.client.bucket, 'k' as never)
    await again.client.delete('k')
    await sweep(machine, GRACE_MS - 1)
    const sent: Uint8Array[] = []
    const keep = (piece: Uint8Array) => Promise.resolve(void sent.push(piece.slice()))
    await open.body().send(keep, new AbortController().signal)
    expect(Buffer.concat(sent).equals(body)).toBe(true)
    await collectAll(machine, again.region)
    expect(again.region.store.chunks.usage().liveBytes).toBe(0)
  })

  /** A client that sends most of a body and then nothing. */
  async function putHalf(client: BucketClient, bytes: Uint8Array, isStuck: () => void) {
    await client.region.objects.put(client.bucket, 'orphan' as never, {
      metadata: plainMetadata,
      body: {
        lengthBytes: bytes.byteLength + 1,
        async read(take) {
          for (let at = 0; at < bytes.byteLength; at += MIB)
            await take(bytes.subarray(at, at + MIB))
          isStuck()
          await new Promise(() => {})
        },
      },
      contentMd5: undefined,
      forbidOverwrite: false,
      signal: new AbortController().signal,
    })
  }

  /** Lets the background rounds of that time run. */
  async function sweep(machine: MemoryMachine, ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += GRACE_MS / 2) {
      machine.clock.advance(Math.min(GRACE_MS / 2, ms - passedMs))
      for (let turn = 0; turn < 30; turn++) await new Promise((next) => setImmediate(next))
    }
  }
})

test('kills are forgotten after a week, fences and counters of a deleted bucket after a day', async () => {
  const { machine, region, client } = await openMachine(7)
  await client.put('k', bytesOf(9, 10))
  await outcome(client.put('k', bytesOf(1, 5000), { forbidOverwrite: true }))
  const other = await makeBucket(region, 'short-lived')
  const short = new BucketClient(region, other)
  await short.put('k', bytesOf(1, 10))
  await short.delete('k')
  await region.buckets.delete(other)
  expect(await Promise.all((['K', 'F', 'S'] as const).map((ns) => rowCount(machine, ns)))).toEqual([
    1, 1, 2,
  ])
  machine.clock.advance(FENCE_KEPT_MS - 1)
  await region.collectAndCompact()
  expect(await rowCount(machine, 'F')).toBe(1)
  expect(await outcome(short.put('k', bytesOf(1, 10)))).toBe('NoSuchBucket')
  machine.clock.advance(1)
  await region.collectAndCompact()
  expect(await Promise.all((['K', 'F', 'S'] as const).map((ns) => rowCount(machine, ns)))).toEqual([
    1, 0, 1,
  ])
  machine.clock.advance(KILL_KEPT_MS)
  await region.collectAndCompact()
  expect(await rowCount(machine, 'K')).toBe(0)
  expect((await client.stat()).objects).toBe(1)
})

describe('a power cut during the collection', () => {
  const small = (at: number) => bytesOf(at, 5000 + at)

  /** Objects of every kind; every second one of them is dropped. */
  async function fillAndDrop(client: BucketClient): Promise<void> {
    for (let at = 0; at < 4; at++) {
      await client.put(`put-${at}`, small(at))
      await client.append(`append-${at}`, 0, small(at))
      await client.append(`append-${at}`, 5000 + at, small(at))
      const uploadId = await upload(client, `multi-${at}`, [bytesOf(at, PART_BYTES), small(at)])
      if (at === 3) await client.abort(`multi-${at}`, uploadId)
      else await client.complete(`multi-${at}`, uploadId)
    }
    for (const key of ['put-0', 'append-0', 'multi-0']) await client.delete(key)
    for (const key of ['put-1', 'append-1', 'multi-1']) await client.put(key, bytesOf(9, 10))
  }

  async function expectKept(client: BucketClient): Promise<void> {
    expect(await client.get('put-2')).toEqual(small(2))
    expect(await client.get('append-3')).toEqual(Buffer.concat([small(3), small(3)]))
    const multi = (await client.get('multi-2')) ?? small(1)
    expect(Buffer.compare(multi, Buffer.concat([bytesOf(2, PART_BYTES), small(2)]))).toBe(0)
    expect((await client.list()).map(({ key }) => key as string)).toEqual([
      ...['append-1', 'append-2', 'append-3', 'multi-1', 'multi-2'],
      ...['put-1', 'put-2', 'put-3'],
    ])
  }

  let keptBytes = 0
  beforeAll(async () => {
    const { machine, region, client } = await openMachine(99)
    await fillAndDrop(client)
    await collectAll(machine, region)
    await expectKept(client)
    keptBytes = region.store.chunks.usage().liveBytes
    expect(keptBytes).toBeGreaterThan(PART_BYTES)
  })

  test.each(Array.from({ length: 60 }, (_, at) => at))(
    'after %i operations of the disk loses nothing that is referenced and leaks nothing',
    async (operationCount) => {
      const { machine, region, client } = await openMachine(operationCount)
      await fillAndDrop(client)
      if (operationCount % 2 === 0) await region.checkpoint()
      machine.clock.advance(GRACE_MS)
      await region.collectAndCompact()
      machine.clock.advance(GRACE_MS)
      const death = machine.disk.crashAfter(operationCount)
      const done = region.collectAndCompact().then(() => machine.disk.crash())
      await Promise.race([death, done.catch(() => undefined)])
      machine.kill()
      const again = await reopen(machine)
      await expectKept(again.client)
      await collectAll(machine, again.region)
      await expectKept(again.client)
      expect(again.region.store.chunks.usage().liveBytes).toBe(keptBytes)
      expect(await rowCount(machine, 'G')).toBe(0)
      expect(machine.failures).toEqual([])
    },
  )
})
