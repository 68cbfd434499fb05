/**
 * What this store does with chunks when others ask it to, and when its own storage node does.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import { sameBytes, totalLength } from '../../base/bytes.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { computeBlockChecks } from '../../storage/chunks/block-checks.ts'
import {
  ChunkCorruptError,
  ChunkDeletedError,
  ChunkMissingError,
  ChunkSpaceError,
} from '../../storage/chunks/chunk-errors.ts'
import type { ChunkStore } from '../../storage/chunks/chunk-store.ts'
import { CHUNKS_PER_DATA_MAX, GET_BYTES_MAX } from '../../wire/peer/chunk-codec.ts'
import type {
  ChunkConfirmation,
  ChunkRequests,
  ChunksOfData,
} from '../../wire/peer/chunk-messages.ts'
import type { PeerAnswer, PeerRequest } from '../../wire/peer/messages.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import type { ChunkDamage } from './chunk-damage.ts'
import type { Room } from './chunk-fan-out.ts'
import type { ChunkPlacement } from './chunk-placement.ts'

export type ChunkRequestKind = keyof ChunkRequests
type Request<K extends ChunkRequestKind> = ChunkRequests[K]['request']
type Answer<K extends ChunkRequestKind> = ChunkRequests[K]['answer']

export interface ChunkHandlerParts {
  readonly chunks: ChunkStore
  readonly placement: ChunkPlacement
  readonly room: Room
  readonly damage: ChunkDamage
  /** Makes durable what was removed so far. */
  readonly flush: () => Promise<void>
}

/** This store's side of every request about chunks. */
export class ChunkHandler {
  readonly #parts: ChunkHandlerParts
  #flushing: Promise<void> = Promise.resolve()
  #nextFlush: Promise<void> | undefined

  constructor(parts: ChunkHandlerParts) {
    this.#parts = parts
  }

  /** Answers a peer. A rejection tells it that something is wrong here. */
  answer(request: PeerRequest<ChunkRequestKind>): Promise<PeerAnswer<ChunkRequestKind>> {
    switch (request.kind) {
      case 'chunkPut':
        return this.#put(request)
      case 'chunkGet':
        return this.#get(request)
      case 'chunkHave':
        return this.have(request)
      case 'chunkConfirm':
        return this.confirm(request.data).then(() => ({ outcome: 'done' }))
      case 'chunkRemove':
        return this.remove(request.data, request.isDurable).then(() => ({ outcome: 'removed' }))
      default:
        return unreachable(request)
    }
  }

  /** Whether the chunk is here and can be told by its head. */
  async have({ dataId, index }: Request<'chunkHave'>): Promise<Answer<'chunkHave'>> {
    const { chunks, damage } = this.#parts
    try {
      const found = await chunks.describe(dataId, index)
      if (typeof found === 'string') return { outcome: found }
      const { owner, lengthBytes, crc64 } = found
      return { outcome: 'here', owner, lengthBytes, crc64 }
    } catch (error) {
      if (!(error instanceof ChunkCorruptError)) throw error
      damage.report(dataId, index)
      return { outcome: 'damaged' }
    }
  }

  /** Notes that references are committed. */
  async confirm(data: readonly ChunkConfirmation[]): Promise<void> {
    const { chunks, placement } = this.#parts
    const others = (stores: readonly StoreId[]) => stores.filter((id) => id !== placement.self)
    await Promise.all(
      data.map(({ dataId, chunkCount, lacking }) => {
        const byIndex = new Map(lacking.map(({ index, stores }) => [index, others(stores)]))
        return chunks.confirm(dataId, checkedCount(chunkCount), byIndex)
      }),
    )
  }

  /** Removes chunks and refuses them from now on; waits for a flush that covers it if `isDurable`. */
  async remove(data: readonly ChunksOfData[], isDurable: boolean): Promise<void> {
    const { chunks } = this.#parts
    await Promise.all(
      data.map(({ dataId, chunkCount }) => chunks.remove(dataId, checkedCount(chunkCount))),
    )
    if (isDurable) await this.#flushAfterwards()
  }

  async #put(request: Request<'chunkPut'>): Promise<Answer<'chunkPut'>> {
    const { chunks, placement, room } = this.#parts
    const { mapVersion, dataId, index, owner, crc64, checks, pieces } = request
    const lengthBytes = totalLength(pieces)
    if (lengthBytes === 0) throw new ProtocolError('A chunk has at least one byte')
    const group = placement.storesOf(dataId, index)
    const isMine = group.some(({ store }) => store === placement.self)
    if (!isMine && mapVersion <= placement.version) return { outcome: 'otherMap' }
    // The bytes come from a buffer of the sender's that might have changed on the way.
    if (!sameBytes(computeBlockChecks(pieces, lengthBytes), checks)) return { outcome: 'garbled' }
    if (!room.mayWrite(lengthBytes)) return { outcome: 'full' }
    try {
      await chunks.put({ dataId, index, owner, pieces, crc64, checks })
      return { outcome: 'stored' }
    } catch (error) {
      if (error instanceof ChunkSpaceError) return { outcome: 'full' }
      if (error instanceof ChunkDeletedError) return { outcome: 'removed' }
      throw error
    }
  }

  async #get({ dataId, index, offset, length }: Request<'chunkGet'>): Promise<Answer<'chunkGet'>> {
    const { chunks, damage } = this.#parts
    const isAligned = offset % CHECK_BLOCK_BYTES === 0 && offset < CHUNK_SIZE_BYTES
    if (!isAligned || length === 0 || length > GET_BYTES_MAX) {
      throw new ProtocolError(`Cannot read ${length} bytes from ${offset} of a chunk`)
    }
    const target = Buffer.allocUnsafe(Math.ceil(length / CHECK_BLOCK_BYTES) * CHECK_BLOCK_BYTES)
    try {
      const { bytes, checks } = await chunks.readBlocks({ dataId, index, offset, length }, target)
      return { outcome: 'found', pieces: [bytes], checks }
    } catch (error) {
      if (error instanceof ChunkMissingError) return { outcome: 'missing' }
      if (!(error instanceof ChunkCorruptError)) throw error
      damage.report(dataId, index)
      return { outcome: 'damaged' }
    }
  }

  /** Removals that wait share one flush; it must not have begun before them. */
  #flushAfterwards(): Promise<void> {
    this.#nextFlush ??= this.#flushing.then(() => {
      this.#nextFlush = undefined
      const flushing = this.#parts.flush()
      this.#flushing = flushing.catch(() => undefined)
      return flushing
    })
    return this.#nextFlush
  }
}

/** What a peer names must not keep this store busy for ever. */
function checkedCount(chunkCount: number): number {
  if (chunkCount > CHUNKS_PER_DATA_MAX) throw new ProtocolError(`${chunkCount} chunks are too many`)
  return chunkCount
}
