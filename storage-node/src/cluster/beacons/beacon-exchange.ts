/**
 * Sends this storage node's beacons and answers those of the others.
 *
 * Runs in the beacon thread, or in the main loop where there is none; it never waits for anything.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Ballot, Incarnation, PartitionId, StoreId } from '../../contract/identifiers.ts'
import {
  beaconMessage,
  type Beacon,
  type BeaconAnswer,
  type BeaconClaim,
  type BeaconRefusal,
  type BeaconStatus,
} from '../../wire/peer/beacon-codec.ts'
import { decode, encode } from '../../wire/peer/codec.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import type { BeaconChannel } from '../transport/beacon-channel.ts'
import type { GrantsGiven } from './grants-given.ts'
import type { GrantsHeld } from './grants-held.ts'
import { clockOffsetMs, hasClockJumped, type LeaseBoard } from './lease-board.ts'
import { BEACON_INTERVAL_MS } from './lease-times.ts'
import type { PeerLives } from './peer-lives.ts'

/** What the exchange tells and asks the rest of the storage node. */
export interface BeaconHost {
  /** About this storage node, for the next beacon. */
  status(): BeaconStatus
  /** False: this storage node only seems to live (L6). */
  isAlive(): boolean
  heard(from: StoreId, status: BeaconStatus): void
  refused(partition: PartitionId, member: StoreId, promised: Ballot): void
}

export interface BeaconExchangeOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly channel: BeaconChannel
  readonly incarnation: Incarnation
  readonly given: GrantsGiven
  readonly held: GrantsHeld
  readonly lives: PeerLives
  readonly board: LeaseBoard
  readonly host: BeaconHost
}

/** A member that has not yet learned of a new primary is asked again after so long. */
const SETTLING_INTERVAL_MS = 25

/** A list that a peer has sent. */
interface KnownList {
  readonly incarnation: Incarnation
  readonly number: number
  readonly claims: readonly BeaconClaim[]
}

interface Peer {
  /** Its last list. */
  list: KnownList | undefined
  /** Number of this store's list that it has. */
  hasList: number
  settling: Timer | undefined
}

export class BeaconExchange {
  readonly #options: BeaconExchangeOptions
  readonly #peers = new Map<StoreId, Peer>()
  readonly #malformed = new Set<StoreId>()
  #timer: Timer | undefined
  #clockOffsetMs: number

