/**
 * What a beacon thread does: runs the exchange of beacons by the calls of its main loop.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { BeaconChannel } from '../transport/beacon-channel.ts'
import { BeaconExchange, type BeaconHost } from './beacon-exchange.ts'
import { GrantsGiven } from './grants-given.ts'
import { GrantsHeld } from './grants-held.ts'
import { PeerLives } from './peer-lives.ts'
import type { Remembering } from './remembering.ts'
import { SharedLeaseBoard } from './shared-board.ts'
import { isPulseFresh, readStatus } from './shared-view.ts'
import { SharedWords } from './shared-words.ts'
import type { BeaconCall, BeaconNotice, BeaconThreadSettings } from './thread-messages.ts'

export interface BeaconServiceParts {
  readonly settings: BeaconThreadSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly channel: BeaconChannel
  readonly remembering: Remembering
  readonly notify: (notice: BeaconNotice) => void
}

export class BeaconService {
  readonly #clock: Clock
  readonly #remembering: Remembering
  readonly #notify: (notice: BeaconNotice) => void
  readonly #board: SharedLeaseBoard
  readonly #given: GrantsGiven
  readonly #held: GrantsHeld
  readonly #exchange: BeaconExchange
  #isSendDue = false

  constructor({ settings, clock, logger, channel, remembering, notify }: BeaconServiceParts) {
    const words = new SharedWords(settings.memory)
    const board = new SharedLeaseBoard(words)
    const { incarnation } = settings
    this.#clock = clock
    this.#notify = notify
    this.#remembering = remembering
    this.#board = board
    this.#given = new GrantsGiven(board)
    this.#held = new GrantsHeld(board)
    const lives = new PeerLives(settings.incarnations, board)
    const parts = { given: this.#given, held: this.#held, lives, board }
    const host = this.#host(words)
    this.#exchange = new BeaconExchange({ clock, logger, channel, incarnation, host, ...parts })
  }

  perform(call: BeaconCall): void {
    switch (call.kind) {
      case 'peers':
        this.#board.placeStores(call.peers)
        return this.#exchange.setPeers(call.peers.map(({ store }) => store))
      case 'allow':
        this.#board.placePartition(call.partition, call.slot)
        return this.#given.allow(call.partition, call.ballot, call.to)
      case 'revoke': {
        const untilMs = this.#given.revoke(call.partition)
        return this.#notify({ kind: 'revoked', token: call.token, untilMs })
      }
      case 'hold':
        this.#board.placePartition(call.partition, call.slot)
        this.#held.hold(call.partition, call.ballot, call.members, this.#clock.monotonicMs())
        this.#board.openHold(call.partition, call.number, call.members)
        return this.#sendSoon()
      case 'stop':
        this.#held.stop(call.partition)
        return this.#notify({ kind: 'stopped', token: call.token })
      case 'remembered':
        return this.#remembering.settle(call.token)
      default:
        unreachable(call)
    }
  }

  /** Partitions that are held together go into one beacon. */
  #sendSoon(): void {
    if (this.#isSendDue) return
    this.#isSendDue = true
    this.#clock.schedule(0, () => {
      this.#isSendDue = false
      this.#exchange.sendNow()
    })
  }

  #host(words: SharedWords): BeaconHost {
    return {
      status: () => readStatus(words),
      isAlive: () => isPulseFresh(words, this.#clock.monotonicMs()),
      heard: (from, status) => this.#notify({ kind: 'heard', from, status }),
      refused: (partition, member, promised) =>
        this.#notify({ kind: 'refused', partition, member, promised }),
    }
  }
}
