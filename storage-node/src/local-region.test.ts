import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskRegion } from './disk-region.ts'
import type { StorageNode } from './storage-node.ts'
import { openMemoryRegion } from './memory-region.ts'
import { BucketClient, bytesOf, makeBucket, OWNER } from './region-fixtures.ts'

const MIB = 1024 ** 2
/** Around what is inline, collected, one slab, one chunk. */
const SIZES_BYTES = [0, 1, 4096, 4097, 65_536, 65_537, MIB + 1, 4 * MIB, 9 * MIB + 3]

async function fill(client: BucketClient): Promise<void> {
  for (const sizeBytes of SIZES_BYTES) await client.put(`k${sizeBytes}`, bytesOf(1, sizeBytes))
}

async function expectFilled(client: BucketClient): Promise<void> {
  const largest = bytesOf(1, SIZES_BYTES.at(-1) ?? 0)
  for (const sizeBytes of SIZES_BYTES) {
    const found = await client.get(`k${sizeBytes}`)
    expect(Buffer.compare(found ?? Buffer.of(7), largest.subarray(0, sizeBytes))).toBe(0)
  }
  const { objects, objectBytes } = await client.stat()
  const sum = SIZES_BYTES.reduce((total, sizeBytes) => total + sizeBytes, 0)
  expect({ objects, objectBytes }).toEqual({ objects: SIZES_BYTES.length, objectBytes: sum })
}

async function bucketOf(region: StorageNode): Promise<BucketClient> {
  const page = await region.buckets.list(OWNER, { prefix: '', marker: '', maxKeys: 10 })
  const [bucket] = page.buckets
  if (bucket === undefined) throw new Error('the bucket is there')
  return new BucketClient(region, bucket)
}

test('bodies of every size come out as they went in, before and after an orderly stop', async () => {
  const { machine, region } = await openMemoryRegion({ seed: 1 })
  const client = new BucketClient(region, await makeBucket(region, 'photos'))
  await fill(client)
  await expectFilled(client)
  await region.stop()
  machine.kill()
  const again = await machine.open()
  await expectFilled(await bucketOf(again))
  expect(machine.failures).toEqual([])
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'everything acknowledged outlives a power cut (seed %i)',
  async (seed) => {
    const { machine, region } = await openMemoryRegion({ seed })
    await fill(new BucketClient(region, await makeBucket(region, 'photos')))
    if (seed % 2 === 0) await region.checkpoint()
    machine.crash()
    await expectFilled(await bucketOf(await machine.open()))
    machine.crash()
    await expectFilled(await bucketOf(await machine.open()))
  },
)

test('the same holds on real files with RocksDB, when the store is opened again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'granary-region-'))
  const fatal = (cause: Error) => {
    throw cause
  }
  try {
    const region = await openDiskRegion({ directory, fatal, gcGraceMs: 0 })
    await fill(new BucketClient(region, await makeBucket(region, 'photos')))
    await region.store.close()
    const again = await openDiskRegion({ directory, fatal, gcGraceMs: 0 })
    await expectFilled(await bucketOf(again))
    await again.stop()
  } finally {
    await rm(directory, { recursive: true })
  }
})
