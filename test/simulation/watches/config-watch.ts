/**
 * Follows the configurations of all partitions as they are written (I1, I3).
 *
 * @module
 */

import type { Configuration } from '@granary/storage-node/contract/configuration'
import type { ConfigStoreFounder } from '@granary/storage-node/testing'
import type { Accuse } from './log-watch.ts'

/** Called with each configuration and the one that it replaces. */
export type OnConfigured = (next: Configuration, last: Configuration | undefined) => void

/** The chain of each partition. */
export class ConfigWatch {
  /** Configurations that gave a partition another primary. */
  takeoverCount = 0
  readonly #last = new Map<number, Configuration>()
  readonly #accuse: Accuse
  readonly #onConfigured: OnConfigured

  constructor(records: ConfigStoreFounder, accuse: Accuse, onConfigured: OnConfigured) {
    this.#accuse = accuse
    this.#onConfigured = onConfigured
    records.watch(({ configuration }) => {
      if (configuration !== undefined) this.#follow(configuration)
    })
  }

  /** The present configuration of each partition. */
  get present(): readonly Configuration[] {
    return [...this.#last.values()]
  }

  #follow(next: Configuration): void {
    const last = this.#last.get(next.partition)
    if (last !== undefined && last.epoch === next.epoch && last.primary === next.primary) return
    this.#last.set(next.partition, next)
    if (last !== undefined) this.#check(next, last)
    this.#onConfigured(next, last)
  }

  #check(next: Configuration, last: Configuration): void {
    const name = `partition ${next.partition}: epoch ${next.epoch} after ${last.epoch}`
    if (next.epoch <= last.epoch) this.#accuse('I1', name)
    if (next.primary !== last.primary) this.takeoverCount++
    const before = new Set(last.members.map(({ store }) => store))
    const now = new Set(next.members.map(({ store }) => store))
    if (!before.has(next.primary) || !now.has(next.primary)) {
      this.#accuse('I3', `${name}: primary ${next.primary} is no member`)
    }
    if ([...now].some((store) => !before.has(store))) this.#accuse('I3', `${name} adds a member`)
    if (
      !sameBytes(next.range.start, last.range.start) ||
      !sameBytes(next.range.end, last.range.end)
    ) {
      this.#accuse('I3', `${name} has another range`)
    }
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
