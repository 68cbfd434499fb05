/**
 * Storage nodes that use settings of a system range whose log is a list, over a network that delays
 * and cuts, for tests.
 *
 * @module
 */

import { toHex } from '../../base/bytes.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import type { Random } from '../../base/random.ts'
import type { Member, Zone } from '../../contract/configuration.ts'
import { SYSTEM_RANGE } from '../../contract/founding-ranges.ts'
import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { AccessKeyRecord } from '../../model/access/access-key.ts'
import { unsetSettings } from '../../model/bucket.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import type { Command, CommandResult } from '../../model/command.ts'
import type { AccessKeyId, AccountUid, BucketId, BucketName } from '../../model/identifiers.ts'
import type { PeerAnswer, PeerRequest, PeerRequestKind } from '../../wire/peer/messages.ts'
import type { PrimaryReply } from '../../wire/peer/operation-messages.ts'
import { MemoryConfigStore } from '../config-stores/memory-config-store.ts'
import { PartitionTable } from '../partition-table.ts'
import type { RequestOptions } from '../peer-network.ts'
import { PeerTimeoutError } from '../peer-network.ts'
import { SettingsAuthority } from './settings-authority.ts'
import type { SystemReplica } from './settings-authority.ts'
import { SettingsCache } from './settings-cache.ts'
import { SettingsHandler } from './settings-handler.ts'
import { SettingsQuestions } from './settings-questions.ts'

const START_MS = 1_000_000
const PARTITION = 1 as PartitionId
export const SETTINGS_STORES = ['a', 'b', 'c'] as unknown as readonly StoreId[]
const MEMBERS: readonly Member[] = SETTINGS_STORES.map((store) => {
  return { store, zone: store as string as Zone }
})

/** A record whose `createdMs` says which of its versions it is. */
export function versionOf(name: BucketName, version: number): BucketRecord {
  return {
    name,
    bucketId: '0123456789abcdef' as BucketId,
    owner: '1' as AccountUid,
    acl: 'private',
    storageClass: 'Standard',
    dataRedundancy: 'ZRS',
    createdMs: version,
    deletion: undefined,
    ...unsetSettings,
  }
}

/** A key of that id. */
export function accessKeyOf(accessKeyId: AccessKeyId): AccessKeyRecord {
  return {
    accessKeyId,
    account: '1' as AccountUid,
    secret: { keyId: 'k1', bytes: new Uint8Array(40) },
    enabled: true,
    expiresMs: undefined,
    user: undefined,
  }
}

export interface SettingsNode {
  readonly store: StoreId
  readonly table: PartitionTable
  readonly cache: SettingsCache
  readonly questions: SettingsQuestions
  readonly authority: SettingsAuthority
  /** Until when of the clock it hears nobody, and nobody hears it. */
  cutUntilMs: number
  promised: Ballot
  endSeq: Seq
}

/** The system range and everybody who asks it. */
export class SettingsRegion {
  readonly clock = new ManualClock(START_MS)
  readonly nodes: readonly SettingsNode[]
  /** One way, in milliseconds. */
  delayMs = 1
  ballot: Ballot = { epoch: 1 as Epoch, activation: 1 }
  /** Undefined while nobody is active. */
  primary: StoreId | undefined = SETTINGS_STORES[0]
  appliedSeq = 1 as Seq
  readonly #records = new Map<BucketName, BucketRecord>()
  readonly #executed = new Set<string>()

