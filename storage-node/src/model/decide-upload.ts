/**
 * Decides what the steps of a multipart upload mean (oss.md 5.17).
 *
 * Completion moves no part: the object's record points to the upload's data set and a part list. A
 * repeated Complete with the same list, while the object it made is still current, is answered with
 * that object (replication.md 1.5).
 *
 * @module
 */

import { md5 } from '../base/checksums.ts'
import { fromHex, toHex } from '../base/bytes.ts'
import type { Decision, ListedPart, ObjectCommand, RowChange, StoredBody } from './command.ts'
import { combineCrc64 } from './crc64-combine.ts'
import { refuseOverwrite } from './decide-object.ts'
import type { DecisionContext } from './decide-object.ts'
import type { MetVersions } from './decide-version.ts'
import { newVersionId, placeVersion } from './decide-version.ts'
import { OssError } from './errors.ts'
import type { BucketId } from './identifiers.ts'
import { OBJECT_SIZE_BYTES_MAX, PART_COUNT_MAX, PART_SIZE_BYTES_MIN } from './limits.ts'
import { dropped } from './object-changes.ts'
import type { Checksum, ChecksumPlan, ObjectChecksum } from './object-checksum.ts'
import { checksumOfParts, expectedPlan, refuseUnexpected } from './object-checksum.ts'
import type { Place } from './object-changes.ts'
import type {
  ObjectRecord,
  PartListRecord,
  PieceRecord,
  RunningHash,
  UploadRecord,
} from './object.ts'
import { emptyHash, plainVersion } from './object.ts'
import { refuseCondition } from './preconditions.ts'

type InitiateUpload = Extract<ObjectCommand, { kind: 'initiateUpload' }>
type PutPart = Extract<ObjectCommand, { kind: 'putPart' }>
type CompleteUpload = Extract<ObjectCommand, { kind: 'completeUpload' }>
type AbortUpload = Extract<ObjectCommand, { kind: 'abortUpload' }>

/** A part that is there, and its number. */
export interface NumberedPart {
  readonly partNumber: number
  readonly piece: PieceRecord
}

/** What a completion is decided from. */
export interface CompletionRows extends MetVersions {
  readonly upload: UploadRecord | undefined
  /** Part list of the current object, where it was made from the very same upload. */
  readonly currentParts: PartListRecord | undefined
  /** All parts of the upload, by number. */
  readonly parts: readonly NumberedPart[]
}

export function decideInitiateUpload(
  command: InitiateUpload,
  current: ObjectRecord | undefined,
  { nowMs }: DecisionContext,
): Decision {
  const { bucketId, key, uploadId, metadata, forbidOverwrite, isSequential, checksums } = command
  const refused = refuseOverwrite(command, current)
  if (refused !== undefined) return { refused }
  const begun = { initiatedMs: nowMs, metadata, forbidOverwrite, isSequential, checksums }
  const running = isSequential ? emptyHash : undefined
  const value = { ...begun, running, partCount: 0, partBytes: 0 }
  return {
    changes: [{ row: 'upload', bucketId, key, uploadId, value }, uploadCounters(bucketId, 1, 0, 0)],
    result: { kind: 'done' },
  }
}

/** A part that is sent again replaces the one of its number; of a sequential upload, too. */
export function decidePutPart(
  command: PutPart,
  { upload, before }: { upload: UploadRecord | undefined; before: PieceRecord | undefined },
  { nowMs }: DecisionContext,
): Decision {
  if (upload === undefined) return { refused: noUploadForPart(command.uploadId) }
  const { bucketId, key, uploadId, partNumber, body, checksum } = command
  if (upload.isSequential && before === undefined && partNumber !== upload.partCount + 1) {
    return { refused: notSequential(partNumber, upload.partCount + 1) }
  }
  const { sizeBytes, md5, crc64, data } = body
  const came = { offset: 0, sizeBytes, md5, crc64, lastModifiedMs: nowMs, data }
  const piece: PieceRecord = { ...came, checksum }
  const addedParts = before === undefined ? 1 : 0
  const addedBytes = sizeBytes - (before?.sizeBytes ?? 0)
  const value = {
    ...upload,
    running: runningAfter(command, upload.running, before),
    partCount: upload.partCount + addedParts,
    partBytes: upload.partBytes + addedBytes,
  }
  const changes: RowChange[] = [
    { row: 'piece', bucketId, key, dataSetId: uploadId, index: partNumber, value: piece },
    { row: 'upload', bucketId, key, uploadId, value },
    uploadCounters(bucketId, 0, addedParts, addedBytes),
  ]
  if (before !== undefined) changes.push(...dropPiece(command, before, nowMs))
  return { changes, result: { kind: 'part', record: piece } }
}

/**
 * The running hash of an upload with the part in it.
 *
 * It stands for the parts that are there, or it is given up for good: of a part that is replaced by
 * other bytes, what went before it is no longer known, and what comes behind it was hashed in vain.
 */
