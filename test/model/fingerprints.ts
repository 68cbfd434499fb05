/**
 * States as numbers of 64 bits, and a set of those that were seen: two states with one fingerprint would be taken for
 * one, which among 10 million states happens in 3 of a million searches.
 *
 * @module
 */

import { imul } from './arithmetic.ts'
import type { Candidacy, Replica, World } from './world.ts'

/** Two halves of 32 bits. */
export interface Fingerprint {
  readonly high: number
  readonly low: number
}

/** The same for worlds that differ in nothing that matters: messages have no order. */
export function fingerprintOf(world: World): Fingerprint {
  const { configuration, replicas, prepares, acks, swaps, writes, acked, crashes, changes } = world
  const mixer = new Mixer()
  mixer.add(configuration.epoch, configuration.primary, configuration.members)
  mixer.add(writes, acked, crashes, changes)
  for (const replica of replicas) addReplica(mixer, replica)
  for (const { ballot, from, commit, log, targets } of prepares)
    mixer.addUnordered(ballot, from, commit, log.id, targets)
  for (const { ballot, from, length } of acks) mixer.addUnordered(-1, ballot, from, length)
  for (const { kind, by, expected, epoch, members, state } of swaps)
    mixer.addUnordered(kind.length, by, expected, epoch, members, state.length)
  return mixer.end()
}

function addReplica(mixer: Mixer, replica: Replica): void {
  const { promised, known, proposal, log, synced, rows, flushed, grantedTo } = replica
  mixer.add(promised, known?.epoch ?? 0, known?.primary ?? 0, known?.members ?? 0)
  mixer.add(proposal?.epoch ?? 0, proposal?.members ?? 0, log.id, synced, rows.id, flushed)
  mixer.add(grantedTo ?? -1, Number(replica.isPrimary), Number(replica.isActive), replica.ballot)
  mixer.add(replica.members, replica.joint, replica.jointAt, replica.start, replica.held)
  mixer.add(replica.commit, replica.matched, replica.accepted, ...replica.acked)
  addCandidacy(mixer, replica.candidacy)
  const { read } = replica
  if (read !== undefined) mixer.add(read.ballot, read.rows.id, read.acked, read.confirmed)
}

function addCandidacy(mixer: Mixer, candidacy: Candidacy | undefined): void {
  if (candidacy === undefined) return mixer.add(0)
  const { kind, ballot, expected, members, sealed, best, merged, isSent } = candidacy
  mixer.add(kind.length, ballot, expected, members, sealed, best.id, merged, Number(isSent))
}

const MULTIPLIER_HIGH = 0x85ebca6b
const MULTIPLIER_LOW = 0xc2b2ae35

class Mixer {
  #high = 0x9e3779b9
  #low = 0x7f4a7c15
  #unorderedHigh = 0
  #unorderedLow = 0

  add(...values: readonly number[]): void {
    for (const value of values) {
      this.#high = mix(this.#high ^ value, MULTIPLIER_HIGH)
      this.#low = mix(this.#low + value, MULTIPLIER_LOW)
    }
  }

  addUnordered(...values: readonly number[]): void {
    const one = new Mixer()
    one.add(...values)
    this.#unorderedHigh = (this.#unorderedHigh + one.#high) | 0
    this.#unorderedLow = (this.#unorderedLow + one.#low) | 0
  }

  end(): Fingerprint {
    this.add(this.#unorderedHigh, this.#unorderedLow)
    return { high: this.#high >>> 0, low: this.#low >>> 0 }
  }
}

function mix(value: number, multiplier: number): number {
  const mixed = imul(value ^ (value >>> 15), multiplier)
  return (mixed ^ (mixed >>> 13)) + 0x165667b1 + (mixed << 5)
}

const FIRST_SLOT_COUNT = 1 << 16
const FULL = 0.6

/** A set of fingerprints in two flat arrays: 8 bytes each, and half as much again. */
export class FingerprintSet {
  #high = new Uint32Array(FIRST_SLOT_COUNT)
  #low = new Uint32Array(FIRST_SLOT_COUNT)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** True if it was not there. */
  add({ high, low }: Fingerprint): boolean {
    if (this.#size > this.#low.length * FULL) this.#grow()
    // 0 means an empty slot.
    const marked = low || 1
    const slot = this.#slotOf(high, marked)
    if (this.#low[slot] !== 0) return false
    this.#high[slot] = high
    this.#low[slot] = marked
    this.#size++
    return true
  }

  #slotOf(high: number, low: number): number {
    const last = this.#low.length - 1
    let slot = (high ^ low) & last
    while (this.#low[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & last
    return slot
  }

  #grow(): void {
    const [highs, lows] = [this.#high, this.#low]
    this.#high = new Uint32Array(highs.length * 2)
    this.#low = new Uint32Array(lows.length * 2)
    lows.forEach((low, at) => {
      if (low === 0) return
      const slot = this.#slotOf(highs[at] ?? 0, low)
      this.#high[slot] = highs[at] ?? 0
      this.#low[slot] = low
    })
  }
}
