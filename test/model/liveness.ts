/**
 * Liveness: after any random beginning, once nothing crashes any more, some primary becomes active and may read.
 *
 * @module
 */

import { floor } from './arithmetic.ts'
import { violationOf } from './invariants.ts'
import { isQuorum, mayRead } from './primary.ts'
import type { ModelSettings } from './settings.ts'
import { choicesOf, labelOf, takeChoice } from './transition.ts'
import type { Choice } from './transition.ts'
import { allTransitions, chance, pick } from './walk.ts'
import { firstWorld, has, only } from './world.ts'
import type { World } from './world.ts'

export type LivenessEnd =
  | { readonly kind: 'recovered'; readonly stepCount: number }
  /** Nobody is left of the members, or no epochs are: such a run says nothing. */
  | { readonly kind: 'void' }
  | {
      readonly kind: 'stuck' | 'violated'
      readonly what: string
      readonly steps: readonly string[]
    }

const PREFIX_STEPS_MIN = 5
const PREFIX_STEPS_SPREAD = 30
const HEALING_STEPS_MAX = 600
/** Epochs that healing may need. */
const EPOCHS_LEFT_MIN = 8
/** How often giving up and lost leases are left out, so that steps lead somewhere. */
const PATIENCE = 0.9

/** A random beginning, then one member dies for good or none, then the rest must recover. */
export function recover(settings: ModelSettings, seed: number, deadCount: 0 | 1): LivenessEnd {
  const draw = chance(seed)
  const world = firstWorld(settings)
  const steps: string[] = []
  const prefix = PREFIX_STEPS_MIN + floor(draw() * PREFIX_STEPS_SPREAD)
  for (let step = 0; step < prefix; step++) {
    const end = takeOne(world, pick(choicesOf(world, allTransitions), draw), steps)
    if (end !== undefined) return end
  }
  if (world.configuration.epoch > settings.epochMax - EPOCHS_LEFT_MIN) return { kind: 'void' }
  world.isHealing = true
  if (deadCount === 1) world.dead = oneOf(world, draw)
  if ((world.configuration.members & ~world.dead) === 0) return { kind: 'void' }
  steps.push(`heal, dead ${world.dead.toString(2)}`)
  return heal(world, draw, steps)
}

function oneOf({ configuration, replicas }: World, draw: () => number): number {
  const members = replicas.flatMap((_, number) =>
    has(configuration.members, number) ? [only(number)] : [],
  )
  return members[floor(draw() * members.length)] ?? 0
}

function heal(world: World, draw: () => number, steps: string[]): LivenessEnd {
  for (let stepCount = 0; stepCount < HEALING_STEPS_MAX; stepCount++) {
    if (isServing(world)) return { kind: 'recovered', stepCount }
    const choice = pick(patientChoices(world, draw), draw)
    if (choice === undefined) break
    const end = takeOne(world, choice, steps)
    if (end !== undefined) return end
  }
  if ((world.configuration.members & ~world.dead) === 0) return { kind: 'void' }
  return { kind: 'stuck', what: describe(world), steps }
}

function takeOne(
  world: World,
  choice: Choice | undefined,
  steps: string[],
): LivenessEnd | undefined {
  if (choice === undefined) return undefined
  steps.push(labelOf(world, choice))
  takeChoice(world, choice)
  const what = violationOf(world)
  return what === undefined ? undefined : { kind: 'violated', what, steps }
}

function patientChoices(world: World, draw: () => number): Choice[][] {
  const kinds = choicesOf(world, allTransitions)
  if (draw() > PATIENCE) return kinds
  const progress = kinds
    .map((kind) => kind.filter((choice) => !isSetback(world, choice)))
    .filter((kind) => kind.length > 0)
  return progress.length > 0 ? progress : kinds
}

function isSetback({ dead }: World, { transition, args: [holder, from] }: Choice): boolean {
  const isLease = transition.name === 'hexp' && !has(dead, holder) && !has(dead, from)
  return transition.name === 'candabort' || isLease
}

/** Whether a living primary has committed all that it has, and may read. */
function isServing(world: World): boolean {
  return world.replicas.some((primary, number) => {
    if (!primary.isActive || has(world.dead, number)) return false
    return primary.commit === primary.log.length && isTrusted(world, number)
  })
}

/** What a strict read would find: a write quorum whose promise is the primary's ballot. */
function isTrusted(world: World, number: number): boolean {
  const primary = world.replicas[number]
  if (primary === undefined || world.settings.reads === 'lease') return mayRead(world, number)
  const { ballot } = primary
  const loyal = world.replicas.reduce(
    (set, { promised }, member) => (promised === ballot ? set | only(member) : set),
    0,
  )
  return isQuorum(world, primary, loyal & ~world.dead)
}

function describe(world: World): string {
  const replicas = world.replicas.map(
    ({ promised, log, isPrimary, isActive, joint, grantedTo, candidacy }, number) =>
      `${number}: promised ${promised} log ${log} primary ${isPrimary} active ${isActive} joint ${joint} ` +
      `granted ${grantedTo} candidacy ${JSON.stringify(candidacy && { ...candidacy, best: undefined })}`,
  )
  return [JSON.stringify(world.configuration), ...replicas].join('\n')
}
