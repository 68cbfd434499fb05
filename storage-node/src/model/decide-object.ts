/**
 * Decides what puts and metadata changes of a whole object mean.
 *
 * @module
 */

import type { Decision, ObjectCommand, RowChange, StoredBody, VersionRule } from './command.ts'
import type { MetVersions } from './decide-version.ts'
import { newVersionId, placeVersion } from './decide-version.ts'
import { OssError } from './errors.ts'
import type { ObjectKey, VersionSeq } from './identifiers.ts'
import { countersChange } from './object-changes.ts'
import type { Place } from './object-changes.ts'
import type { ObjectMetadata, ObjectRecord, StorageClass } from './object.ts'
import { plainVersion } from './object.ts'
import { refuseCondition } from './preconditions.ts'
import { isLightClass } from './storage-class.ts'

/** What the primary adds to a command: the moment, and the version number that is next. */
export interface DecisionContext {
  readonly nowMs: number
  readonly versionSeq: VersionSeq
}

type PutObject = Extract<ObjectCommand, { kind: 'putObject' }>
type ReplaceMetadata = Extract<ObjectCommand, { kind: 'replaceMetadata' }>

/** Takes the place of whatever is there; never merges with it (oss.md 5.1). */
export function decidePutObject(
  command: PutObject,
  met: MetVersions,
  { nowMs, versionSeq }: DecisionContext,
): Decision {
  const { body, versions } = command
  const refused = refuseOverwrite(command, met.current) ?? refuseCondition(command, met.current)
  if (refused !== undefined) return { refused }
  const made: ObjectRecord = {
    ...command.metadata,
    ...plainVersion,
    checksum: command.checksum && { ...command.checksum, type: 'FULL_OBJECT' },
    type: 'Normal',
    versionSeq,
    versionId: newVersionId(versions, versionSeq),
    sizeBytes: body.sizeBytes,
    etag: command.etag,
    crc64: body.crc64,
    lastModifiedMs: nowMs,
    data: body.data.kind === 'inline' ? { kind: 'inline' } : body.data,
  }
  const { record, changes } = placeVersion(command, met, made, nowMs)
  changes.push(...inlineBody(command, body, record))
  return { changes, result: { kind: 'object', record } }
}

/** New metadata and modification time for the record that was read; its data stays (B8). */
export function decideReplaceMetadata(
  command: ReplaceMetadata,
  current: ObjectRecord | undefined,
  { nowMs }: DecisionContext,
): Decision {
  if (current?.versionSeq !== command.versionSeq) return { changes: [], result: { kind: 'stale' } }
  const refused = refuseClass(command.metadata, current)
  if (refused !== undefined) return { refused }
  const { metadata, etag } = command
  // What was restored was a copy in the class that it had.
  const restore = metadata.storageClass === current.storageClass ? current.restore : undefined
  const record = { ...current, ...metadata, restore, etag, lastModifiedMs: nowMs }
  const { bucketId, key } = command
  return {
    changes: [
      { row: 'object', bucketId, key, value: record },
      countersChange(bucketId, current, record, nowMs),
    ],
    result: { kind: 'object', record },
  }
}

/** The refusal of a create-only write where something is already; not where versions are kept. */
export function refuseOverwrite(
  command: {
    readonly key: ObjectKey
    readonly forbidOverwrite: boolean
    readonly versions?: VersionRule
  },
  current: ObjectRecord | undefined,
): OssError | undefined {
  const { key, forbidOverwrite, versions } = command
  if (!forbidOverwrite || (versions !== undefined && versions.state !== 'unset')) return undefined
  if (current === undefined || current.isDeleteMarker) return undefined
  return new OssError('FileAlreadyExists', { details: [{ name: 'Key', value: key }] })
}

/** An object that grows is not of the coldest classes: once it is sealed, it may be (oss.md 1.7). */
function refuseClass(
  { storageClass }: ObjectMetadata,
  { type, sealedMs }: ObjectRecord,
): OssError | undefined {
  if (type !== 'Appendable' || sealedMs !== undefined) return undefined
  return refuseHeavyClass(storageClass)
}

/** The refusal of a class in which an object could not grow. */
export function refuseHeavyClass(storageClass: StorageClass): OssError | undefined {
  if (isLightClass(storageClass)) return undefined
  return new OssError('OperationNotSupported', {
    message: `An object that is appended to cannot be of class ${storageClass}.`,
  })
}

function inlineBody(place: Place, body: StoredBody, record: ObjectRecord): RowChange[] {
  if (body.data.kind !== 'inline') return []
  const { bucketId, key } = place
  const { versionSeq } = record
  return [{ row: 'inline', bucketId, key, versionSeq, value: body.data.bytes }]
}
