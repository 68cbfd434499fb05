/**
 * Says of a write what becomes of the version that it finds (oss.md 5.7).
 *
 * A write may take hours, and what its request was told of the bucket may be that old: the rule is made
 * of the record as it is when the bytes are stored.
 *
 * @module
 */

import { toHex } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { VersionRule } from '../model/command.ts'
import type { BucketRecords } from './bucket-service.ts'

const SALT_BYTES = 8
const UNSET: VersionRule = { state: 'unset' }
const SUSPENDED: VersionRule = { state: 'Suspended' }

export interface VersionRuleParts {
  readonly records: BucketRecords
  readonly random: Random
}

/** The rule as of a moment since every change of it that was acknowledged before the call. */
export async function findVersionRule(
  { records, random }: VersionRuleParts,
  bucket: BucketRecord,
): Promise<VersionRule> {
  const found = await records.find(bucket.name)
  // Of a bucket that is gone, or another one by now, the command is refused whatever it says.
  const { versioning } = found?.bucketId === bucket.bucketId ? found : bucket
  if (versioning === 'unset') return UNSET
  if (versioning === 'Suspended') return SUSPENDED
  return { state: 'Enabled', salt: toHex(random.bytes(SALT_BYTES)) }
}
