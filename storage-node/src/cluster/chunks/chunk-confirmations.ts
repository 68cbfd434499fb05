/**
 * Tells stores that chunks are referred to now, many at a time.
 *
 * What does not arrive costs nothing but time: a store that hears nothing asks the owner of its
 * chunks a day later.
 *
 * @module
 */

import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { CONFIRMATIONS_PER_REQUEST } from '../../wire/peer/chunk-codec.ts'
import type { ChunkConfirmation, ChunksOfData } from '../../wire/peer/chunk-messages.ts'
import type { ChunkCopies } from './chunk-copies.ts'
import type { ChunkHandler } from './chunk-handler.ts'
import type { StoreHealth } from './chunk-health.ts'
import type { ChunkPlacement } from './chunk-placement.ts'
import type { PeerNetwork } from '../peer-network.ts'

/** How long one confirmation waits for others to the same store. */
const GATHER_MS = 50
const DEADLINE_MS = 5_000
/** Stores named in one request at most: bounds its size. */
const NAMES_PER_REQUEST = 4096

export interface ChunkConfirmationsParts {
  readonly handler: Pick<ChunkHandler, 'confirm'>
  readonly peers: Pick<PeerNetwork, 'request'>
  readonly placement: ChunkPlacement
  readonly health: StoreHealth
  readonly clock: Clock
  readonly logger: Logger
}

interface Gathered {
  readonly data: ChunkConfirmation[]
  readonly timer: Timer
  nameCount: number
}

/** Confirmations on their way. */
export class ChunkConfirmations {
  readonly #parts: ChunkConfirmationsParts
  readonly #gathered = new Map<StoreId, Gathered>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(parts: ChunkConfirmationsParts) {
    this.#parts = parts
  }

  /** Confirms a body to every store that has a chunk of it, once its chunks are where they go. */
  confirm(data: ChunksOfData, copies: ChunkCopies): void {
    this.#follow(this.#confirm(data, copies))
  }

  /** Sends what has gathered; resolves once everything is answered or given up. */
  async settle(): Promise<void> {
    do {
      for (const store of [...this.#gathered.keys()]) this.#sendOff(store)
      await Promise.all(this.#underWay)
    } while (this.#underWay.size + this.#gathered.size > 0)
  }

  async #confirm(data: ChunksOfData, copies: ChunkCopies): Promise<void> {
    const { handler, placement } = this.#parts
    const lacking = await copies.settled()
    const confirmation = { ...data, lacking }
    const stores = placement.storesOfData(data)
    for (const store of stores) if (store !== placement.self) this.#gather(store, confirmation)
    if (stores.includes(placement.self)) await handler.confirm([confirmation])
  }

  #gather(store: StoreId, confirmation: ChunkConfirmation): void {
    const gathered = this.#gathered.get(store) ?? this.#open(store)
    gathered.data.push(confirmation)
    for (const { stores } of confirmation.lacking) gathered.nameCount += stores.length
    const isFull = gathered.data.length === CONFIRMATIONS_PER_REQUEST
    if (isFull || gathered.nameCount >= NAMES_PER_REQUEST) this.#sendOff(store)
  }

  #open(store: StoreId): Gathered {
    const timer = this.#parts.clock.schedule(GATHER_MS, () => this.#sendOff(store))
    const gathered = { data: [], timer, nameCount: 0 }
    this.#gathered.set(store, gathered)
    return gathered
  }

  #sendOff(store: StoreId): void {
    const gathered = this.#gathered.get(store)
    if (gathered === undefined) return
    this.#gathered.delete(store)
    gathered.timer.cancel()
    const { peers, health } = this.#parts
    // It has asked for nothing, and is not missed.
    if (health.isResting(store)) return
    const request = { kind: 'chunkConfirm', data: gathered.data } as const
    const sending = peers.request(store, request, { deadlineMs: DEADLINE_MS })
    this.#follow(
      sending.then(
        () => undefined,
        () => health.failed(store),
      ),
    )
  }

  #follow(work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => {
        this.#parts.logger.warn('Could not confirm chunks', { error: String(error) })
      })
      .finally(() => this.#underWay.delete(followed))
    this.#underWay.add(followed)
  }
}
