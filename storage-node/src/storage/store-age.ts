/**
 * Whether a store is older than it was: its volume was set back to an earlier state, so that it has
 * forgotten what it has promised and acknowledged since (replication.md D3, D6).
 *
 * @module
 */

import type { Incarnation } from '../contract/identifiers.ts'
import type { KnownLife } from '../wire/peer/hello.ts'

/** What a store is, by its own journal. */
export interface OwnLife {
  readonly incarnation: Incarnation
  /** The last group that this start found. */
  readonly foundGroup: number
  /** The last one that is synced by now. */
  readonly syncedGroup: number
}

export interface AgeFinding {
  readonly reason: string
  /** No later start may serve the store either; else a later process of it may be the right one. */
  readonly isForEver: boolean
}

/**
 * By what another store knows of it that has refused its present life; undefined: it was refused for
 * something else. A store that nothing is missing of starts again, as a life that nobody has met: one of
 * another volume may have had this one's number.
 */
export function findRefused(known: KnownLife, own: OwnLife): AgeFinding | undefined {
  if (known.incarnation === 0) return undefined
  const reason =
    `others have met another process of this store with incarnation ${own.incarnation}: ` +
    'its next start is a later one'
  return findOutdated(known, own) ?? { reason, isForEver: false }
}

/** By what another store knows of it; undefined: nothing is missing. */
export function findOutdated(known: KnownLife, own: OwnLife): AgeFinding | undefined {
  if (known.incarnation > own.incarnation) {
    const reason =
      `others have met incarnation ${known.incarnation} of this store, and this is ${own.incarnation}: ` +
      'its volume was set back, or is another process of it'
    return { reason, isForEver: false }
  }
  // What they know of this very process may have been written since it started.
  const end = known.incarnation < own.incarnation ? own.foundGroup : own.syncedGroup
  if (known.group <= end) return undefined
  const reason =
    `others know group ${known.group} of its journal, which ends with ${end}: ` +
    'its volume was set back to an earlier state'
  return { reason, isForEver: true }
}
