/**
 * A member has promised more than the primary's ballot, to a candidate that gave up: the primary
 * moves on to an epoch above that promise (replication.md 1.9).
 *
 * It is a membership change to the same members, so the quorums of both configurations are the same
 * sets: what I4 and I5 ask of joint mode holds by itself, without a `Joint` entry or a proposal. If
 * the answer to the swap is lost, the primary goes on under its old ballot until it has read what
 * became of it.
 *
 * @module
 */

import type { Configuration } from '../contract/configuration.ts'
import type { Epoch } from '../contract/identifiers.ts'
import { compareBallots } from './ballot.ts'
import { continueAs, obeyConfiguration, readConfiguration } from './configurations.ts'
import type { Input } from './protocol.ts'
import { takeToken } from './state.ts'
import type { Primary, Turn } from './state.ts'
import { CONFIG_RETRY_MS } from './timing.ts'

type ReadOutcome = Extract<Input, { kind: 'configurationRead' }>['outcome']
type SwapResult = Extract<Input, { kind: 'configurationSwapped' }>['outcome']

/** Begins, or tries again. */
export function advanceBump(turn: Turn, primary: Primary): void {
  const { mustExceed, bump } = primary
  if (mustExceed === undefined || !primary.isActive) return
  if (compareBallots(mustExceed, primary.ballot) <= 0) {
    primary.mustExceed = undefined
    return
  }
  if (bump !== undefined && (bump.phase !== 'waiting' || turn.nowMs < bump.retryAtMs)) return
  primary.bump = { phase: 'reading', configuration: undefined, retryAtMs: 0 }
  readConfiguration(turn, 'bump')
}

export function onBumpRead(turn: Turn, outcome: ReadOutcome): void {
  const { state } = turn
  const { primary } = state
  if (primary?.bump?.phase !== 'reading') return
  if (outcome.kind !== 'found') return waitFor(turn, primary)
  const { configuration, version } = outcome
  // A higher epoch: deposed, or the swap whose answer was lost.
  if (configuration.epoch !== primary.ballot.epoch) {
    waitFor(turn, primary)
    return obeyConfiguration(turn, configuration)
  }
  if (configuration.uid !== primary.configuration.uid) return waitFor(turn, primary)
  const exceeded = Math.max(primary.mustExceed?.epoch ?? 0, configuration.epoch)
  const next: Configuration = { ...configuration, epoch: (exceeded + 1) as Epoch }
  const token = takeToken(turn)
  primary.bump = { phase: 'swapping', configuration: next, retryAtMs: 0 }
  state.swapUnderWay = { token, for: 'bump' }
  turn.effects.push({ kind: 'swapConfiguration', token, expected: version, configuration: next })
}

export function onBumpSwapped(turn: Turn, outcome: SwapResult): void {
  const { primary } = turn.state
  const { phase, configuration } = primary?.bump ?? {}
  if (primary === undefined || phase !== 'swapping' || configuration === undefined) return
  if (outcome === 'won') return continueAs(turn, configuration)
  waitFor(turn, primary)
}

function waitFor({ nowMs }: Turn, primary: Primary): void {
  const retryAtMs = nowMs + CONFIG_RETRY_MS
  primary.bump = { phase: 'waiting', configuration: undefined, retryAtMs }
}

export function bumpDueMs({ bump }: Primary): number | undefined {
  return bump?.phase === 'waiting' ? bump.retryAtMs : undefined
}
