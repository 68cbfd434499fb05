/**
 * Requests about many objects of a bucket, each of which needs its own right.
 *
 * @module
 */

import { versionedAction } from '../model/access/versioned-action.ts'
import type { ObjectKey, VersionId } from '../model/identifiers.ts'
import type { BucketRequest, ObjectRequest } from './operation.ts'

/** Each key needs the right of its own deletion. */
export function deletionOf(
  request: BucketRequest,
  key: ObjectKey,
  versionId: VersionId | undefined,
): ObjectRequest {
  const { right } = request
  const action = versionId === undefined ? right.action : versionedAction(right.action)
  return { ...request, key, right: { ...right, action } }
}

/** Enough to share journal syncs, few enough to leave the queue to others. */
const BATCH_COUNT = 100

export async function inBatches<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += BATCH_COUNT) {
    results.push(...(await Promise.all(items.slice(at, at + BATCH_COUNT).map(act))))
  }
  return results
}
