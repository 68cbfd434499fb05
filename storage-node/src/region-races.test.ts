import { sameBytes, toHex } from './base/bytes.ts'
import { md5 } from './base/checksums.ts'
import { jitterEngine } from './engine-jitter.ts'
import type { StorageNode } from './storage-node.ts'
import { openMemoryRegion } from './memory-region.ts'
import type { AccountUid, BucketName, ObjectKey } from './model/identifiers.ts'
import { NULL_VERSION } from './model/version-id.ts'
import {
  BucketClient,
  bytesOf,
  collect,
  makeBucket,
  outcome,
  plainMetadata,
} from './region-fixtures.ts'

const KIB = 1024
/** Inline, collected, streamed. */
const SIZES_BYTES = [100, 5000, 70 * KIB]

let region: StorageNode
let round = 0

async function open(seed: number): Promise<BucketClient> {
  const options = { seed, wrapEngine: jitterEngine(seed), segmentSizeBytes: 1024 * KIB }
  ;({ region } = await openMemoryRegion(options))
  return newBucket()
}

async function newBucket(): Promise<BucketClient> {
  return new BucketClient(region, await makeBucket(region, `bucket-${++round}`))
}

afterEach(() => {
  expect(region.slabs.usedCount).toBe(0)
})

/** Lets some turns of the event loop pass, so that racers do not start in step. */
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise((next) => setImmediate(next))
}

/** Which of the bodies it is; -1 for none of them, undefined for no object. */
function indexIn(bodies: readonly Uint8Array[], found: Uint8Array | undefined): number | undefined {
  return found && bodies.findIndex((body) => sameBytes(body, found))
}

function count(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const code of outcomes) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

