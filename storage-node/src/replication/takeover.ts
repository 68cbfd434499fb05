/**
 * A candidacy from its first question to the office (replication.md 1.9, T1 to T4): fence first, swap
 * second.
 *
 * A swap is sent only when a seal set has promised and the merged log is synced; it names the same
 * members, or those of the sealed ones that have the merged log. Once the swap may have been sent its
 * content stays the same, so that an answer that got lost can be looked up.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Configuration } from '../contract/configuration.ts'
import type { StoreId } from '../contract/identifiers.ts'
import { isWriteQuorum } from '../contract/quorum.ts'
import { firstBallot, formatBallot, sameBallot } from './ballot.ts'
import { beginSealing, collectPromises, dropAtMs, withdraw } from './candidate.ts'
import {
  learnConfiguration,
  mayAssume,
  obeyConfiguration,
  readConfiguration,
} from './configurations.ts'
import { advanceMerge, advanceSync, beginMerge, sealedMembers } from './merge.ts'
import { becomePrimary } from './primary.ts'
import type { Input } from './protocol.ts'
import { earliest } from './pump.ts'
import { resume } from './resume.ts'
import { isMember, report, takeToken } from './state.ts'
import type { Candidacy, Turn } from './state.ts'
import { CONFIG_RETRY_MS, RESEND_MS, SWAP_LIMIT_MS } from './timing.ts'

type ReadOutcome = Extract<Input, { kind: 'configurationRead' }>['outcome']
type SwapResult = Extract<Input, { kind: 'configurationSwapped' }>['outcome']

/** Goes on as far as the answers allow. */
export function advanceCandidacy(turn: Turn, candidacy: Candidacy): void {
  if (turn.nowMs >= candidacy.deadlineMs) return withdraw(turn, RESEND_MS)
  if (candidacy.phase === 'sealing' && collectPromises(turn, candidacy)) {
    candidacy.keep = membersToKeep(turn, candidacy)
    beginMerge(turn, candidacy)
  }
  // Beginning the merge may have ended it.
  if (turn.state.candidacy !== candidacy) return
  if (candidacy.phase === 'merging' && advanceMerge(turn, candidacy)) takeNextStep(turn, candidacy)
  if (candidacy.phase === 'syncing' && advanceSync(turn, candidacy)) beginSwap(turn, candidacy)
}

/** M if those who promised can commit for it, else M': a takeover never adds anybody (I3). */
function membersToKeep({ state }: Turn, candidacy: Candidacy) {
  const members = candidacy.configuration?.members ?? []
  const isEnough =
    candidacy.kind === 'resume' || isWriteQuorum(candidacy.sealed, members, state.settings.quorum)
  return isEnough ? members : sealedMembers(candidacy)
}

function takeNextStep(turn: Turn, candidacy: Candidacy): void {
  const { configuration, keep, kind } = candidacy
  assert(configuration !== undefined, 'a merge has members')
  if (kind === 'resume') return takeOffice(turn, candidacy, configuration)
  if (keep.length < configuration.members.length) candidacy.phase = 'syncing'
  else beginSwap(turn, candidacy)
}

function beginSwap(turn: Turn, candidacy: Candidacy): void {
  candidacy.phase = 'swapping'
  candidacy.deadlineMs = turn.nowMs + SWAP_LIMIT_MS
  sendSwap(turn, candidacy)
}

function sendSwap(turn: Turn, candidacy: Candidacy): void {
  const { state } = turn
  const { configuration, version, ballot, keep } = candidacy
  assert(configuration !== undefined, 'a swap replaces something')
  const token = takeToken(turn)
  state.swapUnderWay = { token, for: 'takeover' }
  turn.effects.push({
    kind: 'swapConfiguration',
    token,
    expected: version,
    configuration: {
      ...configuration,
      epoch: ballot.epoch,
      primary: state.identity.self,
      members: keep,
    },
  })
}

/** T1's answer, or what became of a swap whose answer was lost. */
export function onTakeoverRead(turn: Turn, outcome: ReadOutcome): void {
  const { candidacy } = turn.state
  if (candidacy?.kind !== 'takeover') return
  if (candidacy.phase !== 'reading' && candidacy.phase !== 'swapping') return
  if (outcome.kind !== 'found') return onUnreadable(turn, candidacy)
  const { configuration, version } = outcome
  if (candidacy.phase === 'reading') startWith(turn, candidacy, configuration, version)
  else settleSwap(turn, candidacy, configuration, version)
}

