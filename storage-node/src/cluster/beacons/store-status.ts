/**
 * What a storage node's beacons say about it, and what it takes from the beacons of others.
 *
 * @module
 */

import type { Fatal } from '../../base/crash.ts'
import type { HybridClock } from '../../base/hybrid-clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { Store } from '../../storage/store.ts'
import type { BeaconStatus } from '../../wire/peer/beacon-codec.ts'

export interface StoreStatusParts {
  readonly store: Store
  readonly hybridClock: HybridClock
  readonly logger: Logger
  /** Of the placement map that this storage node knows. */
  readonly mapVersion: () => number
  /** Absent where one wall clock is everybody's, so that nobody can say that it was wrong. */
  readonly fatal?: Fatal
}

/** The wall clock had been far ahead, and others have refused what was dated by it. */
export class WrongClockError extends Error {
  override readonly name = 'WrongClockError'
}

export class StoreStatus {
  readonly #parts: StoreStatusParts
  /** Stores whose clock was reported. */
  readonly #ahead = new Set<StoreId>()

  constructor(parts: StoreStatusParts) {
    this.#parts = parts
  }

  /** As of now. */
  read(): BeaconStatus {
    const { store, hybridClock, mapVersion } = this.#parts
    const { totalBytes, availableBytes } = store.reserve.space
    return {
      hybridMs: hybridClock.nowMs(),
      diskUsedPercent: Math.floor((1 - availableBytes / Math.max(totalBytes, 1)) * 100),
      loadPercent: 0,
      syncedGroup: store.journal.syncedGroup,
      mapVersion: mapVersion(),
    }
  }

  /** Takes in what another storage node says of itself (1.7, D3). */
  hear(from: StoreId, { hybridMs, syncedGroup }: BeaconStatus): void {
    const { store, hybridClock, logger, fatal } = this.#parts
    store.journal.hearSyncedGroup(from, syncedGroup)
    // Else every command of this store is refused elsewhere, and others' here, until time catches up.
    if (hybridClock.isMisled(hybridMs))
      fatal?.(new WrongClockError('The wall clock had been far ahead'))
    if (hybridClock.hear(hybridMs)) {
      this.#ahead.delete(from)
    } else if (!this.#ahead.has(from)) {
      this.#ahead.add(from)
      logger.warn('The clock of another storage node is far ahead', { store: from })
    }
  }
}
