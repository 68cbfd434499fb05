/**
 * Which connection a request goes over, and how much of it the request occupies.
 *
 * @module
 */

import { totalLength } from '../../base/bytes.ts'
import type { Lane } from './hello.ts'
import type { PeerRequest, PeerRequestKind } from './messages.ts'

/** No chunk ever waits in front of a Prepare. */
export function laneOf(kind: PeerRequestKind): Exclude<Lane, 'beacon'> {
  return kind === 'chunkPut' || kind === 'chunkGet' || kind === 'snapshotRows' ? 'bulk' : 'control'
}

/** Bulk bytes that a request sends, or asks for. */
export function bulkBytesOf(request: PeerRequest): number {
  if (request.kind === 'chunkPut') return totalLength(request.pieces)
  if (request.kind === 'chunkGet') return request.length
  return 0
}

/** The partition that a request is about; 0 for those that are about none. */
export function partitionOf(request: PeerRequest): number {
  return 'partition' in request ? request.partition : 0
}
