/**
 * How a partition gets its next primary: takeover, resume and assume are one candidacy with three beginnings (1.9).
 *
 * @module
 */

import { max } from './arithmetic.ts'
import { activationOf, ballotOf, epochOf } from './log.ts'
import { becomePrimary, firstBallot, isQuorum, sendPrepare, stepDown } from './primary.ts'
import type { Transition } from './transition.ts'
import { has, only, replicaAt } from './world.ts'
import type { Candidacy, Replica, World } from './world.ts'

/** A member starts a takeover: it has read the configuration, and asks for an epoch above the promises it saw (T0, T1). */
const stand: Transition = {
  name: 'cand',
  weight: 1,
  offers(world, offer) {
    const { configuration, settings } = world
    world.replicas.forEach((replica, number) => {
      if (!mayStand(world, replica, number)) return
      const least = max(configuration.epoch + 1, nextEpochFor(replica))
      const seen = max(...world.replicas.map(nextEpochFor))
      for (const epoch of new Set([least, max(least, seen)]))
        if (epoch <= settings.epochMax) offer(number, epoch)
    })
  },
  apply(world, number, epoch) {
    const { epoch: expected, members } = world.configuration
    openCandidacy(world, number, 'takeover', { ballot: ballotOf(epoch, 0), expected, members })
    if (world.settings.candidatePromises === 'first') promiseSelf(world, number)
  },
  label: (_world, number, epoch) => `${number} e${epoch}`,
}

/** The least epoch that a replica can still promise to a candidate. */
function nextEpochFor({ promised }: Replica): number {
  return activationOf(promised) === 0 ? epochOf(promised) : epochOf(promised) + 1
}

function mayStand(world: World, replica: Replica, number: number): boolean {
  if (has(world.dead, number) || replica.candidacy !== undefined) return false
  if (!has(world.configuration.members, number)) return false
  if (replica.isActive && isQuorum(world, replica, replica.held | only(number))) return false
  return world.settings.candidatePromises === 'last' || mayPromiseTo(world, replica, number, number)
}

function openCandidacy(
  world: World,
  number: number,
  kind: Candidacy['kind'],
  office: Pick<Candidacy, 'ballot' | 'expected' | 'members'>,
): void {
  const replica = replicaAt(world, number)
  const best = replica.log
  replica.candidacy = { kind, ...office, sealed: 0, best, merged: 0, isSent: false }
}

/** The primary of the configuration that it knows starts again in its epoch (Resume). */
const resume: Transition = {
  name: 'resume',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((replica, number) => {
      const { known, promised } = replica
      if (isBusy(world, replica, number) || known?.primary !== number) return
      if (epochOf(promised) !== known.epoch || activationOf(promised) === 0) return
      if (activationOf(promised) < world.settings.activationMax) offer(number)
    })
  },
  apply(world, number) {
    const { known, promised } = replicaAt(world, number)
    if (known === undefined) return
    const { epoch, members } = known
    if (world.settings.bug === 'noinc') return resumeUnchanged(world, number, members)
    openCandidacy(world, number, 'resume', { ballot: promised + 1, expected: epoch, members })
    promiseSelf(world, number)
  },
  label: (_world, number) => `${number}`,
}

/** The planted bug: the ballot of before is used once more, and nobody is asked. */
function resumeUnchanged(world: World, number: number, members: number): void {
  const replica = replicaAt(world, number)
  const { promised: ballot, log } = replica
  const start = log.startOf(ballot)
  const acked = world.replicas.map(() => 0)
  Object.assign(replica, { isPrimary: true, ballot, accepted: ballot, members, start, acked })
  replica.synced = log.length
  sendPrepare(world, number)
}

