/**
 * Logs as paths in a tree: equal logs are one object, so copying and comparing them costs nothing.
 *
 * An entry is a number: the ballot in which it was proposed, and the write it carries.
 *
 * @module
 */

import { floor, min } from './arithmetic.ts'

/** (epoch, activation) as one number: the order of numbers is the order of ballots. */
export type Ballot = number

const ACTIVATION_COUNT = 8
const PAYLOAD_COUNT = 32

export function ballotOf(epoch: number, activation: number): Ballot {
  return epoch * ACTIVATION_COUNT + activation
}

export function epochOf(ballot: Ballot): number {
  return floor(ballot / ACTIVATION_COUNT)
}

export function activationOf(ballot: Ballot): number {
  return ballot % ACTIVATION_COUNT
}

/** The payload of the entry that opens a ballot; writes count from 1. */
export const EPOCH_START = 0
/** The payload of the entry that joint mode waits for (I5). */
export const JOINT_ENTRY = PAYLOAD_COUNT - 1
/** Writes fit into a mask of 32 bits, and below the marks. */
export const WRITE_COUNT_MAX = PAYLOAD_COUNT - 2

/** Ballots of (0, 0) mean none. */
export const NO_BALLOT: Ballot = 0

let lastId = 0

export class Log {
  readonly id: number
  readonly length: number
  /** The last entry's ballot. */
  readonly ballot: Ballot
  /** The last entry's payload. */
  readonly payload: number
  /** The writes in it, as a mask. */
  readonly writes: number
  /** Its beginnings by length, itself at the end. */
  readonly #beginnings: readonly Log[]
  readonly #successors = new Map<number, Log>()

  private constructor(before: Log | undefined, ballot: Ballot, payload: number) {
    this.id = lastId++
    this.length = before === undefined ? 0 : before.length + 1
    this.ballot = ballot
    this.payload = payload
    this.writes = (before?.writes ?? 0) | maskOf(payload)
    this.#beginnings = before === undefined ? [this] : [...before.#beginnings, this]
  }

  /** The root of a tree of its own: logs of two roots are never equal. */
  static empty(): Log {
    return new Log(undefined, NO_BALLOT, EPOCH_START)
  }

  append(ballot: Ballot, payload: number): Log {
    const entry = ballot * PAYLOAD_COUNT + payload
    const known = this.#successors.get(entry)
    if (known !== undefined) return known
    const made = new Log(this, ballot, payload)
    this.#successors.set(entry, made)
    return made
  }

  /** Its first `length` entries, or all when it has fewer. */
  take(length: number): Log {
    return this.#beginnings[length] ?? this
  }

  startsWith(other: Log): boolean {
    return this.#beginnings[other.length] === other
  }

  /** How many entries it and `other` begin with together. */
  commonLength(other: Log): number {
    let length = min(this.length, other.length)
    while (this.#beginnings[length] !== other.#beginnings[length]) length--
    return length
  }

  /** The position of the last entry with this ballot that opens it, from 1; 0: there is none. */
  startOf(ballot: Ballot): number {
    const isStart = (log: Log) => log.ballot === ballot && log.payload === EPOCH_START
    return this.#beginnings.findLast(isStart)?.length ?? 0
  }

  /** Whether its history is the better one to go on from: the higher last ballot, then the longer log (T3). */
  isBetterThan(other: Log): boolean {
    return (this.ballot - other.ballot || this.length - other.length) > 0
  }

  toString(): string {
    const words = this.#beginnings.slice(1).map(({ ballot, payload }) => {
      const what = payload === EPOCH_START ? 'start' : payload === JOINT_ENTRY ? 'joint' : payload
      return `${epochOf(ballot)}.${activationOf(ballot)}:${what}`
    })
    return `[${words.join(' ')}]`
  }
}

function maskOf(payload: number): number {
  return payload === EPOCH_START || payload === JOINT_ENTRY ? 0 : 1 << payload
}
