/**
 * Listens to everything that simulated storage nodes say to each other.
 *
 * @module
 */

import type { Member, Zone } from '@granary/storage-node/contract/configuration'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '@granary/storage-node/testing'
import type { Plan } from '../plan.ts'
import type { NetworkTap } from '../simulated-network.ts'
import { QuorumCount } from './ballots.ts'
import { LogWatch, type Accuse } from './log-watch.ts'

/** One watch per partition, and one over all chunks. */
export class WireWatch implements NetworkTap {
  readonly #accuse: Accuse
  readonly #quorums: QuorumCount
  readonly #logs = new Map<number, LogWatch>()
  /** By chunk: its checksum, and who has said that it is durable there. */
  readonly #chunks = new Map<string, { readonly crc64: bigint; readonly stores: Set<StoreId> }>()
  readonly #zoneOf: (store: StoreId) => string | undefined

  constructor(plan: Plan, zoneOf: (store: StoreId) => string | undefined, accuse: Accuse) {
    this.#accuse = accuse
    this.#quorums = new QuorumCount(plan)
    this.#zoneOf = zoneOf
  }

  log(partition: number): LogWatch {
    const known = this.#logs.get(partition)
    if (known !== undefined) return known
    const log = new LogWatch(partition, this.#quorums, this.#accuse)
    this.#logs.set(partition, log)
    return log
  }

  sent(from: StoreId, process: string, { partition, message }: PeerMessage): void {
    this.log(partition).sent(from, process, message)
  }

  asked(from: StoreId, request: PeerRequest): void {
    if (request.kind === 'chunkPut') this.#put(request)
    if (request.kind === 'execute') this.#commit(from, request)
  }

  answered(from: StoreId, request: PeerRequest, answer: PeerAnswer<PeerRequestKind>): void {
    if (request.kind === 'execute') {
      const { kind } = answer as PeerAnswer<'execute'>
      const opId = Buffer.from(request.opId).toString('hex')
      if (kind === 'done') this.log(request.partition).acknowledged(from, opId)
    } else if (request.kind === 'snapshotOffer') {
      const { outcome } = answer as PeerAnswer<'snapshotOffer'>
      if (outcome === 'accepted') this.log(request.partition).wipes(from, request.covered)
    } else if (request.kind === 'chunkPut') {
      const { outcome } = answer as PeerAnswer<'chunkPut'>
      if (outcome === 'stored') this.#chunks.get(chunkName(request))?.stores.add(from)
    }
  }

  /** A chunk never has two contents (B1). */
  #put(request: Extract<PeerRequest, { kind: 'chunkPut' }>): void {
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
      const zone = this.#zoneOf(store)
      return zone === undefined ? [] : [{ store, zone: zone as Zone }]
    })
  }
}

function chunkName({ dataId, index }: { readonly dataId: string; readonly index: number }): string {
  return `${dataId}/${index}`
}