/** A store learns from the configuration that it is primary: it died before it heard so (Assume). */
const assume: Transition = {
  name: 'assume',
  weight: 1,
  offers(world, offer) {
    const { primary, epoch } = world.configuration
    const replica = replicaAt(world, primary)
    if (isBusy(world, replica, primary) || replica.promised >= firstBallot(epoch)) return
    offer(primary)
  },
  apply(world, number) {
    const { configuration } = world
    const { epoch: expected, members } = configuration
    replicaAt(world, number).known = configuration
    openCandidacy(world, number, 'assume', { ballot: firstBallot(expected), expected, members })
    promiseSelf(world, number)
  },
  label: (_world, number) => `${number}`,
}

function isBusy(world: World, replica: Replica, number: number): boolean {
  return has(world.dead, number) || replica.isPrimary || replica.candidacy !== undefined
}

/** A member promises, which shuts out every older ballot, and shows its log (T2). */
const seal: Transition = {
  name: 'seal',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach(({ candidacy }, candidate) => {
      if (candidacy === undefined || candidacy.isSent || has(world.dead, candidate)) return
      world.replicas.forEach((member, number) => {
        if (number === candidate || has(world.dead | candidacy.sealed, number)) return
        if (!has(candidacy.members, number) || !mayPromise(member, candidacy)) return
        if (mayPromiseTo(world, member, number, candidate)) offer(candidate, number)
      })
    })
  },
  apply: (world, candidate, number) => sealMember(world, candidate, number),
  label: (_world, candidate, number) => `${candidate}<${number}`,
}

/** The candidate itself promises once that completes a seal set. */
const promise: Transition = {
  name: 'promise',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((replica, number) => {
      const { candidacy } = replica
      if (candidacy === undefined || candidacy.isSent || has(world.dead, number)) return
      const { sealed, members, kind } = candidacy
      if (has(sealed, number) || !mayPromise(replica, candidacy)) return
      if (kind === 'takeover' && !world.quorums.isSealSet(sealed | only(number), members)) return
      if (mayPromiseTo(world, replica, number, number)) offer(number)
    })
  },
  apply: (world, number) => sealMember(world, number, number),
  label: (_world, number) => `${number}`,
}

function promiseSelf(world: World, number: number): void {
  const replica = replicaAt(world, number)
  if (mayPromiseTo(world, replica, number, number)) sealMember(world, number, number)
}

function mayPromise({ promised }: Replica, { kind, ballot }: Candidacy): boolean {
  // Other candidates may have asked for the same epoch; only one of them wins the swap.
  return kind === 'takeover' ? promised <= ballot : promised < ballot
}

/** L3: nobody helps a rival of the one it has granted to. */
function mayPromiseTo(world: World, member: Replica, number: number, candidate: number): boolean {
  if (world.settings.bug === 'sealgrant' && number !== candidate) return true
  return member.grantedTo === undefined || member.grantedTo === candidate
}

function sealMember(world: World, candidate: number, number: number): void {
  const { bug } = world.settings
  const member = replicaAt(world, number)
  const standing = replicaAt(world, candidate)
  if (standing.candidacy === undefined) return
  if (member.isPrimary && (bug !== 'nostepdown' || number === candidate)) stepDown(member)
  const { candidacy } = standing
  if (bug !== 'nosealpersist') member.promised = candidacy.ballot
  // The journal syncs in order: with the promise everything before it is durable.
  member.synced = member.log.length
  const takesLog = number === candidate || bug !== 'nomerge'
  const best = takesLog && member.log.isBetterThan(candidacy.best) ? member.log : candidacy.best
  // Whoever has made an older choice durable has not made this one.
  const merged = best === candidacy.best ? candidacy.merged : 0
  standing.candidacy = { ...candidacy, sealed: candidacy.sealed | only(number), best, merged }
}

