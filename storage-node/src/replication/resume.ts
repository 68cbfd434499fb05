/**
 * A primary takes its office up again after its process ended, or for the first time after it learnt
 * that its swap took effect (replication.md 1.9, resume and assume). No config store is needed: the
 * same members promise a higher activation of the same epoch.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import { firstBallot } from './ballot.ts'
import { newCandidacy } from './candidate.ts'
import { knownConfiguration } from './state.ts'
import type { Turn } from './state.ts'

/** Asks the members, this store first, to promise the next activation. */
export function resume(turn: Turn): void {
  const { state } = turn
  const { durable } = state
  const configuration = knownConfiguration(state)
  assert(durable !== undefined && configuration !== undefined, 'an office has a configuration')
  const { ballot } = durable.promised
  const isSameEpoch = ballot.epoch === configuration.epoch && ballot.activation > 0
  state.resumeAtMs = undefined
  state.attemptCount += 1
  state.candidacy = {
    ...newCandidacy(turn, 'resume'),
    configuration,
    // A ballot is used by one process only: the next activation, or the epoch's first.
    ballot: isSameEpoch
      ? { epoch: ballot.epoch, activation: ballot.activation + 1 }
      : firstBallot(configuration.epoch),
  }
}