/** Nobody seals while the config store is down (T1). */
function onUnreadable(turn: Turn, candidacy: Candidacy): void {
  if (candidacy.phase === 'reading') withdraw(turn, CONFIG_RETRY_MS)
  else readConfiguration(turn, 'takeover')
}

function startWith(
  turn: Turn,
  candidacy: Candidacy,
  configuration: Configuration,
  version: string,
): void {
  const { state } = turn
  const known = state.durable?.configuration
  const isLate = known !== undefined && configuration.epoch < known.epoch
  obeyConfiguration(turn, configuration)
  if (state.candidacy !== candidacy) return
  if (isLate || known?.uid !== configuration.uid) return withdraw(turn, CONFIG_RETRY_MS)
  if (!isMember(configuration, state.identity.self)) {
    // Dropped: nothing to stand for until a configuration names this store again.
    state.candidacy = undefined
    return
  }
  // The store named is this one, but it never got to act: it assumes the office (1.9).
  if (mayAssume(state)) return resume(turn)
  beginSealing(turn, candidacy, configuration, version)
}

export function onTakeoverSwapped(turn: Turn, outcome: SwapResult): void {
  const { candidacy } = turn.state
  if (candidacy?.kind !== 'takeover' || candidacy.phase !== 'swapping') return
  // Lost or unknown: only a read tells a lost race from a bystander's write (4.1).
  if (outcome !== 'won') return readConfiguration(turn, 'takeover')
  const { configuration, ballot, keep } = candidacy
  assert(configuration !== undefined, 'a swap replaced something')
  const { self } = turn.state.identity
  takeOffice(turn, candidacy, {
    ...configuration,
    epoch: ballot.epoch,
    primary: self,
    members: keep,
  })
}

function settleSwap(
  turn: Turn,
  candidacy: Candidacy,
  configuration: Configuration,
  version: string,
): void {
  const { state } = turn
  if (configuration.uid !== candidacy.configuration?.uid) return withdraw(turn, CONFIG_RETRY_MS)
  if (configuration.epoch < candidacy.ballot.epoch) {
    if (configuration.epoch !== candidacy.configuration.epoch) {
      obeyConfiguration(turn, configuration)
      return withdraw(turn, RESEND_MS)
    }
    // Somebody wrote something else to the record, or the swap is still under way.
    candidacy.version = version
    return sendSwap(turn, candidacy)
  }
  const isOwn =
    configuration.epoch === candidacy.ballot.epoch && configuration.primary === state.identity.self
  if (isOwn) return takeOffice(turn, candidacy, configuration)
  obeyConfiguration(turn, configuration)
  withdraw(turn, RESEND_MS)
}

/** T5 begins, unless somebody has been promised more in the meantime. */
function takeOffice(turn: Turn, candidacy: Candidacy, configuration: Configuration): void {
  const { state } = turn
  if (state.durable === undefined || !sameBallot(state.durable.promised.ballot, candidacy.ballot)) {
    return withdraw(turn, RESEND_MS)
  }
  const ballot = candidacy.kind === 'resume' ? candidacy.ballot : firstBallot(configuration.epoch)
  if (learnConfiguration(turn, configuration) === 'regressed')
    return withdraw(turn, CONFIG_RETRY_MS)
  report(turn, `${state.identity.self} takes office under ballot ${formatBallot(ballot)}`)
  becomePrimary(turn, { ballot, configuration, logs: candidacy.sealed })
}

/** When a candidacy has something to do without being answered. */
export function candidacyDueMs({ state }: Turn, candidacy: Candidacy): number | undefined {
  const { phase, askAtMs, sealed, merge, syncs, deadlineMs } = candidacy
  const asks = [...askAtMs]
    .filter(([store]) => !sealed.has(store) && isAsked(candidacy, store, state.identity.self))
    .map(([, at]) => at)
  switch (phase) {
    case 'reading':
    case 'swapping':
      return deadlineMs
    case 'sealing':
      return earliest([deadlineMs, ...asks, candidacy.sealedMs && dropAtMs(candidacy)])
    case 'merging':
      return earliest([deadlineMs, merge?.resendAtMs || undefined])
    case 'syncing':
      return earliest([
        deadlineMs,
        ...[...syncs.values()].map(({ resendAtMs }) => resendAtMs || undefined),
      ])
  }
}

function isAsked({ isOwnPromiseAsked }: Candidacy, store: StoreId, self: StoreId): boolean {
  return store !== self || !isOwnPromiseAsked
}
