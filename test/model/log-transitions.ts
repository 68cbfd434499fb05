/**
 * The write path: proposing, accepting, syncing, acknowledging, applying (1.5).
 *
 * @module
 */

import { max, min } from './arithmetic.ts'
import {
  advance,
  applicableLength,
  applyCommitted,
  hasNews,
  sendPrepare,
  stepDown,
} from './primary.ts'
import type { Transition } from './transition.ts'
import { has, replicaAt } from './world.ts'
import type { Prepare, Replica, World } from './world.ts'

/** A client's write reaches an active primary. */
const write: Transition = {
  name: 'write',
  weight: 1,
  offers({ replicas, writes, settings, quorums }, offer) {
    if (writes >= settings.writeMax) return
    replicas.forEach(({ isPrimary, isActive, members, joint }, number) => {
      if (!isPrimary || !isActive || !quorums.mayWrite(members)) return
      if (joint === 0 || quorums.mayWrite(joint)) offer(number)
    })
  },
  apply(world, number) {
    const primary = replicaAt(world, number)
    primary.log = primary.log.append(primary.ballot, ++world.writes)
    primary.matched = primary.log.length
    sendPrepare(world, number)
  },
  label: (_world, number) => `${number}`,
}

/** A primary tells its members how far it has committed. */
const tell: Transition = {
  name: 'tell',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach(({ isPrimary }, number) => {
      if (isPrimary && !has(world.dead, number) && hasNews(world, number)) offer(number)
    })
  },
  apply: (world, number) => sendPrepare(world, number),
  label: (_world, number) => `${number}`,
}

/** The journal of a replica syncs what waits; a member acknowledges what that makes durable (I9). */
const sync: Transition = {
  name: 'sync',
  weight: 1,
  offers({ replicas, dead }, offer) {
    replicas.forEach(({ synced, log }, number) => {
      if (synced < log.length && !has(dead, number)) offer(number)
    })
  },
  apply: (world, number) => syncJournal(world, number),
  label: (_world, number) => `${number}`,
}

function syncJournal(world: World, number: number): void {
  const replica = replicaAt(world, number)
  replica.synced = replica.log.length
  if (replica.isPrimary) return advance(world, number)
  acknowledge(world, number)
  if (world.settings.applies === 'at once') applyCommitted(world, number)
}

function acknowledge(world: World, from: number): void {
  const { accepted: ballot, promised, matched, synced } = replicaAt(world, from)
  const length = min(matched, synced)
  if (length === 0 || (ballot < promised && world.settings.bug !== 'noepochcheck')) return
  const known = world.acks.find((ack) => ack.from === from && ack.ballot === ballot)
  if (known !== undefined && known.length >= length) return
  world.acks = [...world.acks.filter((ack) => ack !== known), { ballot, from, length }]
}

/** An acknowledgement arrives at the primary that it is for, early or late. */
const ack: Transition = {
  name: 'ack',
  weight: 1,
  offers(world, offer) {
    for (const { ballot, from, length } of world.acks) {
      world.replicas.forEach((primary, number) => {
        if (has(world.dead, number) || !primary.isPrimary || primary.ballot !== ballot) return
        if (ackedBy(primary, from) < length) offer(from, number, length)
      })
    }
  },
  apply: takeAck,
  label: (_world, from, number, length) => `${from}>${number} len${length}`,
}

function takeAck(world: World, from: number, number: number, length: number): void {
  const primary = replicaAt(world, number)
  primary.acked = primary.acked.with(from, length)
  advance(world, number)
}

function ackedBy({ acked }: Replica, member: number): number {
  return acked[member] ?? 0
}

/** The beginning of a Prepare, of any length, arrives at a member. */
const prepare: Transition = {
  name: 'prep',
  weight: 1,
  offers(world, offer) {
    world.prepares.forEach((message, index) => {
      world.replicas.forEach((replica, number) => {
        if (!mayReceive(world, message, number)) return
        for (let length = message.log.length; length >= 1; length--) {
          if (changes(replica, message, length)) offer(index, number, length)
        }
      })
    })
  },
  apply(world, index, number, length) {
    accept(world, prepareAt(world, index), number, length)
  },
  label: labelPrepare,
}

