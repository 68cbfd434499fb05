/**
 * Who stands when (replication.md T0): a member whose grant has run out, in the order of the
 * members; a primary that has lost its members for as long as a grant lives; a primary that does not
 * get to act; and whoever still has an office from before its start.
 *
 * @module
 */

import { patienceOf, stand, staggerMs } from './candidate.ts'
import { mayAssume, mayResume } from './configurations.ts'
import { silentUntilMs } from './promises.ts'
import { readQuorumUntilMs } from './reads.ts'
import { resume } from './resume.ts'
import { isMember } from './state.ts'
import type { Primary, Turn } from './state.ts'
import { ACTIVATION_STALL_MS, GRANT_MS, HEALTHY_BEACON_MS, REFUSAL_STALL_MS } from './timing.ts'

/** Begins a candidacy if the time for one has come. */
export function standIfDue(turn: Turn): void {
  const dueMs = standDueMs(turn)
  if (dueMs === undefined || dueMs > turn.nowMs) return
  if (turn.state.resumeAtMs !== undefined) resume(turn)
  else stand(turn)
}

/** When this store stands if nothing happens before; undefined: it may not. */
export function standDueMs(turn: Turn): number | undefined {
  const { state, around } = turn
  if (state.candidacy !== undefined || !mayStand(turn)) return undefined
  if (state.primary !== undefined) return primaryDueMs(turn, state.primary)
  const soonestMs = Math.max(silentUntilMs(turn), state.notBeforeMs)
  if (state.resumeAtMs !== undefined) {
    if (mayResume(state) || mayAssume(state)) return Math.max(state.resumeAtMs, soonestMs)
    state.resumeAtMs = undefined
  }
  if (state.isCalled) return soonestMs
  const quietMs = state.quietSinceMs + GRANT_MS
  const suspectMs = Math.max(around.grantedUntilMs(), firstGrantMs(turn), quietMs)
  return Math.max(soonestMs, suspectMs + staggerMs(turn))
}

/**
 * By when a primary that is heard has got the first grant of a store that has just kept quiet (L4): it
 * takes one more beacon, and until then that nothing is granted says nothing about it.
 */
function firstGrantMs({ state: { durable, silence }, around }: Turn): number {
  if (durable === undefined || silence === undefined) return 0
  return Math.min(around.heardMs(durable.promised.to), silence.untilMs) + HEALTHY_BEACON_MS
}

/** Only a member with intact applied state. */
function mayStand({ state }: Turn): boolean {
  const { durable, isDamaged, identity } = state
  if (durable?.configuration === undefined || durable.installing || isDamaged) return false
  return isMember(durable.configuration, identity.self)
}

function primaryDueMs({ state, around, nowMs }: Turn, primary: Primary): number | undefined {
  // Everything is committed and only waits to be applied: nobody could be quicker.
  if (!primary.isActive && primary.committed >= primary.epochStart) return undefined
  if (!primary.isActive) {
    const stalledMs = primary.mustExceed === undefined ? ACTIVATION_STALL_MS : REFUSAL_STALL_MS
    const dueMs = primary.progressMs + stalledMs * patienceOf(state)
    return Math.max(dueMs, state.notBeforeMs)
  }
  if (primary.others.size === 0 || primary.mustExceed !== undefined) return undefined
  // Grants only get longer: looking again when they would have run out is soon enough.
  if (nowMs < primary.lapseCheckMs) return primary.lapseCheckMs
  const heldMs = Math.max(readQuorumUntilMs(state, around), primary.progressMs)
  primary.lapseCheckMs = Math.max(heldMs + GRANT_MS, state.notBeforeMs)
  return primary.lapseCheckMs
}
