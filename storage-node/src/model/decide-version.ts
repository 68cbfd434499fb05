/**
 * Decides which versions a key has after a write (oss.md 5.7, replication.md 2.2).
 *
 * The current version is in row `O`, the others are in rows `V`; there is a row `O` whenever there is
 * any. A version that another one takes the place of moves from `O` to `V`, with its bytes where they
 * are, and the newest moves back when the current one is deleted.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type {
  Amendment,
  CommandResult,
  Decision,
  ObjectCommand,
  RowChange,
  VersionRule,
} from './command.ts'
import type { DecisionContext } from './decide-object.ts'
import { OssError } from './errors.ts'
import type { ObjectKey, VersionId, VersionSeq } from './identifiers.ts'
import { countersChange, dropData } from './object-changes.ts'
import type { Place } from './object-changes.ts'
import type { ObjectRecord, OlderVersions } from './object.ts'
import { plainVersion } from './object.ts'
import { refuseCondition } from './preconditions.ts'
import { decideRestore, refuseCleaning, restoreState } from './restore.ts'
import { NULL_VERSION, formatVersionId, versionIdOf } from './version-id.ts'

type DeleteObject = Extract<ObjectCommand, { kind: 'deleteObject' }>
type DeleteVersion = Extract<ObjectCommand, { kind: 'deleteVersion' }>
type AmendVersion = Extract<ObjectCommand, { kind: 'amendVersion' }>

/** What a new current version meets. */
export interface MetVersions {
  readonly current: ObjectRecord | undefined
  /** The null version, where it is not current and the new one takes its name. */
  readonly olderNull: ObjectRecord | undefined
}

/** What a command about one version is decided from. */
export interface NamedVersion {
  readonly current: ObjectRecord | undefined
  /** The version that is named, or the current one where none is. */
  readonly named: ObjectRecord | undefined
}

/** A version in its place, and the rows that put it there. */
export interface PlacedVersion {
  readonly record: ObjectRecord
  readonly changes: RowChange[]
}

/** The identifier of a version that is made under this rule. */
export function newVersionId(rule: VersionRule, versionSeq: VersionSeq): VersionId {
  return rule.state === 'Enabled' ? versionIdOf(versionSeq, rule.salt) : NULL_VERSION
}

/**
 * Makes `next` the current version. It takes away the version of its own identifier, hence none but
 * the null version; every other one stays.
 */
export function placeVersion(
  place: Place,
  { current, olderNull }: MetVersions,
  next: ObjectRecord,
  nowMs: number,
): PlacedVersion {
  const { bucketId, key } = place
  const isReplaced = current?.versionId === next.versionId
  const kept = isReplaced ? undefined : current
  const gone = isReplaced ? current : next.versionId === NULL_VERSION ? olderNull : undefined
  const record = { ...next, older: olderOf(current, next) }
  const changes: RowChange[] = [
    { row: 'object', bucketId, key, value: record },
    countersChange(bucketId, gone, record, nowMs),
  ]
  if (kept !== undefined) changes.push(moveBack(place, kept, nowMs))
  if (gone === undefined) return { record, changes }
  if (gone !== current) changes.push(versionRow(place, gone.versionSeq, undefined))
  changes.push(...dropData({ bucketId, key }, gone, nowMs))
  return { record, changes }
}

/** Removes the object where versions are not kept, else puts a delete marker before them. */
export function decideDeleteObject(
  command: DeleteObject,
  met: MetVersions,
  { nowMs, versionSeq }: DecisionContext,
): Decision {
  const { versions } = command
  const { current } = met
  const refused = refuseCondition(command, current)
  if (refused !== undefined) return { refused }
  if (versions.state === 'unset' && hasNoVersions(current)) {
    const result = { ...nothingDeleted, existed: current !== undefined }
    if (current === undefined) return { changes: [], result }
    return { changes: removeCurrent(command, current, undefined, nowMs), result }
  }
  const versionId = newVersionId(versions, versionSeq)
  const marker = deleteMarker(versionId, versionSeq, nowMs)
  return {
    changes: placeVersion(command, met, marker, nowMs).changes,
    result: { kind: 'deleted', existed: current !== undefined, versionId, isDeleteMarker: true },
  }
}

