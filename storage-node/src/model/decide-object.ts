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
import type { ObjectRecord } from './object.ts'
import { plainVersion } from './object.ts'

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
  const refused = refuseOverwrite(command, met.current)
  if (refused !== undefined) return { refused }
  const made: ObjectRecord = {
    ...command.metadata,
    ...plainVersion,
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
  const record = { ...current, ...command.metadata, etag: command.etag, lastModifiedMs: nowMs }
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

function inlineBody(place: Place, body: StoredBody, record: ObjectRecord): RowChange[] {
  if (body.data.kind !== 'inline') return []
  const { bucketId, key } = place
  const { versionSeq } = record
  return [{ row: 'inline', bucketId, key, versionSeq, value: body.data.bytes }]
}
