/**
 * Sends chunks to the stores of their placement groups: the own store writes from the same buffers
 * that the others are sent.
 *
 * @module
 */

import { totalLength } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import { COPY_COUNT } from '../../placement/plan-groups.ts'
import { computeBlockChecks } from '../../storage/chunks/block-checks.ts'
import { CallLimit } from '../../storage/call-limit.ts'
import { ChunkDeletedError, ChunkSpaceError } from '../../storage/chunks/chunk-errors.ts'
import type { ChunkStore, NewChunk } from '../../storage/chunks/chunk-store.ts'
import type { StoreHealth } from './chunk-health.ts'
import type { ChunkPlacement } from './chunk-placement.ts'
import type { CopyOutcome } from './chunk-send.ts'
import { ChunkSend, COUNT_MS_MAX } from './chunk-send.ts'
import type { PeerNetwork } from '../peer-network.ts'
import { QuietLog } from '../quiet-log.ts'

/** Chunks of this size and above wait for their turn; small ones are soon over. */
const LARGE_BYTES_MIN = 1024 ** 2
/**
 * Large chunks under way: enough to keep network and disks busy. A chunk has a few seconds to count,
 * so those that would only wait for each other's bytes must not have been started.
 */
const LARGE_COUNT_MAX = 8

/** How much room the own volume has. */
export interface Room {
  /** Whether so many bytes would be admitted as of now; counts nothing. */
  wouldFit(bytes: number): boolean
  /** Admits and counts bytes that are about to be written, or refuses them. */
  mayWrite(bytes: number): boolean
}

export interface ChunkFanOutParts {
  readonly chunks: Pick<ChunkStore, 'put'>
  readonly peers: Pick<PeerNetwork, 'request'>
  readonly placement: ChunkPlacement
  readonly health: StoreHealth
  readonly room: Room
  readonly clock: Clock
  readonly logger: Logger
}

/** All stores of a group are well, enough of them are, or too few. */
export type Outlook = 'good' | 'fair' | 'poor'

/** What became of a chunk once nothing is under way any more. */
export interface SettledChunk {
  /** Stores of its group that are not known to have it. */
  readonly lacking: readonly StoreId[]
  /** False when a send was given up: its bytes may still be read, and must never be overwritten. */
  readonly mayReuse: boolean
}

/** A chunk on its way. */
export interface SentChunk {
  /** Resolves once the chunk counts (B2); rejects when it cannot. */
  readonly counted: Promise<void>
  /** Never rejects. */
  readonly settled: Promise<SettledChunk>
}

/** Sends chunks. */
export class ChunkFanOut {
  readonly #parts: ChunkFanOutParts
  readonly #large = new CallLimit(LARGE_COUNT_MAX)
  readonly #refusals: QuietLog

  constructor(parts: ChunkFanOutParts) {
    this.#parts = parts
    this.#refusals = new QuietLog(parts.clock, parts.logger)
  }

  /** Whether a body of this size could find room, as far as is known. */
  wouldFit(sizeBytes: number): boolean {
    const { room, placement, health } = this.#parts
    if (room.wouldFit(sizeBytes)) return true
    const others = placement.stores.filter(({ store }) => {
      return store !== placement.self && !health.isFull(store)
    })
    return placement.isEnough(others)
  }

  /** Whether another dataId may lead to other stores. */
  get hasChoice(): boolean {
    return this.#parts.placement.stores.length > COPY_COUNT
  }

  /** What a chunk under this name may expect of its first group, as far as is known. */
  outlook(dataId: DataId): Outlook {
    const { placement, health } = this.#parts
    const group = placement.storesOf(dataId, 0)
    const well = group.filter(({ store }) => !health.isFull(store) && !health.isResting(store))
    if (well.length === group.length) return 'good'
    return placement.isEnough(well) ? 'fair' : 'poor'
  }