/** Removes a version; where it is the current one, `newest` of the others takes its place. */
export function decideDeleteVersion(
  command: DeleteVersion,
  { current, named }: NamedVersion,
  newest: ObjectRecord | undefined,
  { nowMs }: DecisionContext,
): Decision {
  const { bucketId, key, versionId } = command
  const refused = refuseCondition(command, named)
  if (refused !== undefined) return { refused }
  if (current === undefined || named === undefined) {
    return { changes: [], result: { ...nothingDeleted, versionId } }
  }
  const { isDeleteMarker } = named
  const result = { kind: 'deleted', existed: true, versionId, isDeleteMarker } as const
  if (named === current) return { changes: removeCurrent(command, named, newest, nowMs), result }
  const changes = [
    versionRow(command, named.versionSeq, undefined),
    countersChange(bucketId, named, undefined, nowMs),
    ...dropData({ bucketId, key }, named, nowMs),
  ]
  if (versionId === NULL_VERSION) {
    const value = { ...current, older: { nullSeq: undefined } }
    changes.push({ row: 'object', bucketId, key, value })
  }
  return { changes, result }
}

/** Changes what is said about a version. */
export function decideAmendVersion(
  command: AmendVersion,
  { current, named }: NamedVersion,
  { nowMs }: DecisionContext,
): Decision {
  const { bucketId, key, versionId, amendment } = command
  const found = requireVersion(named, versionId, key)
  if (found instanceof OssError) return { refused: found }
  const record = amended(found, amendment, nowMs)
  if (record instanceof OssError) return { refused: record }
  const change: RowChange =
    found === current
      ? { row: 'object', bucketId, key, value: record }
      : versionRow(command, found.versionSeq, record)
  return { changes: [change], result: amendedResult(found, record, amendment, nowMs) }
}

function amendedResult(
  found: ObjectRecord,
  record: ObjectRecord,
  { kind }: Amendment,
  nowMs: number,
): CommandResult {
  if (kind !== 'restore') return { kind: 'object', record }
  return { kind, record, isBegun: restoreState(found, nowMs) === 'frozen' }
}

/** Only a change of the ACL is one of the object's modification time (oss.md 5.21). */
function amended(
  found: ObjectRecord,
  amendment: Amendment,
  nowMs: number,
): ObjectRecord | OssError {
  switch (amendment.kind) {
    case 'acl':
      return { ...found, acl: amendment.acl, lastModifiedMs: nowMs }
    case 'tags':
      return { ...found, tags: amendment.tags }
    case 'seal':
      return sealed(found, amendment.position, nowMs)
    case 'restore': {
      const restore = decideRestore(found, amendment, nowMs)
      return restore instanceof OssError ? restore : { ...found, restore }
    }
    case 'cleanRestore':
      return refuseCleaning(found, nowMs) ?? { ...found, restore: undefined }
    default:
      return unreachable(amendment)
  }
}

/** Sealed again, an object stays sealed since it was. */
function sealed(found: ObjectRecord, position: number, nowMs: number): ObjectRecord | OssError {
  const { type, sizeBytes, sealedMs } = found
  if (type !== 'Appendable') return new OssError('ObjectNotAppendable')
  if (position === sizeBytes) return { ...found, sealedMs: sealedMs ?? nowMs }
  return new OssError('PositionNotEqualToLength', {
    headers: { 'x-oss-next-append-position': String(sizeBytes) },
  })
}

