/**
 * The order of ballots: epoch first, then the activation within it (replication.md 1.3).
 *
 * @module
 */

import type { Ballot, Epoch } from '../contract/identifiers.ts'

/** Below every ballot that anybody ever used. */
export const NO_BALLOT: Ballot = { epoch: 0 as Epoch, activation: 0 }

/** Negative, zero or positive as `a` comes before, is, or comes after `b`. */
export function compareBallots(a: Ballot, b: Ballot): number {
  return a.epoch - b.epoch || a.activation - b.activation
}

export function sameBallot(a: Ballot, b: Ballot): boolean {
  return a.epoch === b.epoch && a.activation === b.activation
}

export function maxBallot(a: Ballot, b: Ballot): Ballot {
  return compareBallots(a, b) >= 0 ? a : b
}

/** What a candidate for the epoch asks its members to promise. */
export function candidateBallot(epoch: number): Ballot {
  return { epoch: epoch as Epoch, activation: 0 }
}

/** The first ballot of an epoch's primary. */
export function firstBallot(epoch: Epoch): Ballot {
  return { epoch, activation: 1 }
}

/** For reports. */
export function formatBallot({ epoch, activation }: Ballot): string {
  return `(${epoch},${activation})`
}