describe.each(SIZES_BYTES)('with bodies of %i bytes', (sizeBytes) => {
  test('of simultaneous creators that must not overwrite exactly one wins', async () => {
    const client = await open(sizeBytes)
    for (let key = 0; key < 30; key++) {
      const bodies = Array.from({ length: 8 }, (_, racer) => bytesOf(racer, sizeBytes))
      const outcomes = await Promise.all(
        bodies.map((body) => outcome(client.put(`k${key}`, body, { forbidOverwrite: true }))),
      )
      expect(count(outcomes)).toEqual({ ok: 1, FileAlreadyExists: 7 })
      expect(indexIn(bodies, await client.get(`k${key}`))).toBe(outcomes.indexOf('ok'))
    }
    expect((await client.stat()).objects).toBe(30)
  })

  test('of simultaneous appends at one position exactly one wins, and readers see a prefix', async () => {
    const client = await open(sizeBytes + 1)
    let content = Buffer.alloc(0)
    for (let at = 0; at < 25; at++) {
      const bodies = Array.from({ length: 6 }, (_, racer) => bytesOf(at * 8 + racer, sizeBytes))
      const reads = Array.from({ length: 4 }, (_, delay) =>
        turns(delay).then(() => client.get('log')),
      )
      const outcomes = await Promise.all(
        bodies.map((body) => outcome(client.append('log', content.length, body))),
      )
      expect(count(outcomes)).toEqual({ ok: 1, PositionNotEqualToLength: 5 })
      const winner = bodies[outcomes.indexOf('ok')] ?? Buffer.alloc(0)
      content = Buffer.concat([content, winner])
      for (const seen of await Promise.all(reads)) {
        if (seen === undefined) continue
        expect(content.subarray(0, seen.byteLength).equals(seen)).toBe(true)
        expect(seen.byteLength % sizeBytes).toBe(0)
      }
    }
    expect(content.equals((await client.get('log')) ?? Buffer.alloc(0))).toBe(true)
    const { objects, objectBytes } = await client.stat()
    expect({ objects, objectBytes }).toEqual({ objects: 1, objectBytes: content.length })
  })

  test('a write and the deletion of its bucket never both succeed', async () => {
    await open(sizeBytes + 2)
    const seen = new Set<string>()
    for (let at = 0; at < 96; at++) {
      const client = await newBucket()
      const racers = [
        () => client.put('k', bytesOf(1, sizeBytes)),
        () => client.append('k', 0, bytesOf(1, sizeBytes)),
        () => client.initiate('k'),
      ]
      const race = racers[at % racers.length] ?? racers[0]
      const looks: Promise<boolean>[] = []
      const look = async () => (await region.buckets.find(client.bucket.name)) !== undefined
      const [written, deleted] = await Promise.all([
        turns(5 * (Math.floor(at / 3) % 4)).then(() => outcome(race?.() ?? Promise.resolve())),
        turns(Math.floor(at / 12) % 8).then(() => outcome(region.buckets.delete(client.bucket))),
        ...Array.from({ length: 20 }, (_, turn) => turns(turn).then(() => void looks.push(look()))),
      ])
      seen.add(`${written} ${deleted}`)
      // Also while the deletion was under way that could not be done.
      if (deleted !== 'ok') expect(await Promise.all(looks)).not.toContain(false)
      const found = await region.buckets.find(client.bucket.name)
      expect(found !== undefined).toBe(written === 'ok')
      const { objects, uploads } = await client.stat()
      expect(objects + uploads).toBe(written === 'ok' ? 1 : 0)
      if (found === undefined) continue
      // An account has no more than a hundred.
      await client.delete('k')
      for (const { key, uploadId } of await client.listUploads()) await client.abort(key, uploadId)
      await region.buckets.delete(found)
    }
    expect([...seen].sort()).toEqual(['NoSuchBucket ok', 'ok BucketNotEmpty'])
  })

  test('a GET that an overwrite races is all of one version', async () => {
    const client = await open(sizeBytes + 3)
    const bodies = [bytesOf(1, sizeBytes), bytesOf(2, sizeBytes + 33), bytesOf(3, sizeBytes - 3)]
    await client.put('k', bodies[0] ?? Buffer.alloc(0))
    for (let at = 0; at < 40; at++) {
      const reads = [0, 1, 2, 3, 5].map((delay) => turns(delay).then(() => client.get('k')))
      await Promise.all(bodies.map((body) => client.put('k', body)))
      for (const seen of await Promise.all(reads)) expect(indexIn(bodies, seen)).not.toBe(-1)
      if (at % 10 === 0) await Promise.all([client.delete('k'), client.get('k')])
      if (at % 10 === 0) await client.put('k', bodies[1] ?? Buffer.alloc(0))
    }
  })

  test('a list sees what was acknowledged before it, and nothing that was deleted', async () => {
    const client = await open(sizeBytes + 4)
    const names = async () => new Set((await client.list(7)).map(({ key }) => key as string))
    const writer = async (name: string) => {
      for (let at = 0; at < 10; at++) {
        await client.put(`${name}/${at}`, bytesOf(at, sizeBytes))
        expect(await names()).toContain(`${name}/${at}`)
        if (at < 2) continue
        await client.delete(`${name}/${at - 2}`)
        expect(await names()).not.toContain(`${name}/${at - 2}`)
      }
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(writer))
    expect((await client.list()).length).toBe(8)
  })
})

