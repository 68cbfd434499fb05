/**
 * The data plane of one storage node: everything that brings chunks to stores, reads them back and
 * removes them, put together around the own store and the way to the others.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { ChunkStore } from '../../storage/chunks/chunk-store.ts'
import { ChunkConfirmations } from './chunk-confirmations.ts'
import { ChunkDamage } from './chunk-damage.ts'
import type { Room } from './chunk-fan-out.ts'
import { ChunkFanOut } from './chunk-fan-out.ts'
import { ChunkHandler } from './chunk-handler.ts'
import { StoreHealth } from './chunk-health.ts'
import type { ChunkPlacement } from './chunk-placement.ts'
import { ChunkRemoval } from './chunk-removal.ts'
import { ChunkSources } from './chunk-sources.ts'
import type { PeerNetwork } from '../peer-network.ts'

/** How long a stop waits for others to answer. */
const SETTLE_MS_MAX = 1_000

export interface ChunkPlaneOptions {
  readonly chunks: ChunkStore
  readonly room: Room
  /** Makes durable what the store was told to remove so far. */
  readonly flush: () => Promise<void>
  readonly peers: Pick<PeerNetwork, 'request'>
  readonly placement: ChunkPlacement
  readonly clock: Clock
  readonly logger: Logger
}

/** The parts, each for those who need it. */
export interface ChunkPlane {
  readonly copies: ChunkFanOut
  readonly sources: ChunkSources
  readonly confirmations: ChunkConfirmations
  readonly removal: ChunkRemoval
  readonly damage: ChunkDamage
  readonly health: StoreHealth
  /** Answers the others. */
  readonly handler: ChunkHandler
  /** Sends what has gathered and ends background work, before store and network are closed. */
  stop(): Promise<void>
}

export function openChunkPlane(options: ChunkPlaneOptions): ChunkPlane {
  const { chunks, room, flush, peers, placement, clock, logger } = options
  const health = new StoreHealth(clock)
  const damage = new ChunkDamage({ chunks, peers, placement, health, clock, logger })
  const handler = new ChunkHandler({ chunks, placement, room, damage, flush })
  const confirmations = new ChunkConfirmations({ handler, peers, placement, health, clock, logger })
  return {
    copies: new ChunkFanOut({ chunks, peers, placement, health, room, clock, logger }),
    sources: new ChunkSources({ chunks, peers, placement, health, damage, clock }),
    confirmations,
    removal: new ChunkRemoval({ handler, peers, placement }),
    damage,
    health,
    handler,
    async stop() {
      await Promise.race([confirmations.settle(), sleep(clock, SETTLE_MS_MAX)])
      await damage.stop()
    },
  }
}
