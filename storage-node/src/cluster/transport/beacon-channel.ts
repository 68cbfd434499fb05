/**
 * The way of beacons from store to store, apart from everything else that storage nodes say: a
 * beacon never waits behind a message.
 *
 * What is sent may be lost, duplicated, reordered or delayed, never changed.
 *
 * @module
 */

import type { StoreId } from '../../contract/identifiers.ts'

export interface BeaconChannel {
  /** At most `BEACON_BYTES_MAX` bytes; dropped when there is no connection. */
  send(to: StoreId, bytes: Uint8Array): void
  /** Called once, before the first beacon is due. `from` is who the other side has proven to be. */
  onBeacon(listener: (from: StoreId, bytes: Uint8Array) => void): void
}

/** Enough for the ballots of tens of thousands of partitions. */
export const BEACON_BYTES_MAX = 1024 ** 2
