/**
 * Takes a snapshot in: the old rows go, the new ones come, a flush makes them durable (replication.md
 * 1.9). Whether it may begin is the protocol's decision; so is what follows from its end.
 *
 * A sender that says nothing more is given up: its frame or the answer to it was lost, or it has
 * died. Until then every other offer is refused.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { LogPosition } from '../../replication/messages.ts'
import type { SnapshotRefusal } from '../../replication/protocol.ts'
import type { KeyRange } from '../../storage/key-value-engine.ts'
import { PartitionRows } from '../../storage/partition-rows.ts'
import type { Store } from '../../storage/store.ts'
import type { PeerAnswer, PeerRequest } from '../../wire/peer/messages.ts'
import { deleteRows, isWithin, rangesOf, writeRows } from './snapshot-rows.ts'
import { FRAME_DEADLINE_MS } from './snapshot-sender.ts'

/** Between the answer to an offer or a frame and the next frame. */
const SILENCE_MS_MAX = 10_000
assert(SILENCE_MS_MAX < FRAME_DEADLINE_MS, 'a sender that tries again is not refused')

export type SnapshotOffer = PeerRequest<'snapshotOffer'>

export interface SnapshotReceiverOptions {
  readonly partition: PartitionId
  readonly store: Pick<Store, 'engine' | 'cache' | 'writer' | 'flush'>
  readonly clock: Clock
  /** Asks the protocol; it answers through `decide`. */
  readonly ask: (token: number, from: StoreId, offer: SnapshotOffer) => void
  /** Resolves once no entry is on its way into the engine. */
  readonly idle: () => Promise<void>
  /** The rows are those of the position, flushed; resolves once whoever reads them knows. */
  readonly installed: (position: LogPosition) => Promise<void>
  readonly failed: (why: string) => void
}

interface Asked {
  readonly from: StoreId
  readonly offer: SnapshotOffer
  readonly answer: (answer: PeerAnswer<'snapshotOffer'>) => void
}

/** A snapshot on its way in. */
interface Installation {
  readonly from: StoreId
  readonly transfer: number
  readonly position: LogPosition
  readonly ranges: readonly KeyRange[]
  nextFrame: number
}

/** At most one snapshot at a time. */
export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions
  readonly #asked = new Map<number, Asked>()
  #installation: Installation | undefined
  /** Deleting what was there, then each frame in turn; a snapshot begins when the one before is done with. */
  #work: Promise<void> = Promise.resolve()
  #silence: Timer | undefined
  #lastToken = 0

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options
  }

  offered(from: StoreId, offer: SnapshotOffer): Promise<PeerAnswer<'snapshotOffer'>> {
    return new Promise((answer) => {
      const token = ++this.#lastToken
      this.#asked.set(token, { from, offer, answer })
      this.#options.ask(token, from, offer)
    })
  }

  /** The protocol's answer: refused, or the record that the rows are incomplete is synced. */
  decide(token: number, refusal: SnapshotRefusal | undefined): void {
    const asked = this.#asked.get(token)
    this.#asked.delete(token)
    if (asked === undefined) return
    if (refusal !== undefined) return asked.answer({ outcome: 'refused', why: refusal })
    this.#begin(asked)
    asked.answer({ outcome: 'accepted', why: '' })
  }

  async rows(
    from: StoreId,
    request: PeerRequest<'snapshotRows'>,
  ): Promise<PeerAnswer<'snapshotRows'>> {
    const installation = this.#installation
    const isNext =
      installation?.from === from &&
      installation.transfer === request.transfer &&
      installation.nextFrame === request.frame
    if (!isNext) return { outcome: 'refused' }
    installation.nextFrame++
    this.#silence?.cancel()
    await this.#queue(installation, () => this.#take(installation, request))
    const isUnderWay = this.#installation === installation
    if (isUnderWay) this.#awaitFrame(installation)
    return { outcome: isUnderWay || request.isLast ? 'taken' : 'refused' }
  }

  /** Gives up what is on its way. */
  stop(): void {
    this.#installation = undefined
    this.#silence?.cancel()
  }

  #begin({ from, offer }: Asked): void {
    const { partition, store, idle } = this.#options
    const { transfer, position, configuration } = offer
    const ranges = rangesOf(partition, configuration.range)
    const installation = { from, transfer, position, ranges, nextFrame: 0 }
    this.#installation = installation
    this.#awaitFrame(installation)
    void this.#queue(installation, () => idle().then(() => deleteRows(store.engine, ranges, store)))
  }

  #awaitFrame(installation: Installation): void {
    this.#silence = this.#options.clock.schedule(SILENCE_MS_MAX, () => {
      this.#fail(installation, 'its sender says nothing more')
    })
  }

  #queue(installation: Installation, act: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(act).catch((cause: Error) => {
      this.#fail(installation, cause.message)
    })
    return this.#work
  }

  async #take(
    installation: Installation,
    { rows, isLast }: PeerRequest<'snapshotRows'>,
  ): Promise<void> {
    // Given up meanwhile: its rows must not be mixed with others.
    if (this.#installation !== installation) return
    const { store } = this.#options
    if (!rows.every(({ key }) => isWithin(installation.ranges, key))) {
      return this.#fail(installation, 'it has rows of another partition')
    }
    await writeRows(rows, store)
    if (isLast && this.#installation === installation) await this.#finish(installation)
  }

  async #finish(installation: Installation): Promise<void> {
    const { partition, store, installed } = this.#options
    const { position } = installation
    const { seq } = await new PartitionRows(store.engine).applied(partition)
    if (seq !== position.seq) {
      return this.#fail(installation, `its rows are those of entry ${seq}`)
    }
    await store.flush()
    await installed(position)
    if (this.#installation === installation) this.#installation = undefined
  }

  #fail(installation: Installation, why: string): void {
    if (this.#installation !== installation) return
    this.stop()
    this.#options.failed(why)
  }
}
