/**
 * Which sets of members may commit, and which may take over: the only functions that count
 * replies (replication.md 1.2).
 *
 * A write quorum is a majority (or all) of the members, in two zones if they are in two. A seal set
 * is what is left of no write quorum: hence it meets every one of them.
 *
 * @module
 */

import type { Member, Zone } from './configuration.ts'
import type { StoreId } from './identifiers.ts'

/** W: how many of the members a write needs. */
export type QuorumRule = 'majority' | 'all'

/** Stores that did what is counted: a set, or a map by store. */
export interface StoreSet {
  has(store: StoreId): boolean
}

/** What a region asks of a partition before it accepts writes: k, and its number of zones. */
export interface WriteFloor {
  readonly minInsync: number
  readonly zoneCount: number
}

/** Why a partition's members are too few for client writes. */
export type FloorRefusal = 'tooFewMembers' | 'tooFewZones'

/** True if the members that are in `have` may commit, hold a lease, or be all that a takeover keeps. */
export function isWriteQuorum(
  have: StoreSet,
  members: readonly Member[],
  rule: QuorumRule,
): boolean {
  const [one] = members
  let count = 0
  let zone: Zone | undefined
  let isSpread = false
  for (const member of members) {
    if (!have.has(member.store)) continue
    count += 1
    zone ??= member.zone
    if (member.zone !== zone) isSpread = true
  }
  if (count < countNeeded(members.length, rule)) return false
  return isSpread || members.every((member) => member.zone === one?.zone)
}

/** True if every write quorum of the members has somebody in `have`. */
export function isSealSet(have: StoreSet, members: readonly Member[], rule: QuorumRule): boolean {
  return !isWriteQuorum({ has: (store) => !have.has(store) }, members, rule)
}

/**
 * Says why client writes are refused: with fewer than k members, or all of them in one zone of
 * several, what is acknowledged would have too few copies (1.2).
 */
export function mayAcceptWrites(
  members: readonly Member[],
  floor: WriteFloor,
): FloorRefusal | undefined {
  if (members.length < floor.minInsync) return 'tooFewMembers'
  return zonesOf(members) < Math.min(2, floor.zoneCount) ? 'tooFewZones' : undefined
}

/** True if copies on these stores are enough to count: k of them, in two zones if there are (1.8). */
export function isEnoughCopies(copies: readonly Member[], floor: WriteFloor): boolean {
  return mayAcceptWrites(copies, floor) === undefined
}

function countNeeded(memberCount: number, rule: QuorumRule): number {
  return rule === 'all' ? memberCount : Math.floor(memberCount / 2) + 1
}

function zonesOf(members: readonly Member[]): number {
  return new Set(members.map(({ zone }) => zone)).size
}
