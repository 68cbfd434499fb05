/**
 * Speaks to a region's services in few words, for tests.
 *
 * @module
 */

import { createCipheriv } from 'node:crypto'
import { joinBytes } from './base/bytes.ts'
import type { StorageNode } from './storage-node.ts'
import type { BucketCounters, BucketRecord } from './model/bucket.ts'
import type { AccountUid, BucketName, ObjectKey } from './model/identifiers.ts'
import type { ObjectMetadata, ObjectRecord, PieceRecord } from './model/object.ts'
import type { ObjectSummary } from './model/query.ts'
import type { BodySource, BodyStream } from './services/body.ts'

export const OWNER = '1000000000000001' as AccountUid
export const NEVER = new AbortController().signal
/** What a socket gives at a time, roughly; odd, so that no boundary is met by chance. */
const PIECE_BYTES = 60_001

export const plainMetadata: ObjectMetadata = {
  contentType: 'text/plain',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
}

export interface WriteOptions {
  readonly forbidOverwrite?: boolean
  readonly contentMd5?: Uint8Array
  readonly pieceBytes?: number
  readonly signal?: AbortSignal
  readonly metadata?: ObjectMetadata
}

/** Bytes that follow from the seed; of two sizes, the smaller is the beginning of the larger. */
export function bytesOf(seed: number, sizeBytes: number): Uint8Array {
  const initial = Buffer.alloc(16)
  initial.writeUInt32BE(seed)
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), initial).update(Buffer.alloc(sizeBytes))
}

/** A request body that comes in pieces. */
export function bodyOf(bytes: Uint8Array, pieceBytes = PIECE_BYTES): BodySource {
  return {
    lengthBytes: bytes.byteLength,
    async read(take) {
      for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
        await take(bytes.subarray(at, at + pieceBytes))
      }
    },
  }
}

/** All bytes of an answer. */
export async function collect(stream: BodyStream, signal = NEVER): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  await stream.send((piece) => {
    pieces.push(piece.slice())
    return Promise.resolve()
  }, signal)
  return joinBytes(pieces)
}

/** What a promise came to: `ok`, or the code of the refusal. Other errors pass. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'ok'
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (typeof code !== 'string') throw error
    return code
  }
}

/** Makes a bucket. */
export async function makeBucket(region: StorageNode, name: string): Promise<BucketRecord> {
  const request = {
    name: name as BucketName,
    owner: OWNER,
    acl: undefined,
    storageClass: 'Standard',
    dataRedundancy: 'LRS',
  } as const
  return (await region.buckets.create(request)).record
}

/** One bucket of a region, as one client sees it. */
export class BucketClient {
  readonly region: StorageNode
  readonly bucket: BucketRecord

  constructor(region: StorageNode, bucket: BucketRecord) {
    this.region = region
    this.bucket = bucket
  }

  put(key: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<ObjectRecord> {
    return this.region.objects.put(this.bucket, key as ObjectKey, writeRequest(bytes, options))
  }

  append(
    key: string,
    position: number,
    bytes: Uint8Array,
    options: WriteOptions = {},
  ): Promise<ObjectRecord> {
    const request = writeRequest(bytes, options)
    return this.region.objects.append(this.bucket, key as ObjectKey, position, request)
  }

  async copy(from: string, to: string, metadata?: ObjectMetadata): Promise<ObjectRecord> {
    const { record } = await this.region.objects.copy(this.bucket, to as ObjectKey, {
      source: { bucket: this.bucket, key: from as ObjectKey },
      check() {},
      metadata: (source) => metadata ?? source,
      forbidOverwrite: false,
      signal: NEVER,
    })
    return record
  }

  async delete(key: string): Promise<void> {
    await this.region.objects.delete(this.bucket, key as ObjectKey)
  }

  /** The bytes, or undefined where there is no such key. */
  async get(key: string, range?: { start: number; end: number }): Promise<Uint8Array | undefined> {
    try {
      const open = await this.region.objects.read(this.bucket, key as ObjectKey)
      return await collect(open.body(range))
    } catch (error) {
      if ((error as { code?: unknown }).code === 'NoSuchKey') return undefined
      throw error
    }
  }

  async initiate(key: string, forbidOverwrite = false, isSequential = false): Promise<string> {
    const request = { metadata: plainMetadata, forbidOverwrite, isSequential }
    const made = await this.region.uploads.initiate(this.bucket, key as ObjectKey, request)
    return made.uploadId
  }

  putPart(
    key: string,
    uploadId: string,
    partNumber: number,
    bytes: Uint8Array,
    options: WriteOptions = {},
  ): Promise<PieceRecord> {
    const request = writeRequest(bytes, options)
    const { uploads } = this.region
    return uploads.putPart(this.bucket, key as ObjectKey, uploadId, partNumber, request)
  }

  /** Of the parts with these numbers and ETags; undefined: of all there are. */
  complete(
    key: string,
    uploadId: string,
    parts?: readonly { partNumber: number; etag: string }[],
    forbidOverwrite = false,
  ): Promise<ObjectRecord> {
    const { uploads } = this.region
    return uploads.complete(this.bucket, key as ObjectKey, uploadId, parts, { forbidOverwrite })
  }

  abort(key: string, uploadId: string): Promise<void> {
    return this.region.uploads.abort(this.bucket, key as ObjectKey, uploadId)
  }

  /** All keys, page by page. */
  async list(maxKeys = 1000): Promise<ObjectSummary[]> {
    const found: ObjectSummary[] = []
    let after = ''
    for (;;) {
      const options = { prefix: '', delimiter: '', after, maxKeys }
      const page = await this.region.listings.list(this.bucket, options)
      found.push(...page.objects)
      if (!page.isTruncated || page.next === undefined) return found
      after = page.next
    }
  }

  /** All uploads in progress, page by page. */
  async listUploads(maxUploads = 1000): Promise<{ key: string; uploadId: string }[]> {
    const found: { key: string; uploadId: string }[] = []
    let [keyMarker, uploadIdMarker] = ['', '']
    for (;;) {
      const options = { prefix: '', delimiter: '', keyMarker, uploadIdMarker, maxUploads }
      const page = await this.region.uploads.listUploads(this.bucket, options)
      found.push(...page.uploads.map(({ key, uploadId }) => ({ key, uploadId })))
      if (!page.isTruncated) return found
      ;[keyMarker, uploadIdMarker] = [page.nextKeyMarker, page.nextUploadIdMarker]
    }
  }

  stat(): Promise<BucketCounters> {
    return this.region.buckets.stat(this.bucket)
  }
}

function writeRequest(bytes: Uint8Array, options: WriteOptions) {
  const { forbidOverwrite = false, contentMd5, pieceBytes, signal, metadata } = options
  return {
    metadata: metadata ?? plainMetadata,
    body: bodyOf(bytes, pieceBytes),
    contentMd5,
    forbidOverwrite,
    signal: signal ?? NEVER,
  }
}
