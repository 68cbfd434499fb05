/**
 * What happens around the protocol: crashes, the config store's answers, membership changes (1.9, 1.3).
 *
 * @module
 */

import { max } from './arithmetic.ts'
import { epochOf, JOINT_ENTRY } from './log.ts'
import { becomePrimary, firstBallot, sendPrepare, stepDown } from './primary.ts'
import type { Transition } from './transition.ts'
import { forgotten, has, replicaAt } from './world.ts'
import type { Replica, Swap, World } from './world.ts'

const KEEPS_LOG = 1
const KEEPS_ROWS = 2

/** A store dies and starts again; what was not synced may be lost, or not. */
const crash: Transition = {
  name: 'crash',
  weight: 0.5,
  offers({ replicas, crashes, settings, isHealing }, offer) {
    if (isHealing || crashes >= settings.crashMax) return
    replicas.forEach(({ synced, log, flushed, rows }, number) => {
      const variants =
        (synced < log.length ? KEEPS_LOG : 0) | (flushed < rows.length ? KEEPS_ROWS : 0)
      for (let kept = 0; kept <= variants; kept++)
        if ((kept & variants) === kept) offer(number, kept)
    })
  },
  apply(world, number, kept) {
    const { bug } = world.settings
    const replica = replicaAt(world, number)
    if ((kept & KEEPS_LOG) === 0) replica.log = replica.log.take(replica.synced)
    if ((kept & KEEPS_ROWS) === 0) replica.rows = replica.rows.take(replica.flushed)
    if (bug === 'replayall') replica.rows = replica.log
    if (bug === 'losepromise' && replica.known) replica.promised = firstBallot(replica.known.epoch)
    if (bug === 'forgetgrant') replica.grantedTo = undefined
    Object.assign(replica, forgotten(), { commit: replica.rows.length })
    // What a start finds it writes again and syncs before it counts (J2).
    replica.synced = replica.log.length
    replica.flushed = replica.rows.length
    world.crashes++
  },
  label: (_world, number, kept) =>
    `${number}${kept & KEEPS_LOG ? ' keeps log' : ''}${kept & KEEPS_ROWS ? ' keeps rows' : ''}`,
}

/** An active primary begins to change the members, or only the epoch: one member more at most (M2). */
const joint: Transition = {
  name: 'joint',
  weight: 0.5,
  offers(world, offer) {
    world.replicas.forEach((primary, number) => {
      if (!primary.isActive || primary.joint !== 0 || has(world.dead, number)) return
      if (epochOf(primary.ballot) >= world.settings.epochMax) return
      if (world.isHealing) {
        const living = primary.members & ~world.dead
        if (living !== primary.members || hasHigherPromise(world, primary)) offer(number, living)
      } else if (world.changes < world.settings.changeMax) {
        for (const members of nextMembers(world, number, primary.members)) offer(number, members)
      }
    })
  },
  apply(world, number, members) {
    const primary = replicaAt(world, number)
    world.changes++
    primary.joint = members
    primary.log = primary.log.append(primary.ballot, JOINT_ENTRY)
    primary.matched = primary.jointAt = primary.log.length
    sendPrepare(world, number)
  },
  label: (_world, number, members) => `${number}->${members.toString(2)}`,
}

function hasHigherPromise({ replicas }: World, { ballot, members }: Replica): boolean {
  return replicas.some(({ promised }, number) => has(members, number) && promised > ballot)
}

function nextMembers({ settings }: World, primary: number, members: number): number[] {
  const next: number[] = [members]
  for (let set = 1; set < 1 << settings.replicaCount; set++) {
    const added = set & ~members
    const isOneMore = (added & (added - 1)) === 0
    if (has(set, primary) && isOneMore && set !== members) next.push(set)
  }
  return next
}

/** The primary proposes, durably first, once the `Joint` entry is committed by both (M3, M4). */
const propose: Transition = {
  name: 'casM',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((primary, number) => {
      if (!primary.isActive || primary.joint === 0 || has(world.dead, number)) return
      if (world.swaps.some((swap) => isChangeOf(swap, primary, number))) return
      const isReady = primary.commit >= primary.jointAt || world.settings.bug === 'nojointwait'
      if (!isReady) return
      const next = epochOf(primary.ballot) + 1
      const above = max(...world.replicas.map(({ promised }) => epochOf(promised))) + 1
      for (const epoch of new Set([next, max(next, above)]))
        if (epoch <= world.settings.epochMax || world.isHealing) offer(number, epoch)
    })
  },
  apply(world, number, epoch) {
    const primary = replicaAt(world, number)
    const expected = epochOf(primary.ballot)
    const members = primary.joint
    const sent = { kind: 'change', by: number, expected, epoch, members, state: 'pending' } as const
    world.swaps = [...world.swaps, sent]
    if (world.settings.bug !== 'volatileproposal') primary.proposal = { epoch: expected, members }
  },
  label: (_world, number, epoch) => `${number} e${epoch}`,
}

