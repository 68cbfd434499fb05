/**
 * Random walks through the model: a seed decides every step, the state is checked after each.
 *
 * @module
 */

import { floor, imul } from './arithmetic.ts'
import { violationOf } from './invariants.ts'
import { leaseTransitions } from './lease-transitions.ts'
import { logTransitions } from './log-transitions.ts'
import type { ModelSettings } from './settings.ts'
import { surroundingsTransitions } from './surroundings-transitions.ts'
import { takeoverTransitions } from './takeover-transitions.ts'
import { choicesOf, labelOf, takeChoice } from './transition.ts'
import type { Choice, Transition } from './transition.ts'
import { firstWorld } from './world.ts'
import type { World } from './world.ts'

/** Everything that can happen. */
export const allTransitions: readonly Transition[] = [
  ...logTransitions,
  ...leaseTransitions,
  ...takeoverTransitions,
  ...surroundingsTransitions,
]

/** Where a walk ended badly. */
export interface WalkViolation {
  readonly seed: number
  readonly violation: string
  /** Every step from the beginning, as a schedule. */
  readonly steps: readonly string[]
}

export interface WalkResult {
  readonly world: World
  readonly stepCount: number
  readonly violation: WalkViolation | undefined
}

/** Walks `depth` steps, or until something is wrong; a second run with `records` tells the steps. */
export function walk(settings: ModelSettings, seed: number, depth: number): WalkResult {
  const result = walkOnce(settings, seed, depth, undefined)
  if (result.violation === undefined) return result
  return walkOnce(settings, seed, depth, [])
}

function walkOnce(
  settings: ModelSettings,
  seed: number,
  depth: number,
  steps: string[] | undefined,
): WalkResult {
  const draw = chance(seed)
  const world = firstWorld(settings)
  for (let stepCount = 0; stepCount < depth; stepCount++) {
    const choice = pick(choicesOf(world, allTransitions), draw)
    if (choice === undefined) return { world, stepCount, violation: undefined }
    steps?.push(labelOf(world, choice))
    takeChoice(world, choice)
    const violation = violationOf(world)
    if (violation === undefined) continue
    const found = { seed, violation, steps: steps ?? [] }
    return { world, stepCount: stepCount + 1, violation: found }
  }
  return { world, stepCount: depth, violation: undefined }
}

/** First the kind, by weight, then one of that kind: else the many ways to deliver a message would drown the rest. */
export function pick(kinds: readonly Choice[][], draw: () => number): Choice | undefined {
  let rest = draw() * kinds.reduce((sum, [first]) => sum + (first?.transition.weight ?? 0), 0)
  const kind =
    kinds.find(([first]) => {
      rest -= first?.transition.weight ?? 0
      return rest < 0
    }) ?? kinds.at(-1)
  return kind?.[floor(draw() * kind.length)]
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
