/**
 * Listens to everything that simulated storage nodes say to each other.
 *
 * @module
 */

import type { Member, Zone } from '@granary/storage-node/contract/configuration'
import type { PartitionId, StoreId } from '@granary/storage-node/contract/identifiers'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '@granary/storage-node/testing'
import type { GreetedLane } from '../greetings.ts'
import type { Machine } from '../machine.ts'
import type { NetworkTap } from '../simulated-network.ts'
import { QuorumCount } from './ballots.ts'
import { DurabilityWatch } from './durability-watch.ts'
import { DataWatch } from './effects-watch.ts'
import { LogWatch, type Accuse } from './log-watch.ts'
import { ReadWatch, type ReadWatchParts } from './read-watch.ts'

/** A store looks at its volume every second; its disk may be slow. */
const SPACE_KNOWN_MS = 10_000
const FREE_RATIO_MIN = 0.05

/** One watch per partition, and one over all chunks. */
export class WireWatch implements NetworkTap {
  readonly #accuse: Accuse
  readonly #quorums: QuorumCount
  readonly #logs = new Map<PartitionId, LogWatch>()
  /** By chunk: its checksum, and who has said that it is durable there. */
  readonly #chunks = new Map<string, { readonly crc64: bigint; readonly stores: Set<StoreId> }>()
  readonly #putMs = new WeakMap<PeerRequest, number>()
  readonly #durability: DurabilityWatch
  readonly #reads: ReadWatch
  readonly #data: DataWatch
  readonly #machineOf: (store: StoreId) => Machine | undefined
  readonly #nowMs: () => number

  constructor(parts: Omit<ReadWatchParts, 'quorums'>) {
    const { plan, machineOf, nowMs, accuse } = parts
    this.#accuse = accuse
    this.#quorums = new QuorumCount(plan)
    this.#machineOf = machineOf
    this.#nowMs = nowMs
    this.#durability = new DurabilityWatch((store) => machineOf(store)?.watch.journal, accuse)
    this.#reads = new ReadWatch({ ...parts, quorums: this.#quorums })
    this.#data = new DataWatch(accuse)
  }

  log(partition: PartitionId): LogWatch {
    const known = this.#logs.get(partition)
    if (known !== undefined) return known
    const log = new LogWatch({
      ...{ partition, quorums: this.#quorums, data: this.#data },
      ...{ nowMs: this.#nowMs, accuse: this.#accuse },
    })
    this.#logs.set(partition, log)
    return log
  }

  /** Nobody talks to a store that has forgotten what others know of it (D3). */
  agreed(lane: GreetedLane, stores: readonly [StoreId, StoreId]): void {
    if (lane !== 'control') return
    for (const store of stores) {
      if (!this.#isSetBack(store)) continue
      this.#accuse('D3', `store ${store}, which was set back, talks: ${stores.join(' and ')}`)
    }
  }

  sent(from: StoreId, process: string, { partition, message }: PeerMessage): void {
    if (this.#isSetBack(from)) return
    const log = this.log(partition)
    log.sent(from, process, message)
    this.#durability.sent(from, message, log)
  }

  asked(from: StoreId, request: PeerRequest): void {
    if (this.#isSetBack(from)) return
    if (request.kind === 'chunkPut') this.#put(request)
    if (request.kind === 'execute') this.#commit(from, request)
    if (request.kind === 'execute' || request.kind === 'ask') {
      this.#reads.asked(request, this.log(request.partition))
    }
  }

  answered(from: StoreId, request: PeerRequest, answer: PeerAnswer<PeerRequestKind>): void {
    if (request.kind === 'execute' || request.kind === 'ask') {
      this.#reads.answered(from, request, answer, this.log(request.partition))
    }
    if (request.kind === 'execute') {
      const { kind } = answer as PeerAnswer<'execute'>
      const opId = Buffer.from(request.opId).toString('hex')
      if (kind === 'done') this.log(request.partition).acknowledged(from, opId)
    } else if (request.kind === 'snapshotOffer') {
      const { outcome } = answer as PeerAnswer<'snapshotOffer'>
      if (outcome === 'accepted') this.log(request.partition).wipes(from, request.covered)
    } else if (request.kind === 'chunkPut') {
      const { outcome } = answer as PeerAnswer<'chunkPut'>
      if (outcome === 'stored') {
        this.#chunks.get(chunkName(request))?.stores.add(from)
        this.#checkSpace(from, request)
      }
    }
  }

  /** What such a store says reaches nobody. */
  #isSetBack(store: StoreId): boolean {
    return this.#machineOf(store)?.isSetBack === true
  }

  /** Nothing new is stored where there is no space left for the journal (D4). */
  #checkSpace(store: StoreId, request: PeerRequest): void {
    const machine = this.#machineOf(store)
    const askedMs = this.#putMs.get(request)
    const sinceMs = machine?.fullSinceMs
    if (machine === undefined || askedMs === undefined || sinceMs === undefined) return
    const hadTime = askedMs - sinceMs > SPACE_KNOWN_MS && machine.host.workMs === 0
    const { availableBytes, totalBytes } = machine.disk.space()
    if (!hadTime || machine.host.readyMs > sinceMs) return
    if (availableBytes >= totalBytes * FREE_RATIO_MIN) return
    this.#accuse('D4', `store ${store} stores a chunk, with ${availableBytes} bytes left`)
  }

  /** A chunk never has two contents (B1). */
  #put(request: Extract<PeerRequest, { kind: 'chunkPut' }>): void {
    this.#putMs.set(request, this.#nowMs())
    const name = chunkName(request)
    const known = this.#chunks.get(name)
    if (known === undefined) {
      this.#chunks.set(name, { crc64: request.crc64, stores: new Set() })
    } else if (known.crc64 !== request.crc64) {
      this.#accuse('B1', `chunk ${name} has two contents`)
    }
  }

  /** Whoever commits a manifest has enough copies of each chunk (B2). */
  #commit(gateway: StoreId, { command }: Extract<PeerRequest, { kind: 'execute' }>): void {
    if (!('body' in command) || !('data' in command.body)) return
    const { data } = command.body
    if (data.kind !== 'chunks') return
    for (const [name, { stores }] of this.#chunks) {
      if (!name.startsWith(`${data.dataId}/`)) continue
      // What the gateway keeps itself goes over no network.
      if (this.#quorums.isEnough(this.#members(new Set([...stores, gateway])))) continue
      this.#accuse('B2', `chunk ${name} is committed, only ${[...stores].join(' ')} have it`)
    }
  }

  #members(stores: ReadonlySet<StoreId>): readonly Member[] {
    return [...stores].flatMap((store) => {
      const zone = this.#machineOf(store)?.zone
      return zone === undefined ? [] : [{ store, zone: zone as Zone }]
    })
  }
}

function chunkName({ dataId, index }: { readonly dataId: string; readonly index: number }): string {
  return `${dataId}/${index}`
}
