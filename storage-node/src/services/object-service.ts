/**
 * Objects as the API sees them: put, read, copy, append, delete.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { resultOf } from '../cluster/partitions.ts'
import { isRefusal } from '../cluster/primary-calls.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { ObjectCommand, StoredBody } from '../model/command.ts'
import { refuseOverwrite } from '../model/decide-object.ts'
import { OssError } from '../model/errors.ts'
import type { DataSetId, ObjectKey } from '../model/identifiers.ts'
import { APPEND_SIZE_BYTES_MAX, COPY_SIZE_BYTES_MAX, PUT_SIZE_BYTES_MAX } from '../model/limits.ts'
import type { ObjectMetadata, ObjectRecord } from '../model/object.ts'
import type { BodyStore } from './body-store.ts'
import type { BodySource } from './body.ts'
import { changeInBucket } from './bucket-deletion.ts'
import { newOpaqueEtag, newTimedId } from './new-identifiers.ts'
import type { ObjectReader, OpenObject } from './object-reader.ts'
import { bodySourceOf } from './object-reader.ts'

export interface PutRequest {
  readonly metadata: ObjectMetadata
  readonly body: BodySource
  /** 16 bytes. */
  readonly contentMd5: Uint8Array | undefined
  readonly forbidOverwrite: boolean
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

export interface CopyRequest {
  readonly source: { readonly bucket: BucketRecord; readonly key: ObjectKey }
  /** Throws when a condition on the source fails, or the caller may not read it. */
  readonly check: (source: ObjectRecord) => void
  /** Metadata of the copy. */
  readonly metadata: (source: ObjectRecord) => ObjectMetadata
  readonly forbidOverwrite: boolean
  readonly signal: AbortSignal
}

export interface ObjectServiceParts {
  readonly partitions: Partitions
  readonly bodies: BodyStore
  readonly reader: ObjectReader
  readonly clock: Clock
  readonly random: Random
}

/** Operations on whole objects. All methods reject with `OssError` for what a client can correct. */
export class ObjectService {
  readonly #parts: ObjectServiceParts

  constructor(parts: ObjectServiceParts) {
    this.#parts = parts
  }

  /** The record alone; `NoSuchKey`. */
  async find(bucket: BucketRecord, key: ObjectKey): Promise<ObjectRecord> {
    const place = { bucketId: bucket.bucketId, key }
    const found = await this.#parts.partitions.ask({ kind: 'object', ...place, withBody: false })
    if (found === undefined) throw noSuchKey(key)
    return found.record
  }

  /** Record and bytes; `NoSuchKey`. */
  async read(bucket: BucketRecord, key: ObjectKey): Promise<OpenObject> {
    const open = await this.#parts.reader.open({ bucketId: bucket.bucketId, key })
    if (open === undefined) throw noSuchKey(key)
    return open
  }

  /** Stores the body, then replaces the object by it. */
  async put(bucket: BucketRecord, key: ObjectKey, request: PutRequest): Promise<ObjectRecord> {
    const place = { bucketId: bucket.bucketId, key }
    const stored = await this.#parts.bodies.store(place, {
      ...request,
      sizeBytesMax: PUT_SIZE_BYTES_MAX,
    })
    const command = {
      kind: 'putObject',
      ...place,
      metadata: request.metadata,
      body: stored,
      etag: stored.md5.toUpperCase(),
      forbidOverwrite: request.forbidOverwrite,
    } as const
    return this.#commit(bucket, stored, command, request.signal)
  }

  /** Streams the source into new chunks; onto itself it only replaces the metadata (B8). */
  async copy(bucket: BucketRecord, key: ObjectKey, request: CopyRequest): Promise<ObjectRecord> {
    const { source } = request
    if (source.bucket.bucketId === bucket.bucketId && source.key === key) {
      return this.#replaceMetadata(bucket, key, request)
    }
    const open = await this.read(source.bucket, source.key)
    request.check(open.record)
    if (open.record.sizeBytes > COPY_SIZE_BYTES_MAX) throw new OssError('EntityTooLarge')
    return this.put(bucket, key, {
      metadata: request.metadata(open.record),
      body: bodySourceOf(open.body(), request.signal),
      contentMd5: undefined,
      forbidOverwrite: request.forbidOverwrite,
      signal: request.signal,
    })
  }

  /** Appends the body at `position`, which must be the present length. */
  async append(
    bucket: BucketRecord,
    key: ObjectKey,
    position: number,
    request: PutRequest,
  ): Promise<ObjectRecord> {
    const { clock, random } = this.#parts
    const place = { bucketId: bucket.bucketId, key }
    const stored = await this.#parts.bodies.store(place, {
      ...request,
      sizeBytesMax: APPEND_SIZE_BYTES_MAX,
    })
    const command = {
      kind: 'appendObject',
      ...place,
      position,
      metadata: request.metadata,
      body: stored,
      etag: newOpaqueEtag(random),
      dataSetId: newTimedId(clock, random) as DataSetId,
      forbidOverwrite: request.forbidOverwrite,
    } as const
    return this.#commit(bucket, stored, command, request.signal)
  }

  /** No error when there is nothing. */
  async delete(bucket: BucketRecord, key: ObjectKey): Promise<void> {
    const { bucketId } = bucket
    const command = { kind: 'deleteObject', bucketId, key } as const
    await changeInBucket(this.#parts.partitions, bucket, command)
  }

  async #commit(
    bucket: BucketRecord,
    stored: StoredBody,
    command: ObjectCommand,
    signal: AbortSignal,
  ): Promise<ObjectRecord> {
    const { partitions, bodies } = this.#parts
    try {
      const result = await changeInBucket(partitions, bucket, command, signal)
      bodies.confirm(stored)
      return resultOf(result, 'object').record
    } catch (error) {
      const { bucketId, key } = command
      if (isRefusal(error)) await bodies.discard({ bucketId, key }, stored)
      throw error
    }
  }

  async #replaceMetadata(
    bucket: BucketRecord,
    key: ObjectKey,
    request: CopyRequest,
  ): Promise<ObjectRecord> {
    const { bucketId } = bucket
    for (;;) {
      const record = await this.find(bucket, key)
      request.check(record)
      const refused = refuseOverwrite(request.forbidOverwrite, record, key)
      if (refused !== undefined) throw refused
      const { versionSeq, etag } = record
      const metadata = request.metadata(record)
      const change = { bucketId, key, versionSeq, metadata, etag }
      const command = { kind: 'replaceMetadata', ...change } as const
      const result = await changeInBucket(this.#parts.partitions, bucket, command)
      // Stale: somebody replaced the object since it was read. Each round, somebody else got on.
      if (result.kind !== 'stale') return resultOf(result, 'object').record
    }
  }
}

function noSuchKey(key: ObjectKey): OssError {
  return new OssError('NoSuchKey', { details: [{ name: 'Key', value: key }] })
}
