/**
 * Which configuration may follow which: the second lock behind the protocol (replication.md 4.1).
 *
 * In Kubernetes the API server checks the same by the rules of the resource definition.
 *
 * @module
 */

import { sameBytes } from '../../base/bytes.ts'
import type { Configuration, Member } from '../../contract/configuration.ts'

/** Says what is wrong with `next` behind `previous`, or nothing. */
export function mayNotFollow(
  previous: Configuration | undefined,
  next: Configuration,
): string | undefined {
  if (!has(next.members, next.primary)) return 'the primary is no member'
  if (previous === undefined) return undefined
  if (next.epoch < previous.epoch) return 'the epoch falls'
  if (next.epoch === previous.epoch) {
    return isSame(previous, next) ? undefined : 'the configuration of an epoch changes'
  }
  return next.primary === previous.primary
    ? memberChangeRefusal(previous, next)
    : takeoverRefusal(previous, next)
}

/** The active primary may add one member, drop any and cut its range (I3). */
function memberChangeRefusal(previous: Configuration, next: Configuration): string | undefined {
  return added(previous, next).length > 1 ? 'more than one member is added' : undefined
}

/** A takeover only drops members (T4). */
function takeoverRefusal(previous: Configuration, next: Configuration): string | undefined {
  if (!isSameRange(previous, next)) return 'a takeover changes the range'
  if (!has(previous.members, next.primary)) return 'the new primary was no member'
  return added(previous, next).length > 0 ? 'a takeover adds a member' : undefined
}

function added(previous: Configuration, next: Configuration): readonly Member[] {
  return next.members.filter(({ store }) => !has(previous.members, store))
}

function has(members: readonly Member[], store: string): boolean {
  return members.some((member) => member.store === store)
}

function isSame(a: Configuration, b: Configuration): boolean {
  const sameMembers =
    a.members.length === b.members.length &&
    a.members.every(({ store, zone }, index) => {
      const other = b.members[index]
      return other?.store === store && other.zone === zone
    })
  return a.primary === b.primary && sameMembers && isSameRange(a, b)
}

function isSameRange({ range: a }: Configuration, { range: b }: Configuration): boolean {
  return sameBytes(a.start, b.start) && sameBytes(a.end, b.end)
}
