/**
 * Replaces damaged chunks of this store by whole copies from other stores.
 *
 * @module
 */

import { joinBytes } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import type { ChunkStore } from '../../storage/chunks/chunk-store.ts'
import { GET_BYTES_MAX } from '../../wire/peer/chunk-codec.ts'
import type { ChunkFetchParts } from './chunk-fetch.ts'
import { fetchBlocks } from './chunk-fetch.ts'
import type { ChunkPlacement } from './chunk-placement.ts'

/** Reports beyond this are dropped: who reads the chunk again reports it again. */
const KNOWN_COUNT_MAX = 1000
const DEADLINE_MS = 5_000
/** A chunk that could not be replaced is let alone so long: damaged copies would report each other. */
const REST_MS = 60_000

export interface ChunkDamageParts extends ChunkFetchParts {
  readonly chunks: Pick<ChunkStore, 'replace'>
  readonly placement: ChunkPlacement
  readonly clock: Clock
  readonly logger: Logger
}

interface Damaged {
  readonly dataId: DataId
  readonly index: number
}

/** Repairs one chunk after the other. */
export class ChunkDamage {
  readonly #parts: ChunkDamageParts
  /** Waiting, or at rest until the time that is named. */
  readonly #known = new Map<string, number>()
  readonly #stopping = new AbortController()
  #working: Promise<void> = Promise.resolve()
  #reportedCount = 0

  constructor(parts: ChunkDamageParts) {
    this.#parts = parts
  }

  /** Chunks of this store that were found to be damaged, for metrics. */
  get reportedCount(): number {
    return this.#reportedCount
  }

  /** The chunk was found to be damaged here. */
  report(dataId: DataId, index: number): void {
    const name = `${dataId} ${index}`
    const nowMs = this.#parts.clock.monotonicMs()
    if ((this.#known.get(name) ?? -1) > nowMs) return
    this.#known.delete(name)
    if (this.#known.size >= KNOWN_COUNT_MAX) this.#forgetRested(nowMs)
    if (this.#known.size >= KNOWN_COUNT_MAX) return
    this.#reportedCount++
    this.#known.set(name, Infinity)
    this.#working = this.#working.then(() => this.#repair(name, { dataId, index }))
  }

  /** Resolves once nothing is under way. */
  idle(): Promise<void> {
    return this.#working
  }

  /** Ends what is under way and forgets the rest. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#working
  }

  #forgetRested(nowMs: number): void {
    for (const [name, untilMs] of this.#known) if (untilMs <= nowMs) this.#known.delete(name)
  }

  async #repair(name: string, { dataId, index }: Damaged): Promise<void> {
    const { placement, clock, logger } = this.#parts
    const others = placement.storesOf(dataId, index).filter(({ store }) => store !== placement.self)
    let reason = 'No other store has it'
    for (const { store } of others) {
      if (this.#stopping.signal.aborted) break
      try {
        if (!(await this.#replaceFrom(store, dataId, index))) continue
        logger.warn('Replaced a damaged chunk by a copy', { dataId, index, from: store })
        this.#known.delete(name)
        return
      } catch (error) {
        reason = String(error)
      }
    }
    this.#known.set(name, clock.monotonicMs() + REST_MS)
    logger.error('A chunk is damaged and could not be replaced', { dataId, index, reason })
  }

  async #replaceFrom(store: StoreId, dataId: DataId, index: number): Promise<boolean> {
    const { peers, chunks } = this.#parts
    const { signal } = this.#stopping
    const options = { deadlineMs: DEADLINE_MS, signal }
    const found = await peers.request(store, { kind: 'chunkHave', dataId, index }, options)
    if (found.outcome !== 'here') return false
    const { owner, crc64, lengthBytes } = found
    const pieces: Uint8Array[] = []
    const checks: Uint8Array[] = []
    for (let offset = 0; offset < lengthBytes; offset += GET_BYTES_MAX) {
      const range = { dataId, index, offset, length: GET_BYTES_MAX }
      const blocks = await fetchBlocks(this.#parts, store, range, signal)
      pieces.push(...blocks.pieces)
      checks.push(blocks.checks)
    }
    await chunks.replace({ dataId, index, owner, pieces, crc64, checks: joinBytes(checks) })
    return true
  }
}
