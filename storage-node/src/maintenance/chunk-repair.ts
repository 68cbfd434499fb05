/**
 * Brings chunks to the stores of their group that they have not reached: the marks of a store are
 * its queue (replication.md 1.8).
 *
 * A chunk is pushed by the first store of its group that has it, and only after its owner said that
 * it is referred to: else a deleted one would spread again. What is pushed was compared with its
 * checks first, so that no damage spreads either.
 *
 * @module
 */

import { joinBytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { SLAB_BYTES } from '../base/slabs.ts'
import type { ChunkDamage } from '../cluster/chunks/chunk-damage.ts'
import type { StoreHealth } from '../cluster/chunks/chunk-health.ts'
import type { ChunkPlacement } from '../cluster/chunks/chunk-placement.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { resultOf } from '../cluster/partitions.ts'
import type { PeerNetwork } from '../cluster/peer-network.ts'
import type { StoreId } from '../contract/identifiers.ts'
import type { DataId } from '../model/identifiers.ts'
import { ChunkCorruptError } from '../storage/chunks/chunk-errors.ts'
import type { ChunkStore } from '../storage/chunks/chunk-store.ts'
import type { LackingCopies, LackingCursor } from '../storage/chunks/unconfirmed-marks.ts'
import type { PeerAnswer, PeerRequest } from '../wire/peer/messages.ts'
import { creationMsOf } from '../wire/stored/chunk-keys.ts'

/** Pages of marks that one round looks at. */
const PAGES_PER_ROUND = 4
/** When a store that is not the first of those that have a chunk pushes it all the same. */
const TURN_MS = 10 * 60 * 1000
const DEADLINE_MS = 10_000

export interface ChunkRepairParts {
  readonly partitions: Pick<Partitions, 'execute'>
  readonly chunks: Pick<ChunkStore, 'listLacking' | 'reached' | 'describe' | 'readBlocks'>
  readonly peers: Pick<PeerNetwork, 'request'>
  readonly placement: ChunkPlacement
  readonly health: StoreHealth
  readonly damage: Pick<ChunkDamage, 'report'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Goes round and round over the marks. */
export class ChunkRepair {
  readonly #parts: ChunkRepairParts
  #from: LackingCursor | undefined
  /** What the owners of this round's chunks have said. */
  readonly #referenced = new Map<DataId, boolean>()

  constructor(parts: ChunkRepairParts) {
    this.#parts = parts
  }

  /** Looks at some marks, where it stopped the last time; returns how many copies it has made. */
  async round(signal: AbortSignal): Promise<number> {
    let made = 0
    for (let page = 0; page < PAGES_PER_ROUND; page++) {
      const { chunks, next } = await this.#parts.chunks.listLacking(this.#from)
      for (const chunk of chunks) {
        if (signal.aborted) return made
        made += await this.#repair(chunk, signal)
      }
      this.#from = next
      if (next === undefined) break
    }
    this.#referenced.clear()
    return made
  }

  async #repair(chunk: LackingCopies, signal: AbortSignal): Promise<number> {
    const { placement, health, chunks, logger } = this.#parts
    const { dataId, index } = chunk
    const group = placement.storesOf(dataId, index).map(({ store }) => store)
    let made = 0
    for (const store of chunk.lacking) {
      try {
        // A store that has left the group need not have the chunk any more.
        if (!group.includes(store)) await chunks.reached(dataId, index, store)
        else if (health.mayTry(store)) made += await this.#repairAt(store, chunk, signal)
      } catch (error) {
        logger.warn('Could not repair a chunk', { dataId, index, store, error: String(error) })
      }
    }
    return made
  }

  async #repairAt(store: StoreId, chunk: LackingCopies, signal: AbortSignal): Promise<number> {
    const { dataId, index } = chunk
    const { outcome } = await this.#request(store, { kind: 'chunkHave', dataId, index }, signal)
    if (outcome === 'here' || outcome === 'removed') {
      await this.#parts.chunks.reached(dataId, index, store)
      return 0
    }
    // One that is damaged there is mended by that store itself: the mark waits for it.
    if (outcome === 'damaged' || !this.#isMyTurn(chunk)) return 0
    return (await this.#push(store, chunk, signal)) ? 1 : 0
  }

  /** The first store of the group that has the chunk pushes it; the others, if it never does. */
  #isMyTurn({ dataId, index, lacking }: LackingCopies): boolean {
    const { placement, clock } = this.#parts
    const group = placement.storesOf(dataId, index).map(({ store }) => store)
    const [first] = group.filter((store) => !lacking.includes(store)).sort()
    return first === placement.self || clock.nowMs() - creationMsOf(dataId) > TURN_MS
  }

  async #push(store: StoreId, chunk: LackingCopies, signal: AbortSignal): Promise<boolean> {
    const { chunks, damage, placement } = this.#parts
    const { dataId, index, owner } = chunk
    if (!(await this.#isReferenced(chunk))) return false
    try {
      const copy = await readWhole(chunks, dataId, index)
      if (copy === undefined) return false
      const mapVersion = placement.version
      const request = { kind: 'chunkPut', mapVersion, dataId, index, owner, ...copy } as const
      const { outcome } = await this.#request(store, request, signal)
      if (outcome !== 'stored' && outcome !== 'removed') return false
      await chunks.reached(dataId, index, store)
      return outcome === 'stored'
    } catch (error) {
      if (!(error instanceof ChunkCorruptError)) throw error
      damage.report(dataId, index)
      return false
    }
  }

  /** Nothing is done to a chunk that nobody refers to: it is in a delete queue, or an orphan soon. */
  async #isReferenced({ dataId, owner }: LackingCopies): Promise<boolean> {
    const known = this.#referenced.get(dataId)
    if (known !== undefined) return known
    const killed = await this.#parts.partitions.execute({ kind: 'killData', ...owner, dataId })
    const { referenced } = resultOf(killed, 'killed')
    this.#referenced.set(dataId, referenced)
    return referenced
  }

  async #request<K extends 'chunkHave' | 'chunkPut'>(
    store: StoreId,
    request: PeerRequest<K>,
    signal: AbortSignal,
  ): Promise<PeerAnswer<K>> {
    const { peers, health } = this.#parts
    try {
      const answer = await peers.request(store, request, { deadlineMs: DEADLINE_MS, signal })
      health.answered(store)
      return answer
    } catch (error) {
      if (!signal.aborted) health.failed(store)
      throw error
    }
  }
}

/** All of a chunk, every block compared with its CRC-32; undefined when it is not here any more. */
async function readWhole(
  chunks: Pick<ChunkStore, 'describe' | 'readBlocks'>,
  dataId: DataId,
  index: number,
): Promise<{ crc64: bigint; checks: Uint8Array; pieces: Uint8Array[] } | undefined> {
  const found = await chunks.describe(dataId, index)
  if (typeof found === 'string') return undefined
  const { crc64, lengthBytes } = found
  const pieces: Uint8Array[] = []
  const checks: Uint8Array[] = []
  for (let offset = 0; offset < lengthBytes; offset += SLAB_BYTES) {
    const range = { dataId, index, offset, length: SLAB_BYTES }
    const blocks = await chunks.readBlocks(range, Buffer.allocUnsafe(SLAB_BYTES))
    pieces.push(blocks.bytes)
    checks.push(blocks.checks)
  }
  return { crc64, checks: joinBytes(checks), pieces }
}
