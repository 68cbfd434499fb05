/**
 * What is asked of a store about chunks (replication.md 1.8).
 *
 * @module
 */

import type { StoreId } from '../../contract/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'

/** Whose row refers to a chunk, or will. */
export interface ChunkOwnerName {
  readonly bucketId: BucketId
  readonly key: ObjectKey
}

/** Chunks 0 to `chunkCount` - 1 of a dataId. */
export interface ChunksOfData {
  readonly dataId: DataId
  readonly chunkCount: number
}

/** A chunk that some stores of its group did not get. */
export interface LackingChunk {
  readonly index: number
  readonly stores: readonly StoreId[]
}

/** A committed reference to chunks: all stores of their groups have them but for `lacking`. */
export interface ChunkConfirmation extends ChunksOfData {
  readonly lacking: readonly LackingChunk[]
}

export interface ChunkRequests {
  readonly chunkPut: {
    readonly request: {
      readonly mapVersion: number
      readonly dataId: DataId
      readonly index: number
      readonly owner: ChunkOwnerName
      readonly crc64: bigint
      /** CRC-32 of each block of the bytes, 4 bytes little-endian: the receiver compares. */
      readonly checks: Uint8Array
      /** The chunk's bytes, one behind the other; the receiver's are its own. */
      readonly pieces: readonly Uint8Array[]
    }
    /** `garbled`: the bytes that arrived are not those of the checks. */
    readonly answer: { readonly outcome: 'stored' | 'full' | 'removed' | 'otherMap' | 'garbled' }
  }
  readonly chunkGet: {
    readonly request: {
      readonly dataId: DataId
      readonly index: number
      /** A multiple of the block size. */
      readonly offset: number
      /** How far whole blocks are wanted at most; the chunk's end may come before. */
      readonly length: number
    }
    readonly answer:
      | {
          readonly outcome: 'found'
          /** The blocks' bytes, verified by the sender, to be verified again by the receiver. */
          readonly pieces: readonly Uint8Array[]
          /** Their CRCs, as in `chunkPut`. */
          readonly checks: Uint8Array
        }
      | { readonly outcome: 'missing' | 'damaged' }
  }
  /** Answered from what is on disk, the bytes themselves unread. */
  readonly chunkHave: {
    readonly request: { readonly dataId: DataId; readonly index: number }
    readonly answer:
      | {
          readonly outcome: 'here'
          readonly owner: ChunkOwnerName
          readonly lengthBytes: number
          readonly crc64: bigint
        }
      | { readonly outcome: 'missing' | 'removed' | 'damaged' }
  }
  /** References are committed: marks go, or say which stores still lack the chunk. */
  readonly chunkConfirm: {
    readonly request: { readonly data: readonly ChunkConfirmation[] }
    readonly answer: { readonly outcome: 'done' }
  }
  /** Removes chunks for good and refuses them from now on. */
  readonly chunkRemove: {
    readonly request: {
      readonly data: readonly ChunksOfData[]
      /** Answer only when a flush covers it: before that a crash would bring the chunks back. */
      readonly isDurable: boolean
    }
    readonly answer: { readonly outcome: 'removed' }
  }
}