function runningAfter(
  { body, running: step }: PutPart,
  running: RunningHash | undefined,
  before: PieceRecord | undefined,
): RunningHash | undefined {
  if (running === undefined) return undefined
  if (before !== undefined) return holdsSame(before, body) ? running : undefined
  return step?.before === running.md5 ? step.after : undefined
}

function holdsSame(piece: PieceRecord, body: StoredBody): boolean {
  const { sizeBytes, md5, crc64 } = piece
  return sizeBytes === body.sizeBytes && md5 === body.md5 && crc64 === body.crc64
}

/** Makes the object, drops what was not listed, and ends the upload, in one entry. */
export function decideCompleteUpload(
  command: CompleteUpload,
  rows: CompletionRows,
  context: DecisionContext,
): Decision {
  const { upload, current } = rows
  if (upload === undefined) return repeatedCompletion(command, rows)
  const forbidOverwrite = command.forbidOverwrite || upload.forbidOverwrite
  const refused =
    refuseOverwrite({ ...command, forbidOverwrite }, current) ?? refuseCondition(command, current)
  if (refused !== undefined) return { refused }
  const chosen = chooseParts(command.parts, rows.parts)
  if (chosen instanceof OssError) return { refused: chosen }
  const made = completedObject(command, upload, chosen, context)
  const unexpected = command.expected && refuseUnexpected(command.expected, made)
  if (unexpected !== undefined) return { refused: unexpected }
  const { record, changes } = placeVersion(command, rows, made, context.nowMs)
  changes.push(...finishUpload(command, upload, rows.parts, chosen, context.nowMs))
  return { changes, result: { kind: 'object', record } }
}

/** Frees the parts; those that are still on their way meet `NoSuchUpload`. */
export function decideAbortUpload(
  command: AbortUpload,
  upload: UploadRecord | undefined,
  { nowMs }: DecisionContext,
): Decision {
  if (upload === undefined) return { refused: noSuchUpload(command.uploadId) }
  const { bucketId, key, uploadId } = command
  return {
    changes: [
      { row: 'upload', bucketId, key, uploadId, value: undefined },
      dropped(command, uploadId, { kind: 'set', droppedMs: nowMs, sizeBytes: 0 }),
      uploadCounters(bucketId, -1, -upload.partCount, -upload.partBytes),
    ],
    result: { kind: 'done' },
  }
}

/** The refusal of anything about an upload that is not there (any more). */
export function noSuchUpload(uploadId: string, ec?: string): OssError {
  return new OssError('NoSuchUpload', {
    ...(ec !== undefined && { ec }),
    details: [{ name: 'UploadId', value: uploadId.toUpperCase() }],
  })
}

/** The same of a part, which the service tells apart by its EC. */
export function noUploadForPart(uploadId: string): OssError {
  return noSuchUpload(uploadId, '0042-00000104')
}

/** Frees the bytes of a piece whose row is removed or replaced by the same entry. */
export function dropPiece(place: Place, piece: PieceRecord, nowMs: number): RowChange[] {
  if (piece.data.kind === 'inline') return []
  const { bucketId, key } = place
  const { sizeBytes } = piece
  return [
    dropped({ bucketId, key }, piece.data.dataId, { kind: 'data', droppedMs: nowMs, sizeBytes }),
  ]
}

/** The same of a part that is copied. */
export function noUploadForCopy(uploadId: string): OssError {
  return noSuchUpload(uploadId, '0042-00000311')
}

function notSequential(partNumber: number, expected: number): OssError {
  return new OssError('PartNotSequential', {
    details: [
      { name: 'PartNumber', value: String(partNumber) },
      { name: 'ExpectedPartNumber', value: String(expected) },
    ],
  })
}

function repeatedCompletion(
  command: CompleteUpload,
  { current, currentParts }: CompletionRows,
): Decision {
  const same =
    current !== undefined &&
    currentParts !== undefined &&
    (command.parts === undefined || listDigest(command.parts) === currentParts.digest)
  if (!same) return { refused: noSuchUpload(command.uploadId) }
  return { changes: [], result: { kind: 'object', record: current } }
}

function chooseParts(
  listed: readonly ListedPart[] | undefined,
  parts: readonly NumberedPart[],
): NumberedPart[] | OssError {
  const chosen = listed === undefined ? [...parts] : matchParts(listed, parts)
  if (chosen instanceof OssError) return chosen
  // A client that was given an empty stream lists what it has sent, nothing, and means an empty object.
  const isEmpty = listed?.length === 0 && parts.length === 0
  if ((chosen.length === 0 && !isEmpty) || chosen.length > PART_COUNT_MAX) {
    return new OssError(listed === undefined ? 'InvalidPart' : 'MalformedXML')
  }
  for (const { partNumber, piece } of chosen.slice(0, -1)) {
    if (piece.sizeBytes < PART_SIZE_BYTES_MIN) return tooSmall(partNumber, piece)
  }
  const sizeBytes = sizeOf(chosen)
  return sizeBytes > OBJECT_SIZE_BYTES_MAX ? new OssError('EntityTooLarge') : chosen
}