  constructor() {
    this.nodes = SETTINGS_STORES.map((store) => this.#openNode(store))
    for (const { questions } of this.nodes) questions.start()
  }

  node(store: StoreId | undefined): SettingsNode {
    return this.nodes.find((node) => node.store === store)!
  }

  /** Lets time pass in small steps, and everything happen on the way. */
  async pass(ms: number, stepMs = 5): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs)
      await new Promise(setImmediate)
    }
  }

  /** The primary dies or is cut off: a seal set promises its successor's ballot. */
  seal(next: StoreId): void {
    const epoch = (this.ballot.epoch + 1) as Epoch
    this.primary = undefined
    this.ballot = { epoch, activation: 1 }
    const other = this.nodes.find(({ store }) => store !== next)!
    this.node(next).promised = other.promised = { epoch, activation: 0 }
  }

  /** The successor becomes active. */
  activate(next: StoreId): void {
    this.primary = next
    this.appliedSeq = (this.appliedSeq + 1) as Seq
    for (const node of this.nodes) {
      node.endSeq = this.appliedSeq
      node.promised = this.ballot
      node.table.learnPrimary(PARTITION, this.ballot.epoch, next)
    }
  }

  /** Changes a record at whoever is primary; resolves when that acknowledges it. */
  change(name: BucketName, version: number, random: Random): Promise<PrimaryReply<CommandResult>> {
    const command = { kind: 'setBucketAcl', name, acl: 'private', version } as unknown as Command
    return this.node(this.primary).authority.execute(random.bytes(16), command, this.ballot.epoch)
  }

  async request<K extends PeerRequestKind>(
    from: StoreId,
    to: StoreId,
    request: PeerRequest<K>,
    { deadlineMs }: RequestOptions,
  ): Promise<PeerAnswer<K>> {
    const overdue = this.#wait(deadlineMs).then(() => {
      throw new PeerTimeoutError('No answer')
    })
    return Promise.race([overdue, this.#deliver(from, to, request as PeerRequest)]) as Promise<
      PeerAnswer<K>
    >
  }

  async #deliver(from: StoreId, to: StoreId, request: PeerRequest): Promise<unknown> {
    await this.#wait(this.delayMs)
    if (this.#isCut(from) || this.#isCut(to)) return new Promise(() => {})
    const answer = await this.#answer(from, this.node(to), request)
    await this.#wait(this.delayMs)
    if (this.#isCut(from) || this.#isCut(to)) return new Promise(() => {})
    return answer
  }

  #answer(from: StoreId, node: SettingsNode, request: PeerRequest): unknown {
    const handler = new SettingsHandler({ ...node, authority: () => node.authority })
    if (request.kind === 'settings') return handler.settings(from, request)
    if (request.kind === 'settingsChanged') return handler.settingsChanged(request)
    if (request.kind === 'settingsWord') return handler.settingsWord(request)
    throw new Error(`Nobody asks for "${request.kind}"`)
  }

  #openNode(store: StoreId): SettingsNode {
    const { clock } = this
    const network = {
      request: <K extends PeerRequestKind>(
        to: StoreId,
        request: PeerRequest<K>,
        options: RequestOptions,
      ) => this.request(store, to, request, options),
    }
    const table = new PartitionTable(new MemoryConfigStore(), clock)
    const route = { partition: PARTITION, uid: '', epoch: 1 as Epoch, primary: this.primary! }
    table.learnConfiguration({ ...route, members: MEMBERS, range: SYSTEM_RANGE })
    const cache = new SettingsCache({
      clock,
      fetch: (name) => this.#fetch(store, name),
      fetchAccessKey: (id) => Promise.resolve(accessKeyOf(id)),
    })
    const questions = new SettingsQuestions({ cache, table, network, clock, quorum: 'majority' })
    const authority = new SettingsAuthority({ replica: this.#replicaOf(store), network, clock })
    const promised = this.ballot
    const parts = { store, table, cache, questions, authority }
    return { ...parts, cutUntilMs: 0, promised, endSeq: this.appliedSeq }
  }

  /** Reads the record at the primary, with delays on both ways. */
  async #fetch(from: StoreId, name: BucketName): Promise<BucketRecord | undefined> {
    await this.#wait(this.delayMs)
    while (this.primary === undefined || this.#isCut(from) || this.#isCut(this.primary)) {
      await this.#wait(25)
    }
    const record = this.#records.get(name)
    await this.#wait(this.delayMs)
    return record
  }

  #replicaOf(store: StoreId): SystemReplica {
    const { nodes, ballot, appliedSeq } = liveView(this)
    const isPrimary = () => this.primary === store
    return {
      get activation() {
        return isPrimary() ? { ballot: ballot(), members: MEMBERS } : undefined
      },
      get appliedSeq() {
        return appliedSeq()
      },
      get promised() {
        return nodes().find((node) => node.store === store)!.promised
      },
      get endSeq() {
        return nodes().find((node) => node.store === store)!.endSeq
      },
      mayRead: isPrimary,
      execute: (opId, command) => this.#execute(store, opId, command),
      ask: () => Promise.reject(new Error('Nobody asks')),
    }
  }

  async #execute(
    store: StoreId,
    opId: Uint8Array,
    command: Command,
  ): Promise<PrimaryReply<CommandResult>> {
    const { name, version } = command as unknown as { name: BucketName; version: number }
    const before = this.ballot
    await this.#wait(this.delayMs)
    if (this.primary !== store || before !== this.ballot || this.#isCut(store)) {
      return { kind: 'unavailable', why: 'deposed', retryAfterMs: 0 }
    }
    const created = !this.#records.has(name)
    const record = versionOf(name, version)
    if (!this.#executed.has(toHex(opId))) {
      this.#executed.add(toHex(opId))
      this.appliedSeq = (this.appliedSeq + 1) as Seq
      this.#records.set(name, record)
      for (const node of this.#quorumOf(store)) node.endSeq = this.appliedSeq
    }
    await this.#wait(1)
    return { kind: 'done', value: { kind: 'bucket', record, created } }
  }

  /** The primary and one more that is not cut off. */
  #quorumOf(primary: StoreId): SettingsNode[] {
    const other = this.nodes.find(({ store }) => store !== primary && !this.#isCut(store))
    return [this.node(primary), other ?? this.nodes.find(({ store }) => store !== primary)!]
  }

  #isCut(store: StoreId): boolean {
    return this.clock.monotonicMs() < this.node(store).cutUntilMs
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.schedule(ms, resolve))
  }
}

/** Getters of a replica have a `this` of their own. */
function liveView(region: SettingsRegion) {
  return {
    nodes: () => region.nodes,
    ballot: () => region.ballot,
    appliedSeq: () => region.appliedSeq,
  }
}
