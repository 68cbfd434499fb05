/**
 * Multipart uploads as the API sees them.
 *
 * Upload ids are 32 upper-case hex characters in API text, lower-case inside.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Pacer } from '../base/pacer.ts'
import type { Random } from '../base/random.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { resultOf } from '../cluster/partitions.ts'
import { isRefusal } from '../cluster/primary-calls.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { ListedPart } from '../model/command.ts'
import { noSuchUpload, noUploadForCopy, noUploadForPart } from '../model/decide-upload.ts'
import { OssError } from '../model/errors.ts'
import type { DataSetId, ObjectKey } from '../model/identifiers.ts'
import { PART_SIZE_BYTES_MAX } from '../model/limits.ts'
import type {
  ObjectAcl,
  ObjectMetadata,
  ObjectRecord,
  PieceRecord,
  StorageClass,
  UploadRecord,
} from '../model/object.ts'
import type { ChecksumPlan, ExpectedObject } from '../model/object-checksum.ts'
import type { WriteCondition } from '../model/preconditions.ts'
import type { BodyStore } from './body-store.ts'
import type { BodySource } from './body.ts'
import { checksummed, keptChecksum } from './checksummed-body.ts'
import { changeInBucket } from './bucket-deletion.ts'
import type { BucketRecords } from './bucket-service.ts'
import { newTimedId } from './new-identifiers.ts'
import { startRunningHash } from './running-hash.ts'
import type { OpenObject } from './object-reader.ts'
import { bodySourceOf } from './object-reader.ts'
import type { ObjectPart, ObjectPartPage } from './object-parts.ts'
import { findObjectPart, listObjectParts } from './object-parts.ts'
import { findVersionRule } from './version-rules.ts'

const UPLOAD_ID = /^[0-9A-Fa-f]{32}$/

export interface InitiateRequest {
  readonly metadata: ObjectMetadata
  readonly forbidOverwrite: boolean
  /** Parts have to arrive in the order of their numbers. */
  readonly isSequential?: boolean
  readonly checksums?: ChecksumPlan | undefined
}

export interface CompleteRequest {
  readonly forbidOverwrite: boolean
  /** What the object must come to. */
  readonly expected?: ExpectedObject | undefined
  /** Of the version that the object would replace. */
  readonly condition?: WriteCondition | undefined
  /** In place of the one that the upload was begun with. */
  readonly acl?: ObjectAcl | undefined
}

export interface PutPartRequest {
  readonly body: BodySource
  /** 16 bytes. */
  readonly contentMd5: Uint8Array | undefined
  readonly signal: AbortSignal
}

export interface CopyPartRequest {
  /** Opens the source; throws when a condition on it fails, or the caller may not read it. */
  readonly open: () => Promise<OpenObject>
  /** Which bytes of the source; `end` exclusive. */
  readonly range: (source: ObjectRecord) => { readonly start: number; readonly end: number }
  readonly signal: AbortSignal
  readonly pacer?: Pacer | undefined
}

export interface PartPage {
  readonly upload: UploadRecord
  readonly parts: readonly (PieceRecord & { readonly partNumber: number })[]
  readonly isTruncated: boolean
}

export interface ListUploadsOptions {
  readonly prefix: string
  readonly delimiter: string
  readonly keyMarker: string
  readonly uploadIdMarker: string
  readonly maxUploads: number
}

/** One page of uploads, by key and then by age. */
export interface UploadListing {
  readonly uploads: readonly {
    readonly key: ObjectKey
    readonly uploadId: string
    readonly initiatedMs: number
    readonly storageClass: StorageClass
    readonly checksums: ChecksumPlan | undefined
  }[]
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
  readonly nextKeyMarker: string
  readonly nextUploadIdMarker: string
}

export interface UploadServiceParts {
  readonly partitions: Partitions
  /** As `BucketService` has them. */
  readonly records: BucketRecords
  readonly bodies: BodyStore
  readonly clock: Clock
  readonly random: Random
}

/** An upload that a part is for. */
interface FoundUpload {
  readonly uploadId: DataSetId
  readonly upload: UploadRecord
}

/** Operations on uploads. All methods reject with `OssError` for what a client can correct. */
export class UploadService {
  readonly #parts: UploadServiceParts

