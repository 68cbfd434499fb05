/**
 * Who wants to hear of changes in a config store.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import type { PartitionConfig } from '../../contract/partition-record.ts'
import type { ConfigChange, ConfigTable } from './config-table.ts'

type Listener<T> = (changed: T) => void

/** Listeners are called in a later turn, never from within the call that changed something. */
export class Watchers {
  readonly #partitions = new Set<Listener<PartitionConfig>>()
  readonly #placements = new Set<Listener<PlacementMap>>()

  watch(present: ConfigTable, changed: Listener<PartitionConfig>): { stop(): void } {
    return add(this.#partitions, changed, present.list())
  }

  watchPlacement(present: ConfigTable, changed: Listener<PlacementMap>): { stop(): void } {
    return add(
      this.#placements,
      changed,
      present.placement === undefined ? [] : [present.placement],
    )
  }

  tell(changes: readonly ConfigChange[]): void {
    for (const change of changes) {
      switch (change.kind) {
        case 'partition':
          tellAll(this.#partitions, change.config)
          break
        case 'placement':
          tellAll(this.#placements, change.map)
          break
        default:
          unreachable(change)
      }
    }
  }
}

function add<T>(
  listeners: Set<Listener<T>>,
  changed: Listener<T>,
  present: readonly T[],
): { stop(): void } {
  // One of its own, so that a function may watch twice.
  const listener: Listener<T> = (value) => changed(value)
  listeners.add(listener)
  for (const value of present) tell(listeners, listener, value)
  return { stop: () => void listeners.delete(listener) }
}

function tellAll<T>(listeners: Set<Listener<T>>, value: T): void {
  for (const listener of listeners) tell(listeners, listener, value)
}

function tell<T>(listeners: Set<Listener<T>>, listener: Listener<T>, value: T): void {
  void Promise.resolve().then(() => {
    if (listeners.has(listener)) listener(value)
  })
}
