/**
 * Which placement group a chunk belongs to.
 *
 * @module
 */

import { crc32 } from '../base/checksums.ts'

/** So many neighbouring chunks of a dataId share a placement group. */
export const CHUNKS_PER_GROUP = 16

const DATA_ID_BYTES = 16

/**
 * `H(dataId, index div 16) mod groupCount` (replication.md 1.8); `dataId` in hex. Part of the stored
 * format: never changes.
 */
export function groupOf(dataId: string, index: number, groupCount: number): number {
  const bytes = Buffer.allocUnsafe(DATA_ID_BYTES + 4)
  bytes.write(dataId, 0, 'hex')
  bytes.writeUInt32BE(Math.floor(index / CHUNKS_PER_GROUP), DATA_ID_BYTES)
  return crc32(bytes) % groupCount
}