function isChangeOf(swap: Swap, primary: Replica, number: number): boolean {
  return swap.kind === 'change' && swap.by === number && swap.expected === epochOf(primary.ballot)
}

/** The config store takes a swap, in any order, or refuses it because it is late. */
const decide: Transition = {
  name: 'cas',
  weight: 1,
  offers({ swaps }, offer) {
    swaps.forEach(({ state }, index) => {
      if (state === 'pending') offer(index)
    })
  },
  apply(world, index) {
    const swap = swapAt(world, index)
    const wins = swap.expected === world.configuration.epoch
    if (wins) {
      world.configuration = { epoch: swap.epoch, primary: swap.by, members: swap.members }
    }
    world.swaps = world.swaps.with(index, { ...swap, state: wins ? 'won' : 'lost' })
  },
  label(world, index) {
    const swap = swapAt(world, index)
    const wins = swap.expected === world.configuration.epoch
    return `${wins ? 'OK' : 'Fail'} ${swap.kind === 'takeover' ? 'T' : 'M'}${swap.by}`
  },
}

/** A primary that never heard writes the object once more: what is still on its way has lost (M5). */
const touch: Transition = {
  name: 'touch',
  weight: 0.3,
  offers(world, offer) {
    world.replicas.forEach((primary, number) => {
      if (!primary.isPrimary || primary.joint === 0 || has(world.dead, number)) return
      const isOpen = (swap: Swap) => swap.state === 'pending' && isChangeOf(swap, primary, number)
      if (world.swaps.some(isOpen)) offer(number)
    })
  },
  apply(world) {
    world.swaps = world.swaps.map((swap) =>
      swap.state === 'pending' ? { ...swap, state: 'lost' as const } : swap,
    )
  },
  label: (_world, number) => `${number}`,
}

/** The one that sent a swap learns what became of it. */
const learn: Transition = {
  name: 'learn',
  weight: 1,
  offers(world, offer) {
    world.swaps.forEach((swap, index) => {
      if (swap.state !== 'pending' && !has(world.dead, swap.by) && waitsFor(world, swap))
        offer(index)
    })
  },
  apply(world, index) {
    const swap = swapAt(world, index)
    world.swaps = world.swaps.toSpliced(index, 1)
    if (swap.kind === 'takeover') learnTakeover(world, swap)
    else learnChange(world, swap)
  },
  label(world, index) {
    const swap = swapAt(world, index)
    return `${swap.kind === 'takeover' ? 'T' : 'M'}${swap.by}`
  },
}

function waitsFor(world: World, swap: Swap): boolean {
  const replica = replicaAt(world, swap.by)
  if (swap.kind === 'change') return replica.isPrimary && isChangeOf(swap, replica, swap.by)
  const { candidacy } = replica
  return candidacy !== undefined && candidacy.isSent && epochOf(candidacy.ballot) === swap.epoch
}

function learnTakeover(world: World, { by, state, epoch, members }: Swap): void {
  const replica = replicaAt(world, by)
  const ballot = firstBallot(epoch)
  replica.candidacy = undefined
  if (state === 'lost' || replica.promised >= ballot) return
  becomePrimary(world, by, { ballot, members, joint: 0, isContinued: false })
}

function learnChange(world: World, { by, state, epoch, expected, members }: Swap): void {
  const replica = replicaAt(world, by)
  if (state === 'won') {
    becomePrimary(world, by, {
      ballot: firstBallot(epoch),
      members,
      joint: 0,
      isContinued: replica.isActive,
    })
  } else if (world.configuration.epoch === expected) {
    // Proven not to have happened: the members are as before.
    Object.assign(replica, { joint: 0, jointAt: 0, proposal: undefined })
  } else stepDown(replica)
}

function swapAt(world: World, index: number): Swap {
  return world.swaps[index] as Swap
}

export const surroundingsTransitions: readonly Transition[] = [
  crash,
  joint,
  propose,
  decide,
  touch,
  learn,
]
