/**
 * A directory of the simulated disk: the names a process sees, and the ones a power cut leaves.
 *
 * @module
 */

import type { Loss, SimulatedContent } from './simulated-content.ts'

export type SimulatedNode = SimulatedContent | SimulatedDirectory
type Names = Map<string, SimulatedNode>

/** One change of names; a rename within a directory is one change. */
export interface NameChange {
  readonly removed?: string
  readonly added?: { readonly name: string; readonly node: SimulatedNode }
}

/** Names and what they stand for. */
export class SimulatedDirectory {
  readonly names: Names = new Map()
  readonly #durable: Names = new Map()
  #unsynced: NameChange[] = []

  change(change: NameChange): void {
    applyChange(this.names, change)
    this.#unsynced.push(change)
  }

  /** What a sync that starts now will cover. */
  unsyncedChanges(): readonly NameChange[] {
    return [...this.#unsynced]
  }

  makeDurable(covered: readonly NameChange[]): void {
    const done = new Set(covered)
    for (const change of this.#unsynced) if (done.has(change)) applyChange(this.#durable, change)
    this.#unsynced = this.#unsynced.filter((change) => !done.has(change))
  }

  /** What a power cut leaves whatever else it takes. */
  durableNames(): ReadonlySet<string> {
    return new Set(this.#durable.keys())
  }

  /** What is seen now, with all below it, durable. */
  copy(): SimulatedDirectory {
    const copy = new SimulatedDirectory()
    for (const [name, node] of this.names) {
      const copied = node.copy()
      copy.names.set(name, copied)
      copy.#durable.set(name, copied)
    }
    return copy
  }

  loseUnsynced(loss: Loss): void {
    for (const change of this.#unsynced) {
      if (loss.dice.chance(loss.survivalProbability)) applyChange(this.#durable, change)
    }
    this.#unsynced = []
    this.names.clear()
    for (const [name, node] of this.#durable) this.names.set(name, node)
    for (const node of new Set(this.names.values())) node.loseUnsynced(loss)
  }
}

function applyChange(names: Names, { removed, added }: NameChange): void {
  if (removed !== undefined) names.delete(removed)
  if (added !== undefined) names.set(added.name, added.node)
}