  constructor(options: BeaconExchangeOptions) {
    this.#options = options
    this.#clockOffsetMs = clockOffsetMs(options.clock)
    options.channel.onBeacon((from, bytes) => this.#onBytes(from, bytes))
    this.#tick()
  }

  /** From now on these are the other stores of the region. */
  setPeers(stores: readonly StoreId[]): void {
    for (const [store, peer] of this.#peers) {
      if (stores.includes(store)) continue
      peer.settling?.cancel()
      this.#peers.delete(store)
    }
    for (const store of stores) {
      if (this.#peers.has(store)) continue
      this.#peers.set(store, { list: undefined, hasList: 0, settling: undefined })
      this.#send(store)
    }
  }

  /** Sends a beacon to everybody now, beside those that are due. */
  sendNow(): void {
    for (const store of this.#peers.keys()) this.#send(store)
  }

  stop(): void {
    this.setPeers([])
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #tick(): void {
    const { clock } = this.#options
    this.#watchClocks()
    this.sendNow()
    this.#timer = clock.schedule(BEACON_INTERVAL_MS, () => this.#tick())
  }

  /** The two clocks of a machine go alike, unless it was suspended or somebody set one of them. */
  #watchClocks(): void {
    const { clock, held, board } = this.#options
    if (hasClockJumped(clock, this.#clockOffsetMs)) held.dropAll(clock.monotonicMs())
    this.#clockOffsetMs = clockOffsetMs(clock)
    board.clockOffset(this.#clockOffsetMs)
  }

  #send(to: StoreId): void {
    const { clock, channel, held, host, incarnation } = this.#options
    const peer = this.#peers.get(to)
    if (peer === undefined || !host.isAlive()) return
    const { number, claims } = held.list()
    const beacon: Beacon = {
      kind: 'beacon',
      incarnation,
      stampMs: clock.monotonicMs(),
      status: host.status(),
      listNumber: number,
      claims: peer.hasList === number ? undefined : claims,
    }
    channel.send(to, encode(beaconMessage, beacon).values)
  }

  #onBytes(from: StoreId, bytes: Uint8Array): void {
    let message
    try {
      message = decode(beaconMessage, { values: bytes, bulk: [] })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.#onMalformed(from, error)
    }
    switch (message.kind) {
      case 'beacon':
        return this.#onBeacon(from, message)
      case 'answer':
        return this.#onAnswer(from, message)
      default:
        unreachable(message)
    }
  }

  /** One line a store: whoever sends one such beacon goes on. */
  #onMalformed(from: StoreId, { message }: Error): void {
    if (this.#malformed.has(from)) return
    this.#malformed.add(from)
    const fields = { store: from, why: message }
    this.#options.logger.warn('A store sends beacons that cannot be read', fields)
  }

  #onBeacon(from: StoreId, beacon: Beacon): void {
    const { clock, channel, lives, board, host } = this.#options
    const peer = this.#peers.get(from)
    const nowMs = clock.monotonicMs()
    if (peer === undefined || !lives.meet(from, beacon.incarnation, nowMs)) return
    board.heard(from, nowMs)
    host.heard(from, beacon.status)
    if (beacon.claims !== undefined) peer.list = knownList(beacon, beacon.claims)
    // An old process that goes on without its volume must not grant against the new one's word.
    if (!host.isAlive()) return
    channel.send(from, encode(beaconMessage, this.#answerTo(from, beacon, peer.list)).values)
  }

  #answerTo(from: StoreId, beacon: Beacon, list: KnownList | undefined): BeaconAnswer {
    const { incarnation, stampMs, listNumber } = beacon
    const answer = { kind: 'answer', incarnation, stampMs, listNumber } as const
    if (list?.incarnation !== incarnation || list.number !== listNumber) {
      return { ...answer, isListWanted: true, withheld: [], refused: [] }
    }
    const withheld: PartitionId[] = []
    const refused: BeaconRefusal[] = []
    const nowMs = this.#options.clock.monotonicMs()
    for (const claim of list.claims) {
      const decision = this.#options.given.answer(from, claim, nowMs)
      if (decision === 'withheld') withheld.push(claim.partition)
      else if (decision !== 'granted') {
        refused.push({ partition: claim.partition, promised: decision })
      }
    }
    return { ...answer, isListWanted: false, withheld, refused }
  }

  #onAnswer(from: StoreId, answer: BeaconAnswer): void {
    const { clock, held, host, incarnation } = this.#options
    const peer = this.#peers.get(from)
    // An answer to an earlier process of this store has stamps of another clock.
    if (peer === undefined || answer.incarnation !== incarnation) return
    if (answer.isListWanted) {
      // Asked for the last list only: an answer that was under way for long asks for none.
      if (answer.listNumber !== held.list().number) return
      peer.hasList = 0
      return this.#send(from)
    }
    peer.hasList = answer.listNumber
    // What was granted before a jump must not begin to count after it.
    this.#watchClocks()
    const { refused, isSettling } = held.onAnswer(from, answer, clock.monotonicMs())
    for (const { partition, promised } of refused) host.refused(partition, from, promised)
    if (isSettling) this.#askAgainSoon(from, peer)
  }

  #askAgainSoon(from: StoreId, peer: Peer): void {
    peer.settling ??= this.#options.clock.schedule(SETTLING_INTERVAL_MS, () => {
      peer.settling = undefined
      this.#send(from)
    })
  }
}

function knownList({ incarnation, listNumber }: Beacon, claims: readonly BeaconClaim[]): KnownList {
  return { incarnation, number: listNumber, claims }
}
