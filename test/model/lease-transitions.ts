/**
 * Leases and strict reads (1.6, 1.7). Time appears only as the order that L1 guarantees: what a primary holds ends
 * before what the member gave.
 *
 * @module
 */

import { isQuorum } from './primary.ts'
import type { Transition } from './transition.ts'
import { has, only, replicaAt } from './world.ts'
import type { Replica, World } from './world.ts'

/** A member grants to the primary whose ballot is its own promise (L2). */
const grant: Transition = {
  name: 'grant',
  weight: 1,
  offers(world, offer) {
    if (world.settings.reads === 'strict') return
    world.replicas.forEach((member, from) => {
      if (has(world.dead, from) || member.isPrimary) return
      world.replicas.forEach((_, to) => {
        if (to !== from && mayGrant(world, member, from, to)) offer(from, to)
      })
    })
  },
  apply(world, from, to) {
    replicaAt(world, from).grantedTo = to
    replicaAt(world, to).held |= only(from)
  },
  label: (_world, from, to) => `${from}>${to}`,
}

function mayGrant(world: World, member: Replica, from: number, to: number): boolean {
  const primary = replicaAt(world, to)
  if (has(world.dead, to) || !primary.isPrimary || member.promised !== primary.ballot) return false
  if (member.grantedTo !== undefined && member.grantedTo !== to) return false
  return !has(primary.held, from) && has(primary.members | primary.joint, from)
}

/** What a primary holds runs out. */
const holdEnds: Transition = {
  name: 'hexp',
  weight: 0.25,
  offers({ replicas }, offer) {
    replicas.forEach(({ held }, holder) => {
      replicas.forEach((_, from) => {
        if (has(held, from)) offer(holder, from)
      })
    })
  },
  apply(world, holder, from) {
    replicaAt(world, holder).held &= ~only(from)
  },
  label: (_world, holder, from) => `${holder}:${from}`,
}

/** What a member gave runs out, never before (I15). */
const grantEnds: Transition = {
  name: 'gexp',
  weight: 0.7,
  offers(world, offer) {
    world.replicas.forEach(({ grantedTo }, from) => {
      if (grantedTo === undefined || has(world.dead, from)) return
      if (!has(replicaAt(world, grantedTo).held, from)) offer(from)
    })
  },
  apply(world, from) {
    replicaAt(world, from).grantedTo = undefined
  },
  label: (_world, from) => `${from}`,
}

/** A strict read begins: its rows are those of now. */
const ask: Transition = {
  name: 'ask',
  weight: 1,
  offers(world, offer) {
    if (world.settings.reads === 'lease') return
    world.replicas.forEach(({ isPrimary, isActive, read }, number) => {
      if (isPrimary && isActive && read === undefined && !has(world.dead, number)) offer(number)
    })
  },
  apply(world, number) {
    const primary = replicaAt(world, number)
    const { ballot, rows } = primary
    primary.read = { ballot, rows, acked: world.acked, confirmed: only(number) }
  },
  label: (_world, number) => `${number}`,
}

/** A member says that its promise is still the primary's ballot. */
const confirm: Transition = {
  name: 'confirm',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach(({ read }, number) => {
      if (read === undefined) return
      world.replicas.forEach(({ promised }, from) => {
        if (has(read.confirmed | world.dead, from) || promised !== read.ballot) return
        offer(from, number)
      })
    })
  },
  apply(world, from, number) {
    const primary = replicaAt(world, number)
    if (primary.read === undefined) return
    primary.read = { ...primary.read, confirmed: primary.read.confirmed | only(from) }
  },
  label: (_world, from, number) => `${from}>${number}`,
}

/** A strict read that a write quorum confirmed is answered: it must have all that was acknowledged before it began. */
const answer: Transition = {
  name: 'answer',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((primary, number) => {
      if (primary.read !== undefined && isQuorum(world, primary, primary.read.confirmed))
        offer(number)
    })
  },
  apply(world, number) {
    const primary = replicaAt(world, number)
    const { read } = primary
    primary.read = undefined
    if (read !== undefined && (read.acked & ~read.rows.writes) !== 0)
      world.wrong = `I17: replica ${number} answered a strict read without an acknowledged write`
  },
  label: (_world, number) => `${number}`,
}

export const leaseTransitions: readonly Transition[] = [
  grant,
  holdEnds,
  grantEnds,
  ask,
  confirm,
  answer,
]
