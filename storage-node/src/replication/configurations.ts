/**
 * What a replica learns of its partition's configurations, and how it gets its first state
 * (replication.md 1.3, 4.1).
 *
 * Hints and messages only make a replica look: what decides anything is read from the config store.
 * A store without state starts empty in one case: as a member of the first configuration. It has
 * never promised or acknowledged anything, so an empty replica is the whole truth. In every later
 * configuration it may count only after a snapshot.
 *
 * @module
 */

import type { Configuration } from '../contract/configuration.ts'
import type { Seq } from '../contract/identifiers.ts'
import { compareBallots, firstBallot, NO_BALLOT, sameBallot } from './ballot.ts'
import { persist } from './persistence.ts'
import { becomePrimary, stepDown } from './primary.ts'
import { isMember, report, takeToken } from './state.ts'
import type { ReadPurpose, ReplicaState, Turn } from './state.ts'

const FIRST_EPOCH = 1

/** Asks the config store for what holds now; one question for each purpose at a time. */
export function readConfiguration(turn: Turn, purpose: ReadPurpose): void {
  const { readsUnderWay } = turn.state
  if ([...readsUnderWay.values()].includes(purpose)) return
  const token = takeToken(turn)
  readsUnderWay.set(token, purpose)
  turn.effects.push({ kind: 'getConfiguration', token })
}

/** Something may have changed: looks, unless it is known. */
export function onConfigurationHint(turn: Turn, hint: Configuration): void {
  const known = turn.state.durable?.configuration
  if (known === undefined) {
    if (isFirstOf(turn, hint)) readConfiguration(turn, 'learn')
    return
  }
  if (hint.epoch > known.epoch || hint.uid !== known.uid) readConfiguration(turn, 'learn')
}

/**
 * Takes note of a configuration that the config store, or a primary that obeys it, named. Knowing
 * one promises nothing.
 */
export function learnConfiguration(
  turn: Turn,
  configuration: Configuration,
): 'known' | 'learned' | 'regressed' {
  const { state } = turn
  if (state.durable === undefined) {
    if (!isFirstOf(turn, configuration)) return 'known'
    startEmpty(turn, configuration)
    return 'learned'
  }
  const known = state.durable.configuration
  if (known !== undefined && known.uid !== configuration.uid) {
    report(turn, 'ConfigRegressed: the partition was made again under the same number')
    return 'regressed'
  }
  if (known !== undefined && known.epoch >= configuration.epoch) return 'known'
  state.durable = { ...state.durable, configuration }
  persist(turn, { record: true })
  return 'learned'
}

/** A quorum read says that this store's office, or its candidacy, has been overtaken or confirmed. */
export function obeyConfiguration(turn: Turn, configuration: Configuration): void {
  const { state } = turn
  const known = state.durable?.configuration
  if (known !== undefined && known.uid === configuration.uid && known.epoch > configuration.epoch) {
    report(turn, `ConfigRegressed: epoch ${configuration.epoch} was read, ${known.epoch} is known`)
    return
  }
  if (learnConfiguration(turn, configuration) !== 'learned') return
  const { primary } = state
  if (primary === undefined || primary.ballot.epoch >= configuration.epoch) return
  if (isOwnSuccessor(turn, configuration)) continueAs(turn, configuration)
  else stepDown(turn)
}

/** True if the configuration is this primary's own one, with a higher epoch. */
function isOwnSuccessor({ state }: Turn, configuration: Configuration): boolean {
  const { primary, durable, identity } = state
  if (primary === undefined || durable === undefined) return false
  const before = primary.configuration.members.map(({ store }) => store)
  return (
    configuration.primary === identity.self &&
    configuration.members.length === before.length &&
    before.every((store) => isMember(configuration, store)) &&
    sameBallot(durable.promised.ballot, primary.ballot)
  )
}

/** The primary goes on under a higher epoch, without a gap for reads and writes (1.9, M5). */
export function continueAs(turn: Turn, configuration: Configuration): void {
  const { state } = turn
  state.swapUnderWay = undefined
  becomePrimary(turn, { ballot: firstBallot(configuration.epoch), configuration, logs: new Map() })
}

function isFirstOf({ state }: Turn, configuration: Configuration): boolean {
  return configuration.epoch === FIRST_EPOCH && isMember(configuration, state.identity.self)
}

function startEmpty(turn: Turn, configuration: Configuration): void {
  const { state } = turn
  state.durable = {
    promised: { ballot: NO_BALLOT, to: configuration.primary },
    configuration,
    base: { seq: 0 as Seq, ballot: NO_BALLOT },
    installing: false,
  }
  // A replica that this process made has nothing to forget (L4).
  state.silence = undefined
  state.quietSinceMs = turn.nowMs
  state.resumeAtMs = configuration.primary === state.identity.self ? turn.nowMs : undefined
  persist(turn, { record: true })
}

/** True if the configuration names this store, and it has promised nothing in that epoch yet. */
export function mayAssume({ durable, primary, identity }: ReplicaState): boolean {
  if (primary !== undefined || durable?.configuration?.primary !== identity.self) return false
  const { configuration } = durable
  return compareBallots(durable.promised.ballot, firstBallot(configuration.epoch)) < 0
}

/** True if the configuration names this store, and nobody has been promised more than its own ballot. */
export function mayResume({ durable, primary, identity }: ReplicaState): boolean {
  if (primary !== undefined || durable?.configuration?.primary !== identity.self) return false
  const { configuration } = durable
  const { ballot, to } = durable.promised
  return to === identity.self && ballot.epoch === configuration.epoch && ballot.activation > 0
}
