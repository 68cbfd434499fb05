/**
 * Bytes of what stores ask each other about chunks.
 *
 * @module
 */

import type { StoreId } from '../../contract/identifiers.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'
import type {
  ChunkConfirmation,
  ChunkOwnerName,
  ChunkRequests,
  ChunksOfData,
  LackingChunk,
} from './chunk-messages.ts'
import type { Codec, Fields } from './codec.ts'
import {
  bool,
  bulkPieces,
  bytes,
  enumOf,
  hexId,
  list,
  struct,
  taggedUnion,
  text,
  u32,
  u64,
  variant,
  varint,
} from './codec.ts'

/** What one request asks for at most: a pause of the other side is short, and frames are small. */
export const REMOVALS_PER_REQUEST = 1000
export const CONFIRMATIONS_PER_REQUEST = 256
/** Bytes of a chunk that one `chunkGet` asks for. */
export const GET_BYTES_MAX = 1024 ** 2

/** A key has at most 1,023 bytes; what else a client can name is refused before. */
const KEY_BYTES_MAX = 4096
const STORE_ID_BYTES_MAX = 64
const STORES_PER_GROUP_MAX = 16
/** An object has at most 48.8 TiB; one dataId never more than a part's 5 GiB. */
export const CHUNKS_PER_DATA_MAX = 2 ** 16
const CHECK_BYTES = 4
const CHECKS_BYTES_MAX = (CHUNK_SIZE_BYTES / CHECK_BLOCK_BYTES) * CHECK_BYTES

const dataId = hexId<DataId>(16)
const owner: Codec<ChunkOwnerName> = struct({
  bucketId: hexId<BucketId>(8),
  key: text<ObjectKey>(KEY_BYTES_MAX),
})
const chunksOfData: Codec<ChunksOfData> = struct({ dataId, chunkCount: varint() })
const lacking: Codec<LackingChunk> = struct({
  index: varint(),
  stores: list(text<StoreId>(STORE_ID_BYTES_MAX), STORES_PER_GROUP_MAX),
})
const confirmation: Codec<ChunkConfirmation> = struct({
  dataId,
  chunkCount: varint(),
  lacking: list(lacking, CHUNKS_PER_DATA_MAX),
})

type Codecs = {
  readonly [Kind in keyof ChunkRequests]: {
    readonly request: Fields<ChunkRequests[Kind]['request']>
    readonly answer: Codec<ChunkRequests[Kind]['answer']>
  }
}

/** By kind of request: its fields without the kind, and its answer. */
export const chunkCodecs: Codecs = {
  chunkPut: {
    request: {
      mapVersion: varint(),
      dataId,
      index: u32(),
      owner,
      crc64: u64(),
      checks: bytes(CHECKS_BYTES_MAX),
      pieces: bulkPieces(CHUNK_SIZE_BYTES),
    },
    answer: struct({ outcome: enumOf(['stored', 'full', 'removed', 'otherMap', 'garbled']) }),
  },
  chunkGet: {
    request: { dataId, index: u32(), offset: u32(), length: u32() },
    answer: taggedUnion('outcome', {
      found: variant(0, { pieces: bulkPieces(GET_BYTES_MAX), checks: bytes(CHECKS_BYTES_MAX) }),
      missing: variant(1, {}),
      damaged: variant(2, {}),
    }),
  },
  chunkHave: {
    request: { dataId, index: u32() },
    answer: taggedUnion('outcome', {
      here: variant(0, { owner, lengthBytes: u32(), crc64: u64() }),
      missing: variant(1, {}),
      removed: variant(2, {}),
      damaged: variant(3, {}),
    }),
  },
  chunkConfirm: {
    request: { data: list(confirmation, CONFIRMATIONS_PER_REQUEST) },
    answer: struct({ outcome: enumOf(['done']) }),
  },
  chunkRemove: {
    request: { data: list(chunksOfData, REMOVALS_PER_REQUEST), isDurable: bool() },
    answer: struct({ outcome: enumOf(['removed']) }),
  },
}