  constructor(parts: UploadServiceParts) {
    this.#parts = parts
  }

  async initiate(
    bucket: BucketRecord,
    key: ObjectKey,
    request: InitiateRequest,
  ): Promise<{ readonly uploadId: string }> {
    const { partitions, clock, random } = this.#parts
    const uploadId = newTimedId(clock, random) as DataSetId
    const { bucketId, versioning } = bucket
    const { metadata, isSequential = false, checksums } = request
    // Means nothing where versions are kept.
    const forbidOverwrite = request.forbidOverwrite && versioning === 'unset'
    const begin = { bucketId, key, uploadId, metadata, forbidOverwrite, isSequential, checksums }
    const command = { kind: 'initiateUpload', ...begin } as const
    await changeInBucket(partitions, bucket, command)
    return { uploadId: uploadId.toUpperCase() }
  }

  /** Stores a part; one of that number that is there already is replaced. */
  async putPart(
    bucket: BucketRecord,
    key: ObjectKey,
    uploadId: string,
    partNumber: number,
    request: PutPartRequest,
  ): Promise<PieceRecord> {
    const upload = await this.#findUpload(bucket, key, uploadId, noUploadForPart)
    return this.#storePart(bucket, key, upload, partNumber, request)
  }

  async #storePart(
    bucket: BucketRecord,
    key: ObjectKey,
    { uploadId, upload }: FoundUpload,
    partNumber: number,
    request: PutPartRequest,
  ): Promise<PieceRecord> {
    const { partitions, bodies } = this.#parts
    const place = { bucketId: bucket.bucketId, key }
    const hash = await startRunningHash(upload, partNumber)
    const part = checksummedPart(request.body, upload)
    const read = hash === undefined ? part : hash.listenTo(part)
    const stored = { ...request, body: read, sizeBytesMax: PART_SIZE_BYTES_MAX }
    const body = await bodies.store(place, stored)
    try {
      const made = { ...place, uploadId, partNumber, body, running: hash?.step() }
      const command = { kind: 'putPart', ...made, checksum: keptChecksum(read) } as const
      const result = await changeInBucket(partitions, bucket, command, request.signal)
      bodies.confirm(body)
      return resultOf(result, 'part').record
    } catch (error) {
      if (isRefusal(error)) await bodies.discard(place, body)
      throw error
    }
  }

  /** Streams a range of another object into new chunks as a part. */
  async copyPart(
    bucket: BucketRecord,
    key: ObjectKey,
    uploadId: string,
    partNumber: number,
    request: CopyPartRequest,
  ): Promise<{ readonly part: PieceRecord; readonly source: ObjectRecord }> {
    const { signal } = request
    const open = await request.open()
    const body = bodySourceOf(open.body(request.range(open.record)), signal, request.pacer)
    const upload = await this.#findUpload(bucket, key, uploadId, noUploadForCopy)
    const copy = { body, contentMd5: undefined, signal }
    const part = await this.#storePart(bucket, key, upload, partNumber, copy)
    return { part, source: open.record }
  }

  /** Makes the object of the listed parts, or of all there are. */
  async complete(
    bucket: BucketRecord,
    key: ObjectKey,
    uploadId: string,
    parts: readonly ListedPart[] | undefined,
    { forbidOverwrite, condition, acl, expected }: CompleteRequest,
  ): Promise<ObjectRecord> {
    const { bucketId } = bucket
    const complete = { kind: 'completeUpload', bucketId, key, uploadId: idOf(uploadId) } as const
    const versions = await findVersionRule(this.#parts, bucket)
    const command = { ...complete, parts, expected, forbidOverwrite, condition, acl, versions }
    const result = await changeInBucket(this.#parts.partitions, bucket, command)
    return resultOf(result, 'object').record
  }

  /** Which checksums it was begun with; undefined also where there is no such upload. */
  async findChecksums(
    { bucketId }: BucketRecord,
    key: ObjectKey,
    uploadId: string,
  ): Promise<ChecksumPlan | undefined> {
    const query = { kind: 'upload', bucketId, key, uploadId: idOf(uploadId) } as const
    const found = await this.#parts.partitions.ask({ ...query, after: 0, limit: 0 })
    return found?.upload.checksums
  }

  async abort(bucket: BucketRecord, key: ObjectKey, uploadId: string): Promise<void> {
    const { bucketId } = bucket
    const id = idOf(uploadId)
    const command = { kind: 'abortUpload', bucketId, key, uploadId: id } as const
    await changeInBucket(this.#parts.partitions, bucket, command)
  }

  /** Parts with numbers above `after`. */
  async listParts(
    bucket: BucketRecord,
    key: ObjectKey,
    uploadId: string,
    { after, maxParts }: { readonly after: number; readonly maxParts: number },
  ): Promise<PartPage> {
    const found = await this.#parts.partitions.ask({
      kind: 'upload',
      bucketId: bucket.bucketId,
      key,
      uploadId: idOf(uploadId),
      after,
      limit: maxParts + 1,
    })
    if (found === undefined) throw noSuchUpload(uploadId)
    const parts = found.parts.map(({ partNumber, piece }) => ({ ...piece, partNumber }))
    const isTruncated = parts.length > maxParts
    return { upload: found.upload, parts: parts.slice(0, maxParts), isTruncated }
  }

  /** A part of an object that is there; undefined where it has none of that number. */
  findObjectPart(
    { bucketId }: BucketRecord,
    key: ObjectKey,
    record: ObjectRecord,
    partNumber: number,
  ): Promise<ObjectPart | undefined> {
    return findObjectPart(this.#parts.partitions, { bucketId, key }, record, partNumber)
  }

  /** Parts of an object with numbers above `after`; undefined where it did not come in parts. */
  listObjectParts(
    { bucketId }: BucketRecord,
    key: ObjectKey,
    record: ObjectRecord,
    page: { readonly after: number; readonly maxParts: number },
  ): Promise<ObjectPartPage | undefined> {
    return listObjectParts(this.#parts.partitions, { bucketId, key }, record, page)
  }

  async listUploads(bucket: BucketRecord, options: ListUploadsOptions): Promise<UploadListing> {
    const { prefix, delimiter, keyMarker, uploadIdMarker, maxUploads } = options
    const page = await this.#parts.partitions.ask({
      kind: 'uploads',
      bucketId: bucket.bucketId,
      prefix,
      delimiter,
      after: keyMarker,
      afterUploadId: keyMarker === '' || uploadIdMarker === '' ? undefined : idOf(uploadIdMarker),
      maxCount: maxUploads,
    })
    const uploads = page.uploads.map((upload) => ({
      ...upload,
      uploadId: upload.uploadId.toUpperCase(),
    }))
    const nextUploadIdMarker = page.nextUploadId?.toUpperCase() ?? ''
    return { ...page, uploads, nextUploadIdMarker }
  }

  /** Known before a body is read that has nowhere to go. */
  async #findUpload(
    bucket: BucketRecord,
    key: ObjectKey,
    uploadId: string,
    refusal: (uploadId: string) => OssError,
  ): Promise<FoundUpload> {
    const id = idOf(uploadId, refusal)
    const query = { kind: 'upload', bucketId: bucket.bucketId, key, uploadId: id } as const
    const found = await this.#parts.partitions.ask({ ...query, after: 0, limit: 0 })
    if (found === undefined) throw refusal(uploadId)
    return { uploadId: id, upload: found.upload }
  }
}

/** The part as it is read, with the checksum that its upload wants. Throws InvalidRequest for another. */
function checksummedPart(body: BodySource, { checksums }: UploadRecord): BodySource {
  if (checksums === undefined || body.checksum?.algorithm === checksums.algorithm) return body
  if (body.checksum === undefined) return checksummed(body, checksums.algorithm)
  const [expected, actual] = [checksums.algorithm, body.checksum.algorithm]
  throw new OssError('InvalidRequest', {
    message: `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${actual}`,
  })
}

/** Whatever is no upload id names no upload. */
function idOf(uploadId: string, refusal: (uploadId: string) => OssError = noSuchUpload): DataSetId {
  if (!UPLOAD_ID.test(uploadId)) throw refusal(uploadId)
  return uploadId.toLowerCase() as DataSetId
}