function matchParts(
  listed: readonly ListedPart[],
  parts: readonly NumberedPart[],
): NumberedPart[] | OssError {
  const byNumber = new Map(parts.map((part) => [part.partNumber, part]))
  const chosen: NumberedPart[] = []
  let last = 0
  for (const { partNumber, etag, checksum } of listed) {
    if (partNumber <= last) return new OssError('InvalidPartOrder')
    last = partNumber
    const part = byNumber.get(partNumber)
    const isSame = part?.piece.md5.toUpperCase() === etag && hasChecksum(part.piece, checksum)
    if (part === undefined || !isSame) {
      return new OssError('InvalidPart', {
        details: [
          { name: 'PartNumber', value: String(partNumber) },
          { name: 'ETag', value: etag },
        ],
      })
    }
    chosen.push(part)
  }
  return chosen
}

function hasChecksum(piece: PieceRecord, listed: Checksum | undefined): boolean {
  if (listed === undefined) return true
  const { algorithm, value } = piece.checksum ?? {}
  return algorithm === listed.algorithm && value === listed.value
}

/** Undefined where nobody wants one. */
function checksumOfChosen(
  plan: ChecksumPlan | undefined,
  chosen: readonly NumberedPart[],
): ObjectChecksum | undefined {
  // Of no parts there is nothing to make it from.
  if (plan === undefined || chosen.length === 0) return undefined
  const pieces = chosen.map(({ piece }) => piece)
  return checksumOfParts(plan, pieces)
}

function tooSmall(partNumber: number, piece: PieceRecord): OssError {
  return new OssError('EntityTooSmall', {
    details: [
      { name: 'PartNumber', value: String(partNumber) },
      { name: 'ProposedSize', value: String(piece.sizeBytes) },
      { name: 'MinSizeAllowed', value: String(PART_SIZE_BYTES_MIN) },
    ],
  })
}

function completedObject(
  { uploadId, versions, acl, expected }: CompleteUpload,
  { metadata, partCount, running, checksums }: UploadRecord,
  chosen: readonly NumberedPart[],
  { nowMs, versionSeq }: DecisionContext,
): ObjectRecord {
  let crc64 = 0n
  for (const { piece } of chosen) crc64 = combineCrc64(crc64, piece.crc64, piece.sizeBytes)
  const hash = toHex(
    md5(Buffer.concat(chosen.map(({ piece }) => fromHex(piece.md5)))),
  ).toUpperCase()
  return {
    ...metadata,
    ...plainVersion,
    acl: acl ?? metadata.acl,
    type: 'Multipart',
    versionSeq,
    versionId: newVersionId(versions, versionSeq),
    sizeBytes: sizeOf(chosen),
    // Of no parts it is the MD5 of no bytes: rows know no ETag with a count of zero.
    etag: chosen.length === 0 ? hash : `${hash}-${chosen.length}`,
    crc64,
    // Known of all the parts there are, and of no choice from them.
    contentMd5: chosen.length === partCount ? running?.md5 : undefined,
    checksum: checksumOfChosen(checksums ?? expectedPlan(expected), chosen),
    lastModifiedMs: nowMs,
    data: { kind: 'pieces', dataSetId: uploadId, pieceCount: chosen.length },
  }
}

function finishUpload(
  { bucketId, key, uploadId }: CompleteUpload,
  upload: UploadRecord,
  parts: readonly NumberedPart[],
  chosen: readonly NumberedPart[],
  nowMs: number,
): RowChange[] {
  const list = chosen.map(({ partNumber, piece }) => ({ partNumber, sizeBytes: piece.sizeBytes }))
  const etags = chosen.map((part) => ({ ...part, etag: part.piece.md5.toUpperCase() }))
  const changes: RowChange[] = [
    { row: 'upload', bucketId, key, uploadId, value: undefined },
    {
      row: 'partList',
      bucketId,
      key,
      dataSetId: uploadId,
      value: { parts: list, digest: listDigest(etags) },
    },
    uploadCounters(bucketId, -1, -upload.partCount, -upload.partBytes),
  ]
  const kept = new Set(chosen.map(({ partNumber }) => partNumber))
  for (const { partNumber, piece } of parts) {
    if (kept.has(partNumber)) continue
    const index = partNumber
    changes.push({ row: 'piece', bucketId, key, dataSetId: uploadId, index, value: undefined })
    changes.push(...dropPiece({ bucketId, key }, piece, nowMs))
  }
  return changes
}

function listDigest(parts: readonly ListedPart[]): string {
  const text = parts.map(({ partNumber, etag }) => `${partNumber}:${etag}`).join(',')
  return toHex(md5(Buffer.from(text)))
}

function sizeOf(parts: readonly NumberedPart[]): number {
  return parts.reduce((sum, { piece }) => sum + piece.sizeBytes, 0)
}

function uploadCounters(
  bucketId: BucketId,
  uploads: number,
  parts: number,
  partBytes: number,
): RowChange {
  return { row: 'counters', bucketId, delta: { uploads, parts, partBytes } }
}
