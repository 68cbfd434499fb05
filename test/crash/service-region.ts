/**
 * A region in this process, asked through its services: what lies beneath is the whole store, without HTTP.
 *
 * @module
 */

import type {
  BucketService,
  ListingService,
  ObjectService,
  UploadService,
} from '../../storage-node/src/testing.ts'
import type { ListedUpload, LocalRegion, Region } from './region.ts'

export interface RegionServices {
  readonly objects: ObjectService
  readonly uploads: UploadService
  readonly listings: ListingService
  readonly buckets: BucketService
}

type Bucket = Exclude<Awaited<ReturnType<BucketService['find']>>, undefined>
type Name = Parameters<BucketService['find']>[0]
type Key = Parameters<ObjectService['find']>[1]
type Put = Parameters<ObjectService['put']>[2]

const OWNER = '1000000000000001' as Parameters<BucketService['create']>[0]['owner']
const PAGE_COUNT = 1000
/** What a socket gives at a time, roughly. */
const PIECE_BYTES = 60_000

const metadata: Put['metadata'] = {
  contentType: 'application/octet-stream',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
}
const never = new AbortController().signal

/** Speaks to the services. */
export function serviceRegion(
  services: RegionServices,
): Omit<LocalRegion, 'checkpoint' | 'compact' | 'close'> {
  const { objects, uploads, listings, buckets } = services

  async function bucketOf(name: string): Promise<Bucket> {
    const bucket = await buckets.find(name as Name)
    if (bucket === undefined) throw new Error(`The bucket "${name}" must be there`)
    return bucket
  }

  return {
    async createBucket(name) {
      await buckets.create({
        name: name as Name,
        owner: OWNER,
        acl: undefined,
        storageClass: 'Standard',
        dataRedundancy: 'LRS',
      })
    },
    hasBucket: async (name) => (await buckets.find(name as Name)) !== undefined,
    async putObject(bucket, key, content) {
      await objects.put(await bucketOf(bucket), key as Key, putRequest(content))
    },
    async getObject(bucket, key) {
      try {
        const { body } = await objects.read(await bucketOf(bucket), key as Key)
        return await collect(body())
      } catch (error) {
        if (isNoSuchKey(error)) return undefined
        throw error
      }
    },
    async copyObject(bucket, from, to) {
      const record = await bucketOf(bucket)
      await objects.copy(record, to as Key, {
        source: { bucket: record, key: from as Key },
        check() {},
        metadata: (source) => source,
        forbidOverwrite: false,
        signal: never,
      })
    },
    async appendObject(bucket, key, position, content) {
      await objects.append(await bucketOf(bucket), key as Key, position, putRequest(content))
    },
    async deleteObject(bucket, key) {
      await objects.delete(await bucketOf(bucket), key as Key)
    },
    async deleteObjects(bucket, keys) {
      const record = await bucketOf(bucket)
      await Promise.all(keys.map((key) => objects.delete(record, key as Key)))
    },
    async listObjects(bucket) {
      const record = await bucketOf(bucket)
      const options = { prefix: '', delimiter: '', after: '', maxKeys: PAGE_COUNT }
      const page = await listings.list(record, options)
      return page.objects.map(({ key, sizeBytes }) => ({ key, sizeBytes }))
    },
    async bucketCounts(bucket) {
      const counters = await buckets.stat(await bucketOf(bucket))
      const { objects: objectCount, objectBytes: storageBytes, uploads: uploadCount } = counters
      return { objectCount, storageBytes, uploadCount }
    },
    ...uploadRequests(uploads, bucketOf),
  }
}

function uploadRequests(uploads: UploadService, bucketOf: (name: string) => Promise<Bucket>) {
  return {
    async initiateUpload(bucket, key) {
      const request = { metadata, forbidOverwrite: false }
      return (await uploads.initiate(await bucketOf(bucket), key as Key, request)).uploadId
    },
    async uploadPart(bucket, { key, uploadId }, number, content) {
      const request = putRequest(content)
      await uploads.putPart(await bucketOf(bucket), key as Key, uploadId, number, request)
    },
    async completeUpload(bucket, { key, uploadId }) {
      const options = { forbidOverwrite: false }
      await uploads.complete(await bucketOf(bucket), key as Key, uploadId, undefined, options)
    },
    async abortUpload(bucket, { key, uploadId }) {
      await uploads.abort(await bucketOf(bucket), key as Key, uploadId)
    },
    async listUploads(bucket) {
      const page = await uploads.listUploads(await bucketOf(bucket), {
        prefix: '',
        delimiter: '',
        keyMarker: '',
        uploadIdMarker: '',
        maxUploads: PAGE_COUNT,
      })
      return page.uploads.map(({ key, uploadId }): ListedUpload => ({ key, uploadId }))
    },
    async listParts(bucket, { key, uploadId }) {
      const options = { after: 0, maxParts: PAGE_COUNT }
      const page = await uploads.listParts(await bucketOf(bucket), key as Key, uploadId, options)
      return page.parts.map(({ partNumber, sizeBytes, md5 }) => {
        return { number: partNumber, sizeBytes, etag: md5.toUpperCase() }
      })
    },
  } satisfies Partial<Region>
}

function putRequest(content: Buffer): Put {
  return {
    metadata,
    body: {
      lengthBytes: content.length,
      async read(take) {
        for (let at = 0; at < content.length; at += PIECE_BYTES) {
          await take(content.subarray(at, at + PIECE_BYTES))
        }
      },
    },
    contentMd5: undefined,
    forbidOverwrite: false,
    signal: never,
  }
}

async function collect(stream: {
  send(send: (piece: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<void>
}): Promise<Buffer> {
  const pieces: Buffer[] = []
  await stream.send((piece) => {
    pieces.push(Buffer.from(piece))
    return Promise.resolve()
  }, never)
  return Buffer.concat(pieces)
}

function isNoSuchKey(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'NoSuchKey'
}
