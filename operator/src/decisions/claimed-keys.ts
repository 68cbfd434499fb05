/**
 * Which pairs belong to AccessKeys.
 *
 * @module
 */

import type { AccessKey } from '../resources/access-key.ts'

/** A pair is in the status before the region hears of it, so what is in no status is nobody's. */
export function claimedKeyIds(keys: readonly Pick<AccessKey, 'status'>[]): ReadonlySet<string> {
  return new Set(
    keys.flatMap(({ status }) => (status?.keys ?? []).map(({ accessKeyId }) => accessKeyId)),
  )
}