/** A sealed member makes the merged log durable, before a takeover that drops others (T4). */
const merge: Transition = {
  name: 'sync-merged',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((standing, candidate) => {
      const { candidacy } = standing
      if (candidacy?.kind !== 'takeover' || !hasSealSet(world, standing, candidate)) return
      world.replicas.forEach((member, number) => {
        if (number === candidate || has(world.dead | candidacy.merged, number)) return
        if (!has(candidacy.sealed, number) || member.isPrimary) return
        if (member.promised === candidacy.ballot) offer(candidate, number)
      })
    })
  },
  apply(world, candidate, number) {
    const { candidacy } = replicaAt(world, candidate)
    if (candidacy === undefined) return
    takeLog(replicaAt(world, number), candidacy.best)
    const merged = candidacy.merged | only(number)
    replicaAt(world, candidate).candidacy = { ...candidacy, merged }
  },
  label: (_world, candidate, number) => `${candidate}>${number}`,
}

function takeLog(replica: Replica, log: Replica['log']): void {
  replica.log = log
  replica.synced = log.length
  replica.matched = 0
}

/** With a seal set and the merged log the candidate asks the config store; the members stay, or are some of the sealed (I2, I3). */
const swap: Transition = {
  name: 'casT',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((replica, number) => {
      const { candidacy } = replica
      if (candidacy?.kind !== 'takeover' || !hasSealSet(world, replica, number)) return
      const { members, sealed, merged } = candidacy
      offer(number, members)
      for (let subset = sealed; subset > 0; subset = (subset - 1) & sealed) {
        if (subset === members || !has(subset, number)) continue
        const isMerged = world.quorums.isWriteQuorum(merged | only(number), subset)
        if (isMerged || world.settings.bug === 'dropnosync') offer(number, subset)
      }
    })
  },
  apply(world, number, members) {
    const replica = replicaAt(world, number)
    const { candidacy } = replica
    if (candidacy === undefined) return
    takeLog(replica, candidacy.best)
    replica.candidacy = { ...candidacy, isSent: true }
    const { expected, ballot } = candidacy
    const epoch = epochOf(ballot)
    const sent = {
      kind: 'takeover',
      by: number,
      expected,
      epoch,
      members,
      state: 'pending',
    } as const
    world.swaps = [...world.swaps, sent]
  },
  label: (_world, number, members) => `${number} M${members.toString(2)}`,
}

/** With a seal set a primary that resumes or assumes needs no config store. */
const takeOffice: Transition = {
  name: 'office',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((replica, number) => {
      const { candidacy } = replica
      if (candidacy === undefined || candidacy.kind === 'takeover') return
      if (hasSealSet(world, replica, number)) offer(number)
    })
  },
  apply(world, number) {
    const replica = replicaAt(world, number)
    const { candidacy, proposal } = replica
    if (candidacy === undefined) return
    const { ballot, members, best } = candidacy
    takeLog(replica, best)
    // A pending proposal puts it straight back into joint mode (I4).
    const isPending = proposal?.epoch === epochOf(ballot) && world.settings.bug !== 'latejoint'
    const joint = isPending ? proposal.members : 0
    becomePrimary(world, number, { ballot, members, joint, isContinued: false })
  },
  label: (_world, number) => `${number}`,
}

function hasSealSet(world: World, replica: Replica, number: number): boolean {
  const { candidacy, promised } = replica
  if (candidacy === undefined || candidacy.isSent || has(world.dead, number)) return false
  if (!has(candidacy.sealed, number) || promised > candidacy.ballot) return false
  return world.quorums.isSealSet(candidacy.sealed, candidacy.members)
}

/** A candidate gives up. */
const giveUp: Transition = {
  name: 'candabort',
  weight: 0.3,
  offers({ replicas, dead }, offer) {
    replicas.forEach(({ candidacy }, number) => {
      if (candidacy !== undefined && !has(dead, number)) offer(number)
    })
  },
  apply(world, number) {
    replicaAt(world, number).candidacy = undefined
  },
  label: (_world, number) => `${number}`,
}

export const takeoverTransitions: readonly Transition[] = [
  stand,
  resume,
  assume,
  seal,
  promise,
  merge,
  swap,
  takeOffice,
  giveUp,
]
