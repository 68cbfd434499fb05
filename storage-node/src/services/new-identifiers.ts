/**
 * Makes identifiers of buckets, bodies, uploads and appendable objects.
 *
 * @module
 */

import { toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { BucketId } from '../model/identifiers.ts'

const TIME_BYTES = 6
const TIMED_ID_BYTES = 16
const BUCKET_ID_BYTES = 8
const ETAG_BYTES = 16

/** 16 bytes as hex that sort by the time they were made, in ms. */
export function newTimedId(clock: Clock, random: Random): string {
  const id = Buffer.allocUnsafe(TIMED_ID_BYTES)
  id.writeUIntBE(clock.nowMs(), 0, TIME_BYTES)
  id.set(random.bytes(TIMED_ID_BYTES - TIME_BYTES), TIME_BYTES)
  return toHex(id)
}

/** Never the identifier of the system range, which is all zeros. */
export function newBucketId(random: Random): BucketId {
  const id = random.bytes(BUCKET_ID_BYTES)
  return toHex(id.every((byte) => byte === 0) ? Buffer.alloc(BUCKET_ID_BYTES, 1) : id) as BucketId
}

/** An ETag that says nothing about the content (oss.md 5.3). */
export function newOpaqueEtag(random: Random): string {
  return toHex(random.bytes(ETAG_BYTES)).toUpperCase()
}
