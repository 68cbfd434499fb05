/**
 * What is asked of a store about chunks (replication.md 1.8).
 *
 * @module
 */

import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'

export interface ChunkRequests {
  readonly chunkPut: {
    readonly request: {
      readonly mapVersion: number
      readonly dataId: DataId
      readonly index: number
      readonly owner: { readonly bucketId: BucketId; readonly key: ObjectKey }
      readonly crc64: bigint
      /** The chunk's bytes, one behind the other; the receiver's are slabs. */
      readonly pieces: readonly Uint8Array[]
    }
    readonly answer: { readonly outcome: 'stored' | 'full' | 'removed' | 'otherMap' }
  }
  readonly chunkGet: {
    readonly request: {
      readonly dataId: DataId
      readonly index: number
      readonly offset: number
      readonly length: number
    }
    /** Undefined: not here, or damaged. */
    readonly answer: { readonly bytes: Uint8Array | undefined }
  }
}
