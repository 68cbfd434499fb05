/**
 * Every interleaving, breadth first: the shortest way to a wrong state, or the proof that there is none so near.
 *
 * @module
 */

import { FingerprintSet, fingerprintOf } from './fingerprints.ts'
import { violationOf } from './invariants.ts'
import type { ModelSettings } from './settings.ts'
import { choicesOf, takeChoice } from './transition.ts'
import { allTransitions } from './walk.ts'
import { copyWorld, firstWorld } from './world.ts'
import type { World } from './world.ts'

export interface SearchResult {
  readonly stateCount: number
  /** All states that so many steps reach were visited. */
  readonly depth: number
  readonly isComplete: boolean
  readonly violation: string | undefined
}

/** Visits states until there are no more, one is wrong, or `stateCountMax` is reached. */
export function search(
  settings: ModelSettings,
  stateCountMax: number,
  onDepth: (depth: number, stateCount: number) => void = () => {},
): SearchResult {
  const seen = new FingerprintSet()
  const first = firstWorld(settings)
  seen.add(fingerprintOf(first))
  let frontier = [first]
  for (let depth = 0; frontier.length > 0; depth++) {
    const next: World[] = []
    for (const world of frontier) {
      const violation = visit(world, seen, next)
      if (violation !== undefined || seen.size >= stateCountMax)
        return { stateCount: seen.size, depth, isComplete: false, violation }
    }
    onDepth(depth + 1, seen.size)
    frontier = next
  }
  return { stateCount: seen.size, depth: Infinity, isComplete: true, violation: undefined }
}

function visit(world: World, seen: FingerprintSet, next: World[]): string | undefined {
  for (const choice of choicesOf(world, allTransitions).flat()) {
    const reached = copyWorld(world)
    takeChoice(reached, choice)
    if (!seen.add(fingerprintOf(reached))) continue
    const violation = violationOf(reached)
    if (violation !== undefined) return violation
    next.push(reached)
  }
  return undefined
}
