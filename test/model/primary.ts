/**
 * What a primary does by itself: it counts copies, applies, becomes active, reads (1.5, 1.6).
 *
 * @module
 */

import { max, min } from './arithmetic.ts'
import { ballotOf, EPOCH_START, epochOf } from './log.ts'
import type { Ballot } from './log.ts'
import { forgotten, only, replicaAt } from './world.ts'
import type { Prepare, Replica, World } from './world.ts'

/** Whether a set is a write quorum of the members, and in joint mode of the next ones too (I4). */
export function isQuorum({ quorums, settings }: World, primary: Replica, set: number): boolean {
  if (!quorums.isWriteQuorum(set, primary.members)) return false
  if (primary.joint === 0 || settings.bug === 'nojoint') return true
  return quorums.isWriteQuorum(set, primary.joint)
}

/** Commits what a write quorum has, the epoch start or more (I10). */
export function advance(world: World, number: number): void {
  const primary = replicaAt(world, number)
  if (!primary.isPrimary) return
  const least = world.settings.bug === 'fig8' ? 0 : primary.start - 1
  for (let length = primary.log.length; length > max(primary.commit, least); length--) {
    if (!isQuorum(world, primary, holdersOf(primary, number, length))) continue
    primary.commit = length
    break
  }
  if (world.settings.applies === 'at once') applyCommitted(world, number)
}

/** The members that are known to have so many entries. */
function holdersOf(primary: Replica, self: number, length: number): number {
  let holders = primary.synced >= length ? only(self) : 0
  primary.acked.forEach((acked, member) => {
    if (member !== self && acked >= length) holders |= only(member)
  })
  return holders
}

/** How far a replica may apply: what is committed and synced in its own journal (I13). */
export function applicableLength({ settings }: World, replica: Replica): number {
  const end = settings.bug === 'applyunsynced' ? replica.log.length : replica.synced
  return min(replica.commit, end)
}

/** Applies what it may; a primary then answers its clients, and becomes active (I12, I23). */
export function applyCommitted(world: World, number: number): void {
  const replica = replicaAt(world, number)
  const length = applicableLength(world, replica)
  for (let at = replica.rows.length + 1; at <= length; at++) {
    const { ballot, payload } = replica.log.take(at)
    replica.rows = replica.rows.append(ballot, payload)
  }
  if (!replica.isPrimary) return
  world.acked |= replica.rows.writes
  if (replica.isActive || replica.rows.length < replica.start) return
  replica.isActive = true
  const { proposal, ballot } = replica
  if (world.settings.bug === 'latejoint' && proposal?.epoch === epochOf(ballot))
    replica.joint = proposal.members
}

/** Whether a primary answers reads at this instant (1.6, L5). */
export function mayRead(world: World, number: number): boolean {
  const replica = replicaAt(world, number)
  const isReady = replica.isActive || world.settings.bug === 'readearly'
  return replica.isPrimary && isReady && isQuorum(world, replica, replica.held | only(number))
}

/** Says what it has to all members: everything of it may be delivered at any time, in part, or never. */
export function sendPrepare(world: World, number: number): void {
  const prepare = prepareOf(world, number)
  if (!isSent(world, prepare)) world.prepares = [...world.prepares, prepare]
}

/** Whether a primary has something to say that it has not said yet. */
export function hasNews(world: World, number: number): boolean {
  return !isSent(world, prepareOf(world, number))
}

function prepareOf(world: World, number: number): Prepare {
  const { ballot, commit, log, members, joint } = replicaAt(world, number)
  const configuration = { epoch: epochOf(ballot), primary: number, members }
  return { ballot, from: number, commit, log, configuration, targets: members | joint }
}

function isSent({ prepares }: World, { ballot, from, commit, log, targets }: Prepare): boolean {
  return prepares.some(
    (sent) =>
      sent.log === log &&
      sent.commit === commit &&
      sent.ballot === ballot &&
      sent.from === from &&
      sent.targets === targets,
  )
}

/** T5, and M5 when it goes on being active: a ballot of its own, and the entry that opens it. */
export function becomePrimary(
  world: World,
  number: number,
  office: { ballot: Ballot; members: number; joint: number; isContinued: boolean },
): void {
  const { ballot, members, joint, isContinued } = office
  const replica = replicaAt(world, number)
  const log = replica.log.append(ballot, EPOCH_START)
  Object.assign(replica, {
    isPrimary: true,
    isActive: isContinued,
    ballot,
    promised: ballot,
    accepted: ballot,
    known: { epoch: epochOf(ballot), primary: number, members },
    members,
    joint,
    jointAt: 0,
    log,
    start: log.length,
    matched: log.length,
    acked: world.replicas.map(() => 0),
    held: isContinued ? replica.held : 0,
    candidacy: undefined,
    read: undefined,
  })
  sendPrepare(world, number)
  advance(world, number)
}

/** Ends an office for good: its lease is dropped, what it was waiting for has an unknown outcome. */
export function stepDown(replica: Replica): void {
  const { commit, candidacy } = replica
  Object.assign(replica, forgotten(), { commit, candidacy })
}

/** The first ballot of a primary in an epoch. */
export function firstBallot(epoch: number): Ballot {
  return ballotOf(epoch, 1)
}
