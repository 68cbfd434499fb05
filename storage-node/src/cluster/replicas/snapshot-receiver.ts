/**
 * Takes a snapshot in: the old rows go, the new ones come, a flush makes them durable (replication.md
 * 1.9). Whether it may begin is the protocol's decision; so is what follows from its end.
 *
 * @module
 */

import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { LogPosition } from '../../replication/messages.ts'
import type { SnapshotRefusal } from '../../replication/protocol.ts'
import type { KeyRange } from '../../storage/key-value-engine.ts'
import { PartitionRows } from '../../storage/partition-rows.ts'
import type { Store } from '../../storage/store.ts'
import type { PeerAnswer, PeerRequest } from '../../wire/peer/messages.ts'
import { deleteRows, isWithin, rangesOf, writeRows } from './snapshot-rows.ts'

export type SnapshotOffer = PeerRequest<'snapshotOffer'>

export interface SnapshotReceiverOptions {
  readonly partition: PartitionId
  readonly store: Pick<Store, 'engine' | 'cache' | 'writer' | 'flush'>
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
  /** Deleting what was there, then each frame in turn. */
  work: Promise<void>
}

/** At most one snapshot at a time; a later offer that is accepted replaces the one before. */
export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions
  readonly #asked = new Map<number, Asked>()
  #installation: Installation | undefined
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
    installation.work = installation.work.then(() => this.#take(installation, request))
    await installation.work
    return { outcome: this.#installation === installation || request.isLast ? 'taken' : 'refused' }
  }

  #begin({ from, offer }: Asked): void {
    const { partition, store, idle } = this.#options
    const { transfer, position, configuration } = offer
    const ranges = rangesOf(partition, configuration.range)
    // A frame of the one before may still be on its way into the engine.
    const before = this.#installation?.work ?? Promise.resolve()
    const work = before.then(idle).then(() => deleteRows(store.engine, ranges, store))
    this.#installation = { from, transfer, position, ranges, nextFrame: 0, work }
  }

  async #take(
    installation: Installation,
    { rows, isLast }: PeerRequest<'snapshotRows'>,
  ): Promise<void> {
    // Replaced meanwhile: its rows must not be mixed with others.
    if (this.#installation !== installation) return
    const { store } = this.#options
    if (!rows.every(({ key }) => isWithin(installation.ranges, key))) {
      return this.#fail('it has rows of another partition')
    }
    await writeRows(rows, store)
    if (isLast && this.#installation === installation) await this.#finish(installation)
  }

  async #finish({ position }: Installation): Promise<void> {
    const { partition, store, installed } = this.#options
    const { seq } = await new PartitionRows(store.engine).applied(partition)
    if (seq !== position.seq) return this.#fail(`its rows are those of entry ${seq}`)
    await store.flush()
    this.#installation = undefined
    await installed(position)
  }

  #fail(why: string): void {
    this.#installation = undefined
    this.#options.failed(why)
  }
}