describe('uploads', () => {
  const PART_BYTES = 100 * KIB
  const etagOf = (md5: string) => md5.toUpperCase()

  test('of completions and an abort either the completions win, all alike, or the abort', async () => {
    const client = await open(11)
    const seen = new Set<string>()
    for (let at = 0; at < 48; at++) {
      const key = `k${at}`
      const uploadId = await client.initiate(key)
      const body = bytesOf(at, PART_BYTES)
      const part = await client.putPart(key, uploadId, 1, body)
      const list = [{ partNumber: 1, etag: etagOf(part.md5) }]
      const outcomes = await Promise.all([
        turns(at % 2).then(() => outcome(client.complete(key, uploadId, list))),
        turns((at >> 1) % 3).then(() => outcome(client.complete(key, uploadId))),
        turns((at >> 2) % 3).then(() => outcome(client.abort(key, uploadId))),
      ])
      seen.add(outcomes.join(' '))
      const found = indexIn([body], await client.get(key))
      expect(found).toBe(outcomes[0] === 'ok' ? 0 : undefined)
    }
    expect([...seen].sort()).toEqual(['NoSuchUpload NoSuchUpload ok', 'ok ok NoSuchUpload'])
    const { uploads, parts, partBytes } = await client.stat()
    expect({ uploads, parts, partBytes }).toEqual({ uploads: 0, parts: 0, partBytes: 0 })
  })

  test('a part that races the end of its upload is in it whole, or refused', async () => {
    const client = await open(12)
    for (let at = 0; at < 48; at++) {
      const key = `k${at}`
      const uploadId = await client.initiate(key)
      const [first, second] = [bytesOf(at, PART_BYTES), bytesOf(at + 1000, PART_BYTES + 7)]
      await client.putPart(key, uploadId, 1, first)
      const end = at % 3 === 0 ? client.abort(key, uploadId) : undefined
      const [put, again, ended] = await Promise.all([
        turns(at % 4).then(() => outcome(client.putPart(key, uploadId, 2, second))),
        turns(at % 5).then(() => outcome(client.putPart(key, uploadId, 1, first))),
        turns(at % 7).then(() => outcome(end ?? client.complete(key, uploadId))),
      ])
      for (const code of [put, again]) expect(['ok', 'NoSuchUpload']).toContain(code)
      expect(ended).toBe('ok')
      const whole = Buffer.concat([first, second])
      // An acknowledged part is in the object: after the end it would have been refused.
      const expected = put === 'ok' ? 1 : 0
      const found = indexIn([first, whole], await client.get(key))
      expect(found).toBe(end === undefined ? expected : undefined)
    }
    const { uploads, parts, partBytes } = await client.stat()
    expect({ uploads, parts, partBytes }).toEqual({ uploads: 0, parts: 0, partBytes: 0 })
  })

  test('racing parts in order: the MD5 of the object is that of its bytes, or not known', async () => {
    const client = await open(14)
    const seen = new Set<string>()
    for (let at = 0; at < 12; at++) {
      const key = `k${at}`
      const uploadId = await client.initiate(key, false, true)
      const [first, second] = [bytesOf(at, PART_BYTES), bytesOf(at + 1000, 100)]
      // Sent again as it was, or with other bytes; the second part comes next sooner or later.
      const again = at % 2 === 0 ? first : bytesOf(at + 2000, PART_BYTES)
      const there = client.putPart(key, uploadId, 1, first)
      const soon = at % 4 < 2 ? there : turns(at % 11)
      const [, , next] = await Promise.all([
        there,
        turns(at % 7).then(() => client.putPart(key, uploadId, 1, again)),
        soon.then(() => outcome(client.putPart(key, uploadId, 2, second))),
      ])
      const { contentMd5 } = await client.complete(key, uploadId)
      const found = (await client.get(key)) ?? bytesOf(0, 0)
      if (contentMd5 !== undefined) expect(contentMd5).toBe(toHex(md5(found)))
      // Nothing stood in the way of the hash where parts neither changed nor came too soon.
      if (again === first && next !== 'ok') expect(contentMd5).toBeDefined()
      seen.add(`${next} ${again === first} ${contentMd5 !== undefined}`)
    }
    expect([...seen]).toEqual(expect.arrayContaining(['ok true true', 'ok false false']))
  })

  test('a completion names its parts by what they were', async () => {
    const client = await open(13)
    const seen = new Set<string>()
    for (let at = 0; at < 40; at++) {
      const key = `k${at}`
      const uploadId = await client.initiate(key)
      const [before, after] = [bytesOf(at, PART_BYTES), bytesOf(at + 1000, PART_BYTES)]
      const { md5 } = await client.putPart(key, uploadId, 1, before)
      const list = [{ partNumber: 1, etag: etagOf(md5) }]
      const [replaced, completed] = await Promise.all([
        turns(at % 3).then(() => outcome(client.putPart(key, uploadId, 1, after))),
        turns(at % 8).then(() => outcome(client.complete(key, uploadId, list))),
      ])
      seen.add(`${replaced} ${completed}`)
      expect(indexIn([before], await client.get(key))).toBe(completed === 'ok' ? 0 : undefined)
    }
    expect([...seen].sort()).toEqual(['NoSuchUpload ok', 'ok InvalidPart'])
  })
})

