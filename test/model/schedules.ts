/**
 * Directed schedules: steps by their names, for bugs that chance seldom meets.
 *
 * @module
 */

import type { Bug } from './bugs.ts'
import { violationOf } from './invariants.ts'
import type { ModelSettings } from './settings.ts'
import { choicesOf, labelOf, takeChoice } from './transition.ts'
import { allTransitions } from './walk.ts'
import { firstWorld } from './world.ts'
import type { World } from './world.ts'

/** How a schedule ended: all of it happened, a step was refused, or a state was wrong. */
export type ScheduleEnd =
  | { readonly kind: 'survived' }
  | { readonly kind: 'refused'; readonly step: string; readonly possible: readonly string[] }
  | { readonly kind: 'violated'; readonly step: string; readonly violation: string }

/** Takes each step, named whole or by its beginning, in order. */
export function runSchedule(settings: ModelSettings, steps: readonly string[]): ScheduleEnd {
  const world = firstWorld(settings)
  for (const step of steps) {
    if (!takeStep(world, step)) return { kind: 'refused', step, possible: possibleSteps(world) }
    const violation = violationOf(world)
    if (violation !== undefined) return { kind: 'violated', step, violation }
  }
  return { kind: 'survived' }
}

function takeStep(world: World, step: string): boolean {
  const choices = choicesOf(world, allTransitions).flat()
  const choice =
    choices.find((choice) => labelOf(world, choice) === step) ??
    choices.find((choice) => labelOf(world, choice).startsWith(step))
  if (choice !== undefined) takeChoice(world, choice)
  return choice !== undefined
}

function possibleSteps(world: World): string[] {
  return choicesOf(world, allTransitions)
    .flat()
    .map((choice) => labelOf(world, choice))
}

/** The steps of a schedule written in one line. */
export function parseSchedule(text: string): string[] {
  return text
    .split(',')
    .map((step) => step.trim())
    .filter((step) => step !== '')
}

/** Schedules by the bug that they show; the unmodified model refuses or survives them. */
export const schedules = {
  fig8: `write 0, sync 0, crash 0,
    cand 1, seal 1<2, promise 1, casT 1 M111, cas OK T1, learn T1, sync 1, crash 1,
    cand 0, seal 0<2, promise 0, casT 0 M111, cas OK T0, learn T0, prep+ack 0>2 len2, apply 0,
    cand 1, seal 1<2, promise 1, casT 1 M111, cas OK T1, learn T1, sync 1, prep+ack 1>2 len3`,
  forgetgrant: `grant 1>0, crash 1,
    cand 2, seal 2<1, promise 2, casT 2 M111, cas OK T2, learn T2, sync 2, prep+ack 2>1 len2, apply 2,
    write 2, sync 2, prep+ack 2>1 len3, apply 2`,
  sealgrant: `grant 1>0,
    cand 2, seal 2<1, promise 2, casT 2 M111, cas OK T2, learn T2, sync 2, prep+ack 2>1 len2, apply 2,
    write 2, sync 2, prep+ack 2>1 len3, apply 2`,
  volatileproposal: `joint 0->11, sync 0, prep+ack 0>1 len2, casM 0 e2, crash 0,
    resume 0, seal 0<2, office 0, sync 0, prep+ack 0>2 len3, apply 0,
    write 0, sync 0, prep+ack 0>2 len4, apply 0, cas OK M0`,
  latejoint: `joint 0->11, sync 0, prep+ack 0>1 len2, casM 0 e2, write 0, sync 0, prep 0>2 len3, sync 2, crash 0,
    resume 0, seal 0<2, office 0, sync 0, prep+ack 0>2 len4, apply 0, cas OK M0`,
  readearly: `write 0, sync 0, prep+ack 0>1 len2, apply 0,
    cand 2, seal 2<1, promise 2, casT 2 M111, cas OK T2, learn T2, prep 2>1 len1, grant 1>2`,
} as const satisfies Partial<Record<Bug, string>>
