/**
 * One state of the model: what the config store holds, what each replica keeps and remembers, every message that was
 * ever sent. Messages are never removed: loss is never delivering one, duplication delivering it twice.
 *
 * Sets of replicas are masks, a replica is its number. Objects that a world holds are replaced, never changed, but for
 * the replicas, so that a copy is shallow.
 *
 * @module
 */

import { assert } from '@granary/storage-node/base/assert'
import { ballotOf, EPOCH_START, Log, NO_BALLOT, WRITE_COUNT_MAX } from './log.ts'
import type { Ballot } from './log.ts'
import { Quorums } from './quorums.ts'
import type { ModelSettings } from './settings.ts'

/** One link of the chain of configurations (I1). */
export interface Configuration {
  readonly epoch: number
  readonly primary: number
  readonly members: number
}

/** Everything that a primary has to say under its ballot; any beginning of it may arrive. */
export interface Prepare {
  readonly ballot: Ballot
  readonly from: number
  readonly commit: number
  readonly log: Log
  readonly configuration: Configuration
  /** The members, and in joint mode the next ones. */
  readonly targets: number
}

export interface Ack {
  readonly ballot: Ballot
  readonly from: number
  readonly length: number
}

/** A configuration on its way to the config store. */
export interface Swap {
  readonly kind: 'takeover' | 'change'
  readonly by: number
  /** Of the configuration that it replaces. */
  readonly expected: number
  readonly epoch: number
  readonly members: number
  readonly state: 'pending' | 'won' | 'lost'
}

/** What a replica does to become primary (1.9). */
export interface Candidacy {
  readonly kind: 'takeover' | 'resume' | 'assume'
  /** What it asks the others to promise. */
  readonly ballot: Ballot
  /** The epoch of the configuration that it knows. */
  readonly expected: number
  readonly members: number
  readonly sealed: number
  readonly best: Log
  /** Who has the merged log, before a takeover that drops members. */
  readonly merged: number
  readonly isSent: boolean
}

/** A strict read under way (1.6): it began when all of `acked` was acknowledged, and it answers from `rows`. */
export interface StrictRead {
  readonly ballot: Ballot
  readonly rows: Log
  readonly acked: number
  readonly confirmed: number
}

export interface Replica {
  promised: Ballot
  known: Configuration | undefined
  /** The configuration that this primary proposed, and under which epoch (I4). */
  proposal: { readonly epoch: number; readonly members: number } | undefined
  log: Log
  /** A crash keeps so many of its entries for sure. */
  synced: number
  /** What is applied, as the log that it was. */
  rows: Log
  /** A crash keeps so many of the rows for sure. */
  flushed: number
  /** Whose rivals it does not help. Kept in a crash: that is the silence of L4. */
  grantedTo: number | undefined

  /** From here on, lost in a crash. */
  isPrimary: boolean
  isActive: boolean
  ballot: Ballot
  members: number
  /** The members proposed next, and where their `Joint` entry is; 0: not in joint mode. */
  joint: number
  jointAt: number
  /** Where the ballot's epoch start is. */
  start: number
  acked: readonly number[]
  held: number
  commit: number
  /** So many entries equal the log of the ballot `accepted`. */
  matched: number
  accepted: Ballot
  candidacy: Candidacy | undefined
  read: StrictRead | undefined
}

export interface World {
  readonly settings: ModelSettings
  readonly quorums: Quorums
  configuration: Configuration
  replicas: Replica[]
  prepares: readonly Prepare[]
  acks: readonly Ack[]
  swaps: readonly Swap[]
  /** How many were begun. */
  writes: number
  /** Those that a client was told of, as a mask. */
  acked: number
  crashes: number
  changes: number
  /** What a read found wrong. */
  wrong: string | undefined
  /** In the liveness phase nothing crashes any more but for these, which stay dead. */
  dead: number
  isHealing: boolean
}

/** The first epoch: replica 0 is its active primary, and every founder has its start. */
export function firstWorld(settings: ModelSettings): World {
  assert(settings.writeMax <= WRITE_COUNT_MAX, 'writes fit into a mask')
  const ballot = ballotOf(1, 1)
  const nothing = Log.empty()
  const log = nothing.append(ballot, EPOCH_START)
  const configuration = { epoch: 1, primary: 0, members: settings.founders }
  const replicas = Array.from({ length: settings.replicaCount }, (_, replica) =>
    has(settings.founders, replica) ? founder(configuration, ballot, log) : outsider(nothing),
  )
  const primary = replicaAt({ replicas }, 0)
  Object.assign(primary, { isPrimary: true, isActive: true, ballot, start: 1, commit: 1 })
  primary.members = settings.founders
  primary.acked = replicas.map((_, replica) => (has(settings.founders, replica) ? 1 : 0))
  return {
    settings,
    quorums: new Quorums(settings),
    configuration,
    replicas,
    prepares: [],
    acks: [],
    swaps: [],
    writes: 0,
    acked: 0,
    crashes: 0,
    changes: 0,
    wrong: undefined,
    dead: 0,
    isHealing: false,
  }
}

function founder(known: Configuration, promised: Ballot, log: Log): Replica {
  return { ...outsider(log), promised, known, synced: 1, flushed: 1, commit: 1, matched: 1 }
}

function outsider(log: Log): Replica {
  return {
    promised: NO_BALLOT,
    known: undefined,
    proposal: undefined,
    log,
    synced: 0,
    rows: log,
    flushed: 0,
    grantedTo: undefined,
    ...forgotten(),
  }
}

/** What a start remembers of a life before it: nothing. */
export function forgotten() {
  return {
    isPrimary: false,
    isActive: false,
    ballot: NO_BALLOT,
    members: 0,
    joint: 0,
    jointAt: 0,
    start: 0,
    acked: [] as readonly number[],
    held: 0,
    commit: 0,
    matched: 0,
    accepted: NO_BALLOT,
    candidacy: undefined,
    read: undefined,
  }
}

/** A world of its own with the same state. */
export function copyWorld(world: World): World {
  return { ...world, replicas: world.replicas.map((replica) => ({ ...replica })) }
}

export function replicaAt({ replicas }: Pick<World, 'replicas'>, number: number): Replica {
  const replica = replicas[number]
  assert(replica !== undefined, 'a replica has a number below their count')
  return replica
}

export function has(set: number, replica: number): boolean {
  return ((set >> replica) & 1) === 1
}

export function only(replica: number): number {
  return 1 << replica
}
