/**
 * Decides what a symlink means, and what a read of one shows (oss.md 5.16).
 *
 * @module
 */

import type { Decision, ObjectCommand } from './command.ts'
import { refuseOverwrite } from './decide-object.ts'
import type { DecisionContext } from './decide-object.ts'
import { newVersionId, placeVersion } from './decide-version.ts'
import type { MetVersions } from './decide-version.ts'
import type { ObjectRecord } from './object.ts'
import { plainVersion } from './object.ts'
import { isLightClass } from './storage-class.ts'
import { refuseCondition } from './preconditions.ts'

type PutSymlink = Extract<ObjectCommand, { kind: 'putSymlink' }>

/** Takes the place of whatever is there, as a put does. Nobody looks whether the target is there. */
export function decidePutSymlink(
  command: PutSymlink,
  met: MetVersions,
  { nowMs, versionSeq }: DecisionContext,
): Decision {
  const refused = refuseOverwrite(command, met.current) ?? refuseCondition(command, met.current)
  if (refused !== undefined) return { refused }
  const { metadata } = command
  const made: ObjectRecord = {
    ...metadata,
    ...plainVersion,
    // Where links cannot be of the bucket's class, they are of the one that is advised for them.
    storageClass: isLightClass(metadata.storageClass) ? metadata.storageClass : 'Standard',
    type: 'Symlink',
    symlinkTarget: command.target,
    versionSeq,
    versionId: newVersionId(command.versions, versionSeq),
    sizeBytes: 0,
    etag: command.etag,
    crc64: 0n,
    lastModifiedMs: nowMs,
    data: { kind: 'none' },
  }
  const { record, changes } = placeVersion(command, met, made, nowMs)
  return { changes, result: { kind: 'object', record } }
}

/** What a read of the link shows: of the target what its bytes are, all else of the link. */
export function linkedRecord(link: ObjectRecord, target: ObjectRecord): ObjectRecord {
  const { sizeBytes, etag, crc64 } = target
  const lastModifiedMs = Math.max(link.lastModifiedMs, target.lastModifiedMs)
  return { ...link, sizeBytes, etag, crc64, lastModifiedMs }
}
