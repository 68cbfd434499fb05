/**
 * Objects as the API sees them: put, read, copy, append, delete.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { ChecksumAlgorithm } from '../base/object-checksums.ts'
import type { Pacer } from '../base/pacer.ts'
import type { Random } from '../base/random.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { resultOf } from '../cluster/partitions.ts'
import { isRefusal } from '../cluster/primary-calls.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type {
  Amendment,
  CommandResult,
  ObjectCommand,
  StoredBody,
  VersionRule,
} from '../model/command.ts'
import { refuseOverwrite } from '../model/decide-object.ts'
import { requireVersion } from '../model/decide-version.ts'
import { OssError } from '../model/errors.ts'
import type { DataSetId, ObjectKey, VersionId } from '../model/identifiers.ts'
import { APPEND_SIZE_BYTES_MAX, COPY_SIZE_BYTES_MAX, PUT_SIZE_BYTES_MAX } from '../model/limits.ts'
import type { ObjectMetadata, ObjectRecord } from '../model/object.ts'
import type { WriteCondition } from '../model/preconditions.ts'
import { refuseCondition } from '../model/preconditions.ts'
import type { RestoreLengths, RestoreRequest } from '../model/restore.ts'
import { refuseFrozen } from '../model/restore.ts'
import { isFrozenClass } from '../model/storage-class.ts'
import { NULL_VERSION } from '../model/version-id.ts'
import type { BodyStore } from './body-store.ts'
import type { BodySource } from './body.ts'
import { checksummed, keptChecksum } from './checksummed-body.ts'
import { changeInBucket } from './bucket-deletion.ts'
import type { BucketRecords } from './bucket-service.ts'
import { newOpaqueEtag, newTimedId } from './new-identifiers.ts'
import type { ObjectReader, OpenObject } from './object-reader.ts'
import { bodySourceOf } from './object-reader.ts'
import { findVersionRule } from './version-rules.ts'

export interface PutRequest {
  readonly metadata: ObjectMetadata
  readonly body: BodySource
  /** 16 bytes. */
  readonly contentMd5: Uint8Array | undefined
  readonly forbidOverwrite: boolean
  /** Of the version that it would replace. */
  readonly condition?: WriteCondition | undefined
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

/** An object that is copied from. */
export interface SourceObject {
  readonly bucket: BucketRecord
  readonly key: ObjectKey
  /** Undefined: the current version. */
  readonly versionId?: VersionId | undefined
}

export interface CopyRequest {
  readonly source: SourceObject
  /** Throws when a condition on the source fails, or the caller may not read it. */
  readonly check: (source: ObjectRecord) => void
  /** Metadata of the copy. */
  readonly metadata: (source: ObjectRecord) => ObjectMetadata
  readonly forbidOverwrite: boolean
  readonly condition?: WriteCondition | undefined
  /** What the copy has to have; undefined: what the source has. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined
  readonly signal: AbortSignal
  readonly pacer?: Pacer | undefined
}

export interface SymlinkRequest {
  readonly target: ObjectKey
  readonly metadata: ObjectMetadata
  readonly forbidOverwrite: boolean
  readonly condition?: WriteCondition | undefined
}

export interface CopyOutcome {
  readonly record: ObjectRecord
  /** What it was copied from. */
  readonly source: ObjectRecord
}

/** What a restore came to. */
export type RestoreOutcome = Extract<CommandResult, { kind: 'restore' }>

/** What a deletion came to. */
export type Deletion = Pick<
  Extract<CommandResult, { kind: 'deleted' }>,
  'versionId' | 'isDeleteMarker'
>

export interface ObjectServiceParts {
  readonly partitions: Partitions
  /** As `BucketService` has them. */
  readonly records: BucketRecords
  readonly bodies: BodyStore
  readonly reader: ObjectReader
  readonly clock: Clock
  readonly random: Random
  readonly restoreLengths: RestoreLengths
}

/** Operations on whole objects. All methods reject with `OssError` for what a client can correct. */
export class ObjectService {
  readonly #parts: ObjectServiceParts

  constructor(parts: ObjectServiceParts) {
    this.#parts = parts
  }

