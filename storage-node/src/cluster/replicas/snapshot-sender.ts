/**
 * Sends a partition's rows, as of one moment, to a member that lacks what the log no longer holds
 * (replication.md 1.9).
 *
 * @module
 */

import type { Configuration } from '../../contract/configuration.ts'
import type { Ballot, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { LogPosition } from '../../replication/messages.ts'
import type { Journal } from '../../storage/journal/journal.ts'
import type { KeyValue, KeyValueEngine, Reader } from '../../storage/key-value-engine.ts'
import { PartitionRows } from '../../storage/partition-rows.ts'
import { slimEntry } from '../../wire/stored/entry-result.ts'
import { operationsRowKey } from '../../wire/stored/keys.ts'
import type { StoredOperation } from '../../wire/stored/operations-row.ts'
import { encodeOperationsRow } from '../../wire/stored/operations-row.ts'
import type { PeerNetwork } from '../peer-network.ts'
import type { RecentOperation } from './recent-operations.ts'
import { rangesOf, readRows } from './snapshot-rows.ts'

/** Rows of one frame, unless it has only one. */
const FRAME_BYTES_MAX = 1024 ** 2
const ROW_BYTES = 16
/** Operations of one row. */
const OPERATION_COUNT = 1000
/** An answer may wait for old rows to be deleted, or for a flush. */
export const FRAME_DEADLINE_MS = 30_000

export interface SnapshotSenderOptions {
  readonly partition: PartitionId
  readonly engine: KeyValueEngine
  readonly journal: Journal
  readonly network: Pick<PeerNetwork, 'request'>
  /** Of the last seconds, the newest last. */
  readonly operations: () => readonly RecentOperation[]
  readonly report: (what: string) => void
}

/** What is offered to whom. */
export interface SnapshotOrder {
  readonly to: StoreId
  readonly ballot: Ballot
  readonly covered: Seq
  readonly configuration: Configuration
}

/** One snapshot to a store at a time. */
export class SnapshotSender {
  readonly #options: SnapshotSenderOptions
  readonly #underWay = new Map<StoreId, AbortController>()
  #transfer = 0

  constructor(options: SnapshotSenderOptions) {
    this.#options = options
  }

  /** Begins unless one is under way; whether it got there is the receiver's to say. */
  send(order: SnapshotOrder): void {
    if (this.#underWay.has(order.to)) return
    const abort = new AbortController()
    this.#underWay.set(order.to, abort)
    this.#send(order, abort.signal)
      .catch((error: Error) => {
        this.#options.report(`A snapshot did not get to store ${order.to}: ${error.message}`)
      })
      .finally(() => this.#underWay.delete(order.to))
  }

  /** Gives up whatever is under way. */
  stop(): void {
    for (const abort of this.#underWay.values()) abort.abort(new Error('The replica has ended'))
  }

  async #send(order: SnapshotOrder, signal: AbortSignal): Promise<void> {
    const { engine, partition, network } = this.#options
    const { to, ballot, covered, configuration } = order
    const operations = this.#options.operations()
    const snapshot = engine.snapshot()
    try {
      const position = await this.#positionOf(snapshot)
      const transfer = ++this.#transfer
      const request = { partition, ballot, position, covered, configuration, transfer }
      const options = { deadlineMs: FRAME_DEADLINE_MS, signal }
      const offer = await network.request(to, { kind: 'snapshotOffer', ...request }, options)
      if (offer.outcome === 'refused') return
      let frame = 0
      for await (const { rows, isLast } of this.#frames(snapshot, order, operations, position)) {
        const part = {
          kind: 'snapshotRows',
          partition,
          transfer,
          frame: frame++,
          rows,
          isLast,
        } as const
        const { outcome } = await network.request(to, part, options)
        if (outcome === 'refused') return
      }
    } finally {
      snapshot.release()
    }
  }

  async #positionOf(snapshot: Reader): Promise<LogPosition> {
    const { partition, journal } = this.#options
    const { seq } = await new PartitionRows(snapshot).applied(partition)
    const ballot = journal.ballotAt(partition, seq)
    if (ballot === undefined) throw new Error(`The log does not hold entry ${seq} any more`)
    return { seq, ballot }
  }

  /** Frames in order; the last one may be empty. */
  async *#frames(
    snapshot: Reader,
    { configuration }: SnapshotOrder,
    operations: readonly RecentOperation[],
    { seq }: LogPosition,
  ): AsyncIterable<{ rows: KeyValue[]; isLast: boolean }> {
    let frame: KeyValue[] = []
    let sizeBytes = 0
    const ranges = rangesOf(this.#options.partition, configuration.range)
    // Operations that came here with a snapshot are among those of the last seconds, or are old.
    const rest = this.#operationRows(operations.filter((operation) => operation.seq <= seq))
    for await (const rows of inTurn(readRows(snapshot, ranges), rest)) {
      for (const row of rows) {
        const rowBytes = ROW_BYTES + row.key.byteLength + row.value.byteLength
        if (frame.length > 0 && sizeBytes + rowBytes > FRAME_BYTES_MAX) {
          yield { rows: frame, isLast: false }
          ;[frame, sizeBytes] = [[], 0]
        }
        frame.push(row)
        sizeBytes += rowBytes
      }
    }
    yield { rows: frame, isLast: true }
  }

  async *#operationRows(operations: readonly RecentOperation[]): AsyncIterable<KeyValue[]> {
    const { partition } = this.#options
    for (let at = 0; at < operations.length; at += OPERATION_COUNT) {
      const stored: StoredOperation[] = []
      for (const operation of operations.slice(at, at + OPERATION_COUNT)) {
        stored.push(await this.#stored(operation))
      }
      const key = operationsRowKey(partition, at / OPERATION_COUNT)
      yield [{ key, value: encodeOperationsRow(stored) }]
    }
  }

  async #stored({ opId, seq, payload }: RecentOperation): Promise<StoredOperation> {
    if (payload !== undefined) return { opId, seq, payload }
    const { partition, journal } = this.#options
    const recent = journal.recentEntry(partition, seq)
    if (recent !== undefined) return { opId, seq, payload: slimmed(recent.payload) }
    for await (const entry of journal.entries(partition, { from: seq, upTo: seq })) {
      return { opId, seq, payload: slimmed(entry.payload) }
    }
    return { opId, seq, payload: new Uint8Array() }
  }
}

function slimmed(payload: Uint8Array): Uint8Array {
  return slimEntry(payload) ?? new Uint8Array()
}

async function* inTurn<T>(...sources: AsyncIterable<T>[]): AsyncIterable<T> {
  for (const source of sources) yield* source
}