/** The version that was named, or the current one, if it is an object and not a delete marker. */
export function requireVersion(
  found: ObjectRecord | undefined,
  versionId: VersionId | undefined,
  key: ObjectKey,
): ObjectRecord | OssError {
  if (found === undefined) return absent(versionId, key)
  if (!found.isDeleteMarker) return found
  const headers = {
    'x-oss-delete-marker': 'true',
    'x-oss-version-id': formatVersionId(found.versionId),
  }
  const details = [{ name: 'Key', value: key as string }]
  if (versionId === undefined) return new OssError('NoSuchKey', { details, headers })
  // A marker can be deleted, and nothing else.
  return new OssError('MethodNotAllowed', {
    details: [...details, { name: 'ResourceType', value: 'DeleteMarker' }],
    headers: { ...headers, allow: 'DELETE' },
  })
}

const nothingDeleted = {
  kind: 'deleted',
  existed: false,
  versionId: undefined,
  isDeleteMarker: false,
} as const

/** Nothing with an identifier, no delete marker, and nothing behind it. */
function hasNoVersions(current: ObjectRecord | undefined): boolean {
  if (current === undefined) return true
  const { versionId, isDeleteMarker, older } = current
  return versionId === NULL_VERSION && !isDeleteMarker && older === undefined
}

/** What lies behind `next` once it is current. */
function olderOf(current: ObjectRecord | undefined, next: ObjectRecord): OlderVersions | undefined {
  if (current === undefined) return undefined
  if (next.versionId === NULL_VERSION) {
    const isAlone = current.versionId === NULL_VERSION && current.older === undefined
    return isAlone ? undefined : { nullSeq: undefined }
  }
  const isNull = current.versionId === NULL_VERSION
  return { nullSeq: isNull ? current.versionSeq : current.older?.nullSeq }
}

/** A version that was current; an appendable object never grows again (oss.md 5.12). */
function moveBack(place: Place, record: ObjectRecord, nowMs: number): RowChange {
  const sealedMs = record.type === 'Appendable' ? (record.sealedMs ?? nowMs) : record.sealedMs
  return versionRow(place, record.versionSeq, { ...record, sealedMs, older: undefined })
}

/** The newest of the others becomes current: it knows of the rest what the removed one knew. */
function removeCurrent(
  { bucketId, key }: Place,
  current: ObjectRecord,
  newest: ObjectRecord | undefined,
  nowMs: number,
): RowChange[] {
  const value =
    newest === undefined ? undefined : { ...newest, older: olderOfPromoted(newest, current) }
  const changes: RowChange[] = [
    { row: 'object', bucketId, key, value },
    countersChange(bucketId, current, undefined, nowMs),
  ]
  if (newest !== undefined)
    changes.push(versionRow({ bucketId, key }, newest.versionSeq, undefined))
  changes.push(...dropData({ bucketId, key }, current, nowMs))
  return changes
}

function olderOfPromoted({ versionId }: ObjectRecord, { older }: ObjectRecord): OlderVersions {
  return { nullSeq: versionId === NULL_VERSION ? undefined : older?.nullSeq }
}

function versionRow(
  { bucketId, key }: Place,
  versionSeq: VersionSeq,
  value: ObjectRecord | undefined,
): RowChange {
  return { row: 'version', bucketId, key, versionSeq, value }
}

function deleteMarker(versionId: VersionId, versionSeq: VersionSeq, nowMs: number): ObjectRecord {
  return {
    ...plainVersion,
    contentType: '',
    headers: [],
    userMetadata: [],
    storageClass: 'Standard',
    acl: 'default',
    tags: [],
    type: 'Normal',
    versionSeq,
    versionId,
    isDeleteMarker: true,
    sizeBytes: 0,
    etag: NO_ETAG,
    crc64: 0n,
    lastModifiedMs: nowMs,
    data: { kind: 'none' },
  }
}

/** Nobody sees it. */
const NO_ETAG = '0'.repeat(32)

function absent(versionId: VersionId | undefined, key: ObjectKey): OssError {
  const details = [{ name: 'Key', value: key as string }]
  if (versionId === undefined) return new OssError('NoSuchKey', { details })
  const named = { name: 'VersionId', value: formatVersionId(versionId) }
  return new OssError('NoSuchVersion', { details: [...details, named] })
}