  /** Sends, a large chunk when its turn comes. The pieces are lent until `settled`. */
  send(chunk: NewChunk): SentChunk {
    const lengthBytes = totalLength(chunk.pieces)
    if (lengthBytes < LARGE_BYTES_MIN) return this.#start(chunk, lengthBytes)
    const started = new Promise<SentChunk>((resolve) => {
      this.#large.enter(() => {
        const sent = this.#start(chunk, lengthBytes)
        const leave = () => this.#large.leave()
        sent.counted.then(leave, leave)
        resolve(sent)
      })
    })
    const counted = started.then((sent) => sent.counted)
    // Who only waits for `settled` is not surprised by a failure.
    counted.catch(() => undefined)
    return { counted, settled: started.then((sent) => sent.settled) }
  }

  #start(chunk: NewChunk, lengthBytes: number): SentChunk {
    const { clock, placement, health } = this.#parts
    const checks = computeBlockChecks(chunk.pieces, lengthBytes)
    const checked = { ...chunk, checks, lengthBytes }
    const group = placement.storesOf(chunk.dataId, chunk.index)
    const first = group.filter(({ store }) => store === placement.self || health.mayTry(store))
    const spare = group.filter((member) => !first.includes(member))
    let mayReuse = true
    const attempt = async (store: StoreId, signal: AbortSignal): Promise<CopyOutcome> => {
      if (store === placement.self) return this.#putHere(checked)
      const outcome = await this.#putThere(store, checked, signal)
      if (outcome.kind === 'unreachable') mayReuse = false
      return outcome
    }
    const isEnough = (copies: typeof group) => placement.isEnough(copies)
    const late = (store: StoreId, afterMs: number) => {
      health.failed(store)
      this.#notTaken(store, `no answer after ${Math.round(afterMs)} ms`)
    }
    const send = new ChunkSend({ clock, attempt, isEnough, late }, first, spare)
    return {
      counted: send.counted,
      settled: send.settled.then(() => ({ lacking: send.lacking(), mayReuse })),
    }
  }

  async #putHere(chunk: CheckedChunk): Promise<CopyOutcome> {
    const { chunks, room, health, placement } = this.#parts
    if (!room.mayWrite(chunk.lengthBytes)) {
      health.refusedFull(placement.self)
      return { kind: 'full' }
    }
    try {
      await chunks.put(chunk)
      return { kind: 'stored' }
    } catch (cause) {
      if (cause instanceof ChunkSpaceError) return { kind: 'full' }
      if (cause instanceof ChunkDeletedError) return { kind: 'removed' }
      return { kind: 'broken', cause }
    }
  }

  async #putThere(
    store: StoreId,
    { dataId, index, owner, crc64, checks, pieces }: CheckedChunk,
    signal: AbortSignal,
  ): Promise<CopyOutcome> {
    const { peers, health, placement } = this.#parts
    const mapVersion = placement.version
    const request = { mapVersion, dataId, index, owner, crc64, checks, pieces }
    try {
      const { outcome } = await peers.request(
        store,
        { kind: 'chunkPut', ...request },
        { deadlineMs: COUNT_MS_MAX, signal },
      )
      health.answered(store)
      if (outcome === 'stored' || outcome === 'removed') return { kind: outcome }
      if (outcome === 'full') {
        health.refusedFull(store)
        return { kind: 'full' }
      }
      this.#notTaken(store, outcome)
      return { kind: 'unreachable' }
    } catch (error) {
      // Given up by us, it says nothing about the store that was not said already.
      if (!signal.aborted) {
        health.failed(store)
        this.#notTaken(store, (error as Error).message)
      }
      return { kind: 'unreachable' }
    }
  }

  #notTaken(store: StoreId, why: string): void {
    this.#refusals.warn('A store did not take a chunk', { store }, why)
  }
}

interface CheckedChunk extends NewChunk {
  readonly checks: Uint8Array
  readonly lengthBytes: number
}