describe('buckets', () => {
  const request = (name: string, owner: string) => ({
    name: name as BucketName,
    owner: owner as AccountUid,
    acl: undefined,
    storageClass: 'Standard' as const,
    dataRedundancy: 'LRS' as const,
  })

  test('of accounts that make a bucket of one name exactly one gets it', async () => {
    await open(21)
    for (let at = 0; at < 40; at++) {
      const owners = ['1000000000000001', '1000000000000002', '1000000000000003']
      const outcomes = await Promise.all(
        owners.map((owner) => outcome(region.buckets.create(request(`same-${at}`, owner)))),
      )
      expect(count(outcomes)).toEqual({ ok: 1, BucketAlreadyExists: 2 })
      const found = await region.buckets.find(`same-${at}` as BucketName)
      expect(found?.owner).toBe(owners[outcomes.indexOf('ok')])
      if (found !== undefined) await region.buckets.delete(found)
    }
  })

  test('the largest number of buckets holds for those who make them at the same time', async () => {
    await open(22)
    const names = Array.from({ length: 130 }, (_, at) => `many-${at}`)
    const outcomes = await Promise.all(
      names.map((name) => outcome(region.buckets.create(request(name, '1000000000000009')))),
    )
    expect(count(outcomes)).toEqual({ ok: 100, TooManyBuckets: 30 })
  })

  test('the deletion of a bucket that is not empty is refused, and nobody misses the bucket', async () => {
    const client = await open(23)
    await client.put('k', bytesOf(1, 10))
    const looks: Promise<boolean>[] = []
    const look = async () => (await region.buckets.find(client.bucket.name)) !== undefined
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        await turns(at)
        looks.push(look())
        return outcome(region.buckets.delete(client.bucket)).finally(() => looks.push(look()))
      }),
    )
    expect(count(outcomes)).toEqual({ BucketNotEmpty: 8 })
    expect(await Promise.all(looks)).not.toContain(false)
    expect(await region.buckets.find(client.bucket.name)).toEqual(client.bucket)
    await client.put('l', bytesOf(1, 10))
  })

  test('of simultaneous deletions one succeeds, and a bucket made afterwards is another', async () => {
    await open(24)
    for (let at = 0; at < 30; at++) {
      const { bucket } = await newBucket()
      const outcomes = await Promise.all(
        [0, 1, 2].map((delay) =>
          turns(delay * (at % 4)).then(() => outcome(region.buckets.delete(bucket))),
        ),
      )
      expect(count(outcomes)).toEqual({ ok: 1, NoSuchBucket: 2 })
      const again = await makeBucket(region, bucket.name)
      expect(again.bucketId).not.toBe(bucket.bucketId)
      await new BucketClient(region, again).put('k', bytesOf(1, 10))
      await new BucketClient(region, again).delete('k')
      await region.buckets.delete(again)
    }
  })
})

describe('while a bucket begins to keep versions', () => {
  const enable = ({ bucket }: BucketClient) =>
    region.buckets.putSetting(bucket, { kind: 'versioning', value: 'Enabled' })

  test('a put that began before makes a version, and keeps the one it finds', async () => {
    const client = await open(7)
    await client.put('k', bytesOf(1, 100))
    const bytes = bytesOf(2, 200 * KIB)
    const body = {
      lengthBytes: bytes.byteLength,
      async read(take: (piece: Uint8Array) => Promise<void> | undefined) {
        await take(bytes.slice(0, KIB))
        await enable(client)
        await take(bytes.slice(KIB))
      },
    }
    const request = { metadata: plainMetadata, body, contentMd5: undefined, forbidOverwrite: false }
    const signal = new AbortController().signal
    const key = 'k' as ObjectKey
    const made = await region.objects.put(client.bucket, key, { ...request, signal })
    expect(made.versionId).not.toBe(NULL_VERSION)
    const before = await region.objects.read(client.bucket, key, NULL_VERSION)
    expect(sameBytes(await collect(before.body()), bytesOf(1, 100))).toBe(true)
  })
})
