/**
 * Takes everything out of a bucket, some seconds at a time.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { ListingService } from './listing-service.ts'
import type { ObjectService } from './object-service.ts'
import type { UploadService } from './upload-service.ts'

export interface EmptyingServices {
  readonly objects: Pick<ObjectService, 'delete'>
  readonly uploads: Pick<UploadService, 'listUploads' | 'abort'>
  readonly listings: Pick<ListingService, 'listVersions'>
}

/** Whoever waits for it gives up after twice that. */
const EMPTYING_MS_MAX = 5_000
/** Also how many are deleted at the same time. */
const PAGE_COUNT = 100
const FIRST_PAGE = { prefix: '', delimiter: '' }

/** Ends when nothing is left, or when it has taken long enough. Rejects where something may not be deleted. */
export async function emptyBucket(
  bucket: BucketRecord,
  services: EmptyingServices,
  clock: Clock,
): Promise<void> {
  const endMs = clock.monotonicMs() + EMPTYING_MS_MAX
  for (;;) {
    const count = (await deleteVersions(bucket, services)) + (await abortUploads(bucket, services))
    if (count === 0 || clock.monotonicMs() >= endMs) return
  }
}

/** How many there were. */
async function deleteVersions(
  bucket: BucketRecord,
  { listings, objects }: EmptyingServices,
): Promise<number> {
  const { versions } = await listings.listVersions(bucket, {
    ...{ ...FIRST_PAGE, after: '', afterVersionId: undefined, maxKeys: PAGE_COUNT },
  })
  await Promise.all(versions.map(({ key, versionId }) => objects.delete(bucket, key, versionId)))
  return versions.length
}

async function abortUploads(bucket: BucketRecord, { uploads }: EmptyingServices): Promise<number> {
  const found = await uploads.listUploads(bucket, {
    ...{ ...FIRST_PAGE, keyMarker: '', uploadIdMarker: '', maxUploads: PAGE_COUNT },
  })
  await Promise.all(found.uploads.map(({ key, uploadId }) => uploads.abort(bucket, key, uploadId)))
  return found.uploads.length
}
