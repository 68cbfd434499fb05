/**
 * Reads ranges of chunks from whichever store has them: the own one first, then its zone, then the
 * others (replication.md 1.6).
 *
 * A copy that is missing or damaged is passed over at once, one that takes long is overtaken. Every
 * byte is compared with the CRC-32 of its block here, wherever it comes from (B6).
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { CHECK_BLOCK_BYTES } from '../../model/identifiers.ts'
import { ChunkCorruptError, ChunkMissingError } from '../../storage/chunks/chunk-errors.ts'
import type { ChunkRange } from '../../storage/chunks/chunk-reader.ts'
import type { ChunkStore } from '../../storage/chunks/chunk-store.ts'
import type { ChunkDamage } from './chunk-damage.ts'
import type { ChunkFetchParts } from './chunk-fetch.ts'
import { ChunkUnreachableError, fetchBlocks } from './chunk-fetch.ts'
import type { ChunkPlacement } from './chunk-placement.ts'

/** A copy that has not come by then is overtaken by the next one. */
export const HEDGE_MS = 1_000
/** How long stores that cannot be reached are tried again for. */
const PATIENCE_MS = 5_000
const RETRY_MS = 200

export interface ChunkSourcesParts extends ChunkFetchParts {
  readonly chunks: Pick<ChunkStore, 'read'>
  readonly placement: ChunkPlacement
  readonly damage: ChunkDamage
  readonly clock: Clock
}

/** Bytes that were asked for. */
export interface ChunkBytes {
  readonly bytes: Uint8Array
  /** The target may still be written to by a read that was overtaken: it must not be used again. */
  readonly isTargetLost: boolean
}

/** Reads chunks. */
export class ChunkSources {
  readonly #parts: ChunkSourcesParts

  constructor(parts: ChunkSourcesParts) {
    this.#parts = parts
  }

  /**
   * Reads a range into `target`, which has room for every block that it touches. Rejects when no
   * store has the bytes as they were stored.
   */
  async read(range: ChunkRange, target: Uint8Array, signal: AbortSignal): Promise<ChunkBytes> {
    const { clock } = this.#parts
    const endMs = clock.monotonicMs() + PATIENCE_MS
    for (;;) {
      try {
        return await new RangeRead(this.#parts, range, target).run(this.#candidates(range), signal)
      } catch (error) {
        if (!(error instanceof ChunkUnreachableError) || clock.monotonicMs() >= endMs) throw error
      }
      await sleep(clock, RETRY_MS, signal)
      signal.throwIfAborted()
    }
  }

  /** Nearest first, those that do not answer last. */
  #candidates({ dataId, index }: ChunkRange): readonly StoreId[] {
    const { placement, health } = this.#parts
    const group = placement.storesOf(dataId, index).map(({ store }) => store)
    const stores = group.length === 0 ? [placement.self] : group
    const resting = stores.filter((store) => health.isResting(store))
    return [...stores.filter((store) => !resting.includes(store)), ...resting]
  }
}

/** One walk over the copies of a range. Rejects only when no read is under way any more. */
class RangeRead {
  readonly #parts: ChunkSourcesParts
  readonly #range: ChunkRange
  readonly #target: Uint8Array
  /** The own store is reading into the target. */
  #isLocalUnderWay = false
  #isDone = false
  readonly #failures: unknown[] = []

  constructor(parts: ChunkSourcesParts, range: ChunkRange, target: Uint8Array) {
    this.#parts = parts
    this.#range = range
    this.#target = target
  }

  run(candidates: readonly StoreId[], signal: AbortSignal): Promise<ChunkBytes> {
    return new Promise((resolve, reject) => {
      let next = 0
      let underWay = 0
      const startNext = () => {
        const store = candidates[next++]
        if (store === undefined) {
          if (underWay === 0) reject(failureOf(this.#range, this.#failures))
          return
        }
        underWay++
        this.#attempt(store, signal, startNext).then(resolve, (error: unknown) => {
          this.#failures.push(error)
          underWay--
          if (!this.#isDone) startNext()
        })
      }
      startNext()
    })
  }

  async #attempt(store: StoreId, signal: AbortSignal, overtake: () => void): Promise<ChunkBytes> {
    const { clock, placement, health } = this.#parts
    const hedge = clock.schedule(HEDGE_MS, () => {
      if (this.#isDone) return
      health.failed(store)
      overtake()
    })
    try {
      if (store === placement.self) return await this.#readHere()
      return await this.#fetch(store, signal)
    } finally {
      hedge.cancel()
    }
  }

  async #readHere(): Promise<ChunkBytes> {
    const { chunks, damage } = this.#parts
    const { dataId, index, offset, length } = this.#range
    this.#isLocalUnderWay = true
    try {
      const bytes = await chunks.read(dataId, index, offset, length, this.#target)
      this.#isDone = true
      return { bytes, isTargetLost: false }
    } catch (error) {
      if (error instanceof ChunkCorruptError) damage.report(dataId, index)
      throw error
    } finally {
      this.#isLocalUnderWay = false
    }
  }

  async #fetch(store: StoreId, signal: AbortSignal): Promise<ChunkBytes> {
    const { dataId, index, offset, length } = this.#range
    const start = offset - (offset % CHECK_BLOCK_BYTES)
    const endBlock = Math.ceil((offset + length) / CHECK_BLOCK_BYTES) * CHECK_BLOCK_BYTES
    const wanted = { dataId, index, offset: start, length: endBlock - start }
    const { pieces, lengthBytes } = await fetchBlocks(this.#parts, store, wanted, signal)
    if (lengthBytes < offset + length - start) {
      throw new ChunkCorruptError(dataId, index, `${store} has only ${start + lengthBytes} bytes`)
    }
    // From here to the end nothing waits: nobody else fills the target, nor has used it meanwhile.
    if (this.#isDone) throw new ChunkUnreachableError('Another copy came first')
    this.#isDone = true
    const isTargetLost = this.#isLocalUnderWay
    const target = isTargetLost ? Buffer.allocUnsafe(lengthBytes) : this.#target
    let filled = 0
    for (const piece of pieces) {
      target.set(piece, filled)
      filled += piece.byteLength
    }
    return { bytes: target.subarray(offset - start, offset - start + length), isTargetLost }
  }
}

function failureOf({ dataId, index }: ChunkRange, failures: readonly unknown[]): unknown {
  const unreachable = failures.find((error) => error instanceof ChunkUnreachableError)
  const other = failures.find((error) => !(error instanceof ChunkMissingError))
  return unreachable ?? other ?? new ChunkMissingError(dataId, index)
}
