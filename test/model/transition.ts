/**
 * The shape of the model's transitions, and the choices that a state offers.
 *
 * A transition lists its possible arguments and applies one of them in place; arguments are numbers, so that a walk
 * allocates nothing for the choices it does not take.
 *
 * @module
 */

import type { World } from './world.ts'

export type Arguments = readonly [a: number, b: number, c: number]

export interface Transition {
  readonly name: string
  /** How often a walk takes one of this kind; most have 1. */
  readonly weight: number
  /** Calls `offer` for each way in which it is possible. */
  offers(world: World, offer: (a: number, b?: number, c?: number) => void): void
  apply(world: World, ...args: Arguments): void
  /** The arguments as a schedule names them. */
  label(world: World, ...args: Arguments): string
}

/** One possible step. */
export interface Choice {
  readonly transition: Transition
  readonly args: Arguments
}

/** Everything that may happen next, by kind; kinds that are impossible now are left out. */
export function choicesOf(world: World, transitions: readonly Transition[]): Choice[][] {
  const kinds: Choice[][] = []
  for (const transition of transitions) {
    const choices: Choice[] = []
    transition.offers(world, (a, b = 0, c = 0) => choices.push({ transition, args: [a, b, c] }))
    if (choices.length > 0) kinds.push(choices)
  }
  return kinds
}

export function takeChoice(world: World, { transition, args }: Choice): void {
  transition.apply(world, ...args)
}

export function labelOf(world: World, { transition, args }: Choice): string {
  return `${transition.name} ${transition.label(world, ...args)}`.trim()
}
