/**
 * Reads the versions of a key that a command or a query is about.
 *
 * @module
 */

import type { VersionRule } from '../model/command.ts'
import type { MetVersions, NamedVersion } from '../model/decide-version.ts'
import type { Place } from '../model/object-changes.ts'
import type { VersionId } from '../model/identifiers.ts'
import type { ObjectRecord } from '../model/object.ts'
import { NULL_VERSION, versionSeqOf } from '../model/version-id.ts'
import type { PartitionRows } from './partition-rows.ts'

/** What a new current version meets; nothing more is read where versions are not kept. */
export async function readMet(
  rows: PartitionRows,
  { bucketId, key }: Place,
  current: ObjectRecord | undefined,
  rule: VersionRule,
): Promise<MetVersions> {
  const nullSeq = rule.state === 'Enabled' ? undefined : current?.older?.nullSeq
  if (nullSeq === undefined) return { current, olderNull: undefined }
  return { current, olderNull: await rows.version(bucketId, key, nullSeq) }
}

/** The current version, and the one that is named; undefined names the current one. */
export async function readNamed(
  rows: PartitionRows,
  { bucketId, key }: Place,
  versionId: VersionId | undefined,
): Promise<NamedVersion> {
  const current = await rows.object(bucketId, key)
  if (current === undefined || versionId === undefined || current.versionId === versionId) {
    return { current, named: current }
  }
  const seq = versionId === NULL_VERSION ? current.older?.nullSeq : versionSeqOf(versionId)
  if (seq === undefined) return { current, named: undefined }
  const found = await rows.version(bucketId, key, seq)
  // Whoever guesses the place of a version has not named it.
  return { current, named: found?.versionId === versionId ? found : undefined }
}