  /** The record alone; `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed` for a delete marker. */
  async find(bucket: BucketRecord, key: ObjectKey, versionId?: VersionId): Promise<ObjectRecord> {
    return required(await this.#look(bucket, key, versionId), versionId, key)
  }

  /** Record and bytes; refuses as `find` does. */
  async read(bucket: BucketRecord, key: ObjectKey, versionId?: VersionId): Promise<OpenObject> {
    const open = await this.#parts.reader.open({ bucketId: bucket.bucketId, key }, versionId)
    required(open?.record, versionId, key)
    assert(open !== undefined, 'an object that is not there was refused')
    return this.#readable(open, bucket)
  }

  /** The same for what is copied from: a delete marker is no source, named or not (oss.md 5.11). */
  async readSource({ bucket, key, versionId }: SourceObject): Promise<OpenObject> {
    const open = await this.#parts.reader.open({ bucketId: bucket.bucketId, key }, versionId)
    requiredSource(open?.record, versionId, key)
    assert(open !== undefined, 'a source that is not there was refused')
    return this.#readable(open, bucket)
  }

  /** Stores the body, then makes it the object. */
  async put(bucket: BucketRecord, key: ObjectKey, request: PutRequest): Promise<ObjectRecord> {
    const place = { bucketId: bucket.bucketId, key }
    const stored = await this.#parts.bodies.store(place, {
      ...request,
      sizeBytesMax: PUT_SIZE_BYTES_MAX,
    })
    const commandOf = (versions: VersionRule) =>
      ({
        kind: 'putObject',
        ...place,
        metadata: request.metadata,
        body: stored,
        etag: stored.md5.toUpperCase(),
        checksum: keptChecksum(request.body),
        forbidOverwrite: request.forbidOverwrite,
        condition: request.condition,
        versions,
      }) as const
    return this.#commit(bucket, stored, commandOf, request.signal)
  }

  /** Streams the source into new chunks; onto itself it may only replace the metadata (B8). */
  async copy(bucket: BucketRecord, key: ObjectKey, request: CopyRequest): Promise<CopyOutcome> {
    const { source } = request
    if (source.bucket.bucketId === bucket.bucketId && source.key === key) {
      const replaced = await this.#replaceMetadata(bucket, key, request)
      if (replaced !== undefined) return { record: replaced, source: replaced }
    }
    const open = await this.readSource(source)
    request.check(open.record)
    refuseCopy(open.record, source.bucket)
    const { symlinkTarget } = open.record
    if (symlinkTarget !== undefined) {
      const target = symlinkTarget as ObjectKey
      const metadata = request.metadata(open.record)
      const { forbidOverwrite, condition } = request
      const link = { target, metadata, forbidOverwrite, condition }
      const record = await this.putSymlink(bucket, key, link)
      return { record, source: open.record }
    }
    const record = await this.put(bucket, key, {
      metadata: request.metadata(open.record),
      body: copiedBody(open, request),
      contentMd5: undefined,
      forbidOverwrite: request.forbidOverwrite,
      condition: request.condition,
      signal: request.signal,
    })
    return { record, source: open.record }
  }

  /** Makes a link to another object of the bucket, which need not be there. */
  async putSymlink(
    bucket: BucketRecord,
    key: ObjectKey,
    request: SymlinkRequest,
  ): Promise<ObjectRecord> {
    const { bucketId } = bucket
    const etag = newOpaqueEtag(this.#parts.random)
    const versions = await findVersionRule(this.#parts, bucket)
    const { condition } = request
    const made = { bucketId, key, etag, versions, ...request, condition }
    const command = { kind: 'putSymlink', ...made } as const
    return resultOf(await changeInBucket(this.#parts.partitions, bucket, command), 'object').record
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
    const commandOf = ({ state }: VersionRule) =>
      ({
        kind: 'appendObject',
        ...place,
        position,
        metadata: request.metadata,
        body: stored,
        etag: newOpaqueEtag(random),
        dataSetId: newTimedId(clock, random) as DataSetId,
        forbidOverwrite: request.forbidOverwrite && state === 'unset',
      }) as const
    return this.#commit(bucket, stored, commandOf, request.signal)
  }

  /** Without a version, as the bucket has it; no error when there is nothing. */
  async delete(
    bucket: BucketRecord,
    key: ObjectKey,
    versionId?: VersionId,
    condition?: WriteCondition,
  ): Promise<Deletion> {
    const { bucketId } = bucket
    const command =
      versionId === undefined
        ? ({
            kind: 'deleteObject',
            ...{ bucketId, key, versions: await findVersionRule(this.#parts, bucket), condition },
          } as const)
        : ({ kind: 'deleteVersion', bucketId, key, versionId, condition } as const)
    const result = await changeInBucket(this.#parts.partitions, bucket, command)
    return resultOf(result, 'deleted')
  }

  /** Changes what is said about a version; refuses as `find` does. */
  async amend(
    bucket: BucketRecord,
    key: ObjectKey,
    versionId: VersionId | undefined,
    amendment: Exclude<Amendment, { kind: 'restore' }>,
  ): Promise<ObjectRecord> {
    return resultOf(await this.#amend(bucket, key, versionId, amendment), 'object').record
  }

  /** Begins a restore, or prolongs one; refuses as `find` does. */
  async restore(
    bucket: BucketRecord,
    key: ObjectKey,
    versionId: VersionId | undefined,
    request: Omit<RestoreRequest, 'lengths'>,
  ): Promise<RestoreOutcome> {
    const lengths = this.#parts.restoreLengths
    const amendment = { kind: 'restore', ...request, lengths } as const
    return resultOf(await this.#amend(bucket, key, versionId, amendment), 'restore')
  }

  /** The moment by which restores are under way, done or over. */
  nowMs(): number {
    return this.#parts.clock.nowMs()
  }

  /**
   * Who asks for bytes of what is frozen is refused then: who may not read the object, or has it
   * already, is told that first.
   */
  #readable(open: OpenObject, bucket: BucketRecord): OpenObject {
    const { record } = open
    if (!isFrozenClass(record.storageClass)) return open
    const refused = refuseFrozen(record, bucket, this.nowMs())
    if (refused === undefined) return open
    return {
      record,
      body() {
        throw refused
      },
    }
  }

  #amend(
    bucket: BucketRecord,
    key: ObjectKey,
    versionId: VersionId | undefined,
    amendment: Amendment,
  ): Promise<CommandResult> {
    const { bucketId } = bucket
    const command = { kind: 'amendVersion', bucketId, key, versionId, amendment } as const
    return changeInBucket(this.#parts.partitions, bucket, command)
  }

  /** The record, which may be a delete marker. */
  async #look(
    { bucketId }: BucketRecord,
    key: ObjectKey,
    versionId: VersionId | undefined,
  ): Promise<ObjectRecord | undefined> {
    const query = { kind: 'object', bucketId, key, versionId, withBody: false } as const
    return (await this.#parts.partitions.ask(query))?.record
  }

  async #commit(
    bucket: BucketRecord,
    stored: StoredBody,
    commandOf: (versions: VersionRule) => ObjectCommand,
    signal: AbortSignal,
  ): Promise<ObjectRecord> {
    const { partitions, bodies } = this.#parts
    const command = commandOf(await findVersionRule(this.#parts, bucket))
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

  /** Undefined where the version stays what it is, and a new one is made of its bytes. */
  async #replaceMetadata(
    bucket: BucketRecord,
    key: ObjectKey,
    request: CopyRequest,
  ): Promise<ObjectRecord | undefined> {
    const { bucketId } = bucket
    const { versionId } = request.source
    for (;;) {
      const record = requiredSource(await this.#look(bucket, key, versionId), versionId, key)
      request.check(record)
      const refusedRead = refuseFrozen(record, bucket, this.nowMs())
      if (refusedRead !== undefined) throw refusedRead
      const rule = await findVersionRule(this.#parts, bucket)
      if (!isChangedInPlace(record, rule) || needsOtherChecksum(record, request)) return undefined
      if (versionId !== undefined) {
        const current = await this.#look(bucket, key, undefined)
        if (current?.versionSeq !== record.versionSeq) return undefined
      }
      const { forbidOverwrite, condition } = request
      const current = { key, forbidOverwrite, condition, versions: rule }
      const refused = refuseOverwrite(current, record) ?? refuseCondition(current, record)
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

/** The bytes of a copy, with a checksum of the whole where one is asked for, or the source has one. */
function copiedBody({ record, body }: OpenObject, request: CopyRequest): BodySource {
  const { signal, pacer } = request
  const copied = bodySourceOf(body(), signal, pacer)
  const { checksum } = record
  const algorithm = request.checksumAlgorithm ?? checksum?.algorithm
  if (algorithm === undefined) return copied
  if (checksum?.type !== 'FULL_OBJECT' || checksum.algorithm !== algorithm) {
    return checksummed(copied, algorithm)
  }
  return { ...copied, checksum: { algorithm, value: () => checksum.value } }
}

/** Whether the bytes have to be read for it: only of new bytes a new checksum is made. */
function needsOtherChecksum({ checksum, type }: ObjectRecord, { checksumAlgorithm }: CopyRequest) {
  if (checksumAlgorithm === undefined || type === 'Appendable') return false
  return checksum?.algorithm !== checksumAlgorithm
}

/** An appendable object has no versions, whatever the bucket keeps (oss.md 5.12). */
function isChangedInPlace({ type, versionId }: ObjectRecord, { state }: VersionRule): boolean {
  return versionId === NULL_VERSION && (state !== 'Enabled' || type === 'Appendable')
}

/** Throws for a source that is only changed in its place, or is too large (oss.md 5.11). */
function refuseCopy({ type, sizeBytes }: ObjectRecord, { versioning }: BucketRecord): void {
  if (type === 'Appendable' && versioning !== 'unset') {
    throw new OssError('OperationNotSupported', {
      message: 'An appendable object of a bucket that keeps versions cannot be copied.',
    })
  }
  if (sizeBytes > COPY_SIZE_BYTES_MAX) throw new OssError('EntityTooLarge')
}

function required(
  record: ObjectRecord | undefined,
  versionId: VersionId | undefined,
  key: ObjectKey,
): ObjectRecord {
  const found = requireVersion(record, versionId, key)
  if (found instanceof OssError) throw found
  return found
}

function requiredSource(
  record: ObjectRecord | undefined,
  versionId: VersionId | undefined,
  key: ObjectKey,
): ObjectRecord {
  return required(record, record?.isDeleteMarker === true ? undefined : versionId, key)
}