/** The same, and its way back: the journal syncs and the acknowledgement arrives. */
const prepareAndAck: Transition = {
  name: 'prep+ack',
  weight: 1,
  offers(world, offer) {
    world.prepares.forEach((message, index) => {
      const primary = replicaAt(world, message.from)
      if (!primary.isPrimary || primary.ballot !== message.ballot) return
      if (has(world.dead, message.from)) return
      world.replicas.forEach((_, number) => {
        if (!mayReceive(world, message, number)) return
        for (let length = message.log.length; length > ackedBy(primary, number); length--)
          offer(index, number, length)
      })
    })
  },
  apply(world, index, number, length) {
    const message = prepareAt(world, index)
    accept(world, message, number, length)
    syncJournal(world, number)
    const sent = world.acks.find((sent) => sent.from === number && sent.ballot === message.ballot)
    const primary = replicaAt(world, message.from)
    if (sent !== undefined && sent.length > ackedBy(primary, number))
      takeAck(world, number, message.from, sent.length)
  },
  label: labelPrepare,
}

function labelPrepare(world: World, index: number, number: number, length: number): string {
  return `${prepareAt(world, index).from}>${number} len${length}`
}

function prepareAt(world: World, index: number): Prepare {
  return world.prepares[index] as Prepare
}

function mayReceive(world: World, message: Prepare, number: number): boolean {
  if (number === message.from || has(world.dead, number)) return false
  if (!has(message.targets, number)) return false
  const { promised, isPrimary, ballot } = replicaAt(world, number)
  if (message.ballot < promised && world.settings.bug !== 'noepochcheck') return false
  return !isPrimary || message.ballot > ballot
}

/** Whether the message tells the replica anything that it does not know. */
function changes(replica: Replica, message: Prepare, length: number): boolean {
  if (message.ballot !== replica.accepted) return true
  return length > replica.matched || min(message.commit, length) > replica.commit
}

function accept(world: World, message: Prepare, number: number, length: number): void {
  const { bug } = world.settings
  const replica = replicaAt(world, number)
  const log = message.log.take(length)
  const common = log.commonLength(replica.log)
  if (replica.isPrimary) stepDown(replica)
  // A shorter late duplicate never truncates: only what differs is replaced.
  if (common < length || bug === 'trunc') {
    replica.log = log
    replica.synced = min(replica.synced, common)
  }
  const known = message.ballot === replica.accepted ? replica.matched : 0
  replica.matched = max(known, length)
  replica.accepted = message.ballot
  replica.promised = max(replica.promised, message.ballot)
  replica.known = message.configuration
  replica.candidacy = undefined
  const heard = min(message.commit, bug === 'matched' ? replica.log.length : replica.matched)
  replica.commit = max(replica.commit, heard)
  if (replica.synced === replica.log.length) acknowledge(world, number)
  if (world.settings.applies === 'at once') applyCommitted(world, number)
}

/** A replica applies what is committed. */
const apply: Transition = {
  name: 'apply',
  weight: 1,
  offers(world, offer) {
    world.replicas.forEach((replica, number) => {
      if (has(world.dead, number)) return
      if (applicableLength(world, replica) > replica.rows.length) offer(number)
      else if (replica.isPrimary && !replica.isActive && replica.rows.length >= replica.start)
        offer(number)
    })
  },
  apply: (world, number) => applyCommitted(world, number),
  label: (_world, number) => `${number}`,
}

/** The engine flushes: from here on a crash keeps the rows (J5). */
const flush: Transition = {
  name: 'flush',
  weight: 0.5,
  offers({ replicas, dead }, offer) {
    replicas.forEach(({ rows, flushed }, number) => {
      if (rows.length > flushed && !has(dead, number)) offer(number)
    })
  },
  apply(world, number) {
    const replica = replicaAt(world, number)
    replica.flushed = replica.rows.length
  },
  label: (_world, number) => `${number}`,
}

export const logTransitions: readonly Transition[] = [
  write,
  tell,
  sync,
  ack,
  prepare,
  prepareAndAck,
  apply,
  flush,
]
