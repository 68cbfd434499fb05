/**
 * Stores that replicate partitions among each other, in one process: simulated disks, engines in
 * memory, one clock that tests move, messages through their bytes.
 *
 * @module
 */

import { toHex } from '../../base/bytes.ts'
import { sleep } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import { HybridClock } from '../../base/hybrid-clock.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { seededRandom } from '../../base/seeded-random.ts'
import { SimulatedDisk } from '../../base/simulated-disk.ts'
import type { SimulatedDiskOptions } from '../../base/simulated-disk.ts'
import { afterTurn } from '../../base/turn.ts'
import type { Configuration, Member, PartitionRange, Zone } from '../../contract/configuration.ts'
import { WHOLE_SPACE } from '../../contract/founding-ranges.ts'
import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { Command, CommandResult, ObjectCommand } from '../../model/command.ts'
import type { BucketId, ObjectKey } from '../../model/identifiers.ts'
import type { Answer, Query, QueryKind } from '../../model/query.ts'
import type { ReplicationSettings } from '../../replication/protocol.ts'
import { MemoryEngine } from '../../storage/memory-engine.ts'
import { Store } from '../../storage/store.ts'
import type { PrimaryReply } from '../../wire/peer/operation-messages.ts'
import { newOpId } from '../../wire/stored/op-id.ts'
import { InlineLeases } from '../beacons/inline-leases.ts'
import { MemoryConfigStore } from '../config-stores/memory-config-store.ts'
import type { PartitionReplica } from './partition-replica.ts'
import { PartitionReplicas } from './partition-replicas.ts'
import type { ReplicaRequest } from './partition-replicas.ts'
import { MemoryNetwork } from '../transport/memory-network.ts'
import type { MemoryNode } from '../transport/memory-network.ts'
import { rangesOf, readRows } from './snapshot-rows.ts'

export const START_MS = Date.UTC(2030, 0, 1)
const SILENCE_MS = 3000
const STEP_MS = 5
const TURNS_PER_STEP = 12
const DIRECTORY = '/store'
const APPLIED_KEY_BYTES = 5
export const TEST_BUCKET = '0123456789abcdef' as BucketId

export const replicationSettings: ReplicationSettings = {
  quorum: 'majority',
  minInsync: 2,
  zoneCount: 3,
  reads: 'lease',
  isOneKernel: false,
  prepareEntryCountMax: 64,
}

export interface ReplicaWorldOptions {
  readonly storeCount?: number
  readonly settings?: Partial<ReplicationSettings>
  readonly journalFileSizeBytes?: number
  readonly capacityBytes?: number
  readonly seed?: number
}

/** One machine with one store, through any number of processes. */
export class ReplicaMachine {
  readonly name: string
  readonly disk: SimulatedDisk
  readonly failures: Error[] = []
  readonly #world: ReplicaWorld
  #engine = new MemoryEngine()
  #process: ReplicaProcess | undefined
  #storeId: StoreId | undefined

  constructor(world: ReplicaWorld, name: string, seed: number, disk: SimulatedDiskOptions) {
    this.#world = world
    this.name = name
    this.disk = new SimulatedDisk(seededRandom(seed), disk)
  }

  get engine(): MemoryEngine {
    return this.#engine
  }

  get isUp(): boolean {
    return this.#process !== undefined
  }

  get storeId(): StoreId {
    return required(this.#storeId)
  }

  get member(): Member {
    return { store: this.storeId, zone: this.name as Zone }
  }

  get process(): ReplicaProcess {
    return required(this.#process)
  }

  /** The replica of the only partition that most tests have. */
  replica(partition: PartitionId): PartitionReplica {
    return required(this.process.replicas.find(partition))
  }

  async start(partitions: readonly PartitionId[] = []): Promise<void> {
    const process = await ReplicaProcess.open(this.#world, this, this.#engine)
    this.#process = process
    this.#storeId = process.store.storeId
    for (const partition of partitions) await process.take(partition)
  }

  /** The process is killed: the disk keeps what it was told, the engine may lack what was not flushed. */
  kill(): void {
    this.disk.kill()
    this.#lose()
  }

  /** The power is cut. */
  crash(): void {
    this.disk.crash()
    this.#lose()
  }

  /** The rows cannot be read any more and were made anew; while no process runs. */
  loseRows(): void {
    this.#engine = new MemoryEngine()
  }

  #lose(): void {
    this.#process?.end()
    this.#process = undefined
    this.#engine = this.#engine.crash(this.#world.random)
  }
}

/** One process of a machine. */
export class ReplicaProcess {
  readonly store: Store
  readonly replicas: PartitionReplicas
  readonly node: MemoryNode
  readonly leases: InlineLeases
  readonly #world: ReplicaWorld
  readonly #watch: { stop(): void }

  private constructor(
    world: ReplicaWorld,
    store: Store,
    { node, leases, replicas }: Pick<ReplicaProcess, 'node' | 'leases' | 'replicas'>,
  ) {
    this.#world = world
    this.store = store
    this.node = node
    this.leases = leases
    this.replicas = replicas
    this.#watch = world.configs.watch((config) => replicas.hint(config))
  }

  static async open(
    world: ReplicaWorld,
    machine: ReplicaMachine,
    engine: MemoryEngine,
  ): Promise<ReplicaProcess> {
    const { clock, network, configs, settings, random } = world
    const fatal = (cause: Error) => {
      machine.failures.push(cause)
      machine.kill()
    }
    const store = await Store.open({
      ...{ directory: DIRECTORY, files: machine.disk.files, clock, random, fatal },
      logger: silentLogger,
      lock: () => Promise.resolve({ release: () => Promise.resolve() }),
      openEngine: () => Promise.resolve(engine),
      settings: {
        groupCount: 16,
        rowCacheBytesMax: 1024 ** 2,
        ...world.storeSettings,
      },
    })
    const node = network.join({ self: store.storeId, clock })
    const leases = openLeases(world, store, node)
    const replicas = new PartitionReplicas({
      ...{ zone: machine.name as Zone, settings, store, directory: DIRECTORY, network: node },
      ...{ configs, leases, clock, hybridClock: new HybridClock(clock), fatal },
      logger: silentLogger,
      silenceUntilMs: clock.monotonicMs() + SILENCE_MS,
    })
    node.serve({
      message: (from, message) => replicas.message(from, message),
      request: (from, request) => replicas.request(from, request as ReplicaRequest),
    })
    return new ReplicaProcess(world, store, { node, leases, replicas })
  }

  /** Opens the replica of a partition and tells it what the config store says. */
  async take(partition: PartitionId): Promise<void> {
    const replica = await this.replicas.open(partition)
    const config = await this.#world.configs.get(partition)
    if (config?.configuration !== undefined) replica.hint(config.configuration)
  }

  /** Nothing that it had begun goes on. */
  end(): void {
    this.#watch.stop()
    this.leases.close()
    this.node.leave()
    void this.replicas.close()
  }
}

function openLeases({ clock }: ReplicaWorld, store: Store, node: MemoryNode): InlineLeases {
  return new InlineLeases({
    ...{ self: store.storeId, incarnation: store.incarnation, clock, logger: silentLogger },
    channel: node.beacons,
    incarnations: new Map(),
    peers: [],
    status: () => {
      return { hybridMs: 0, diskUsedPercent: 0, loadPercent: 0, syncedGroup: 0, mapVersion: 0 }
    },
    lastSyncMs: () => clock.monotonicMs(),
  })
}

/** Machines a, b, c and so on, each a zone of its own, and what lies between them. */
export class ReplicaWorld {
  readonly clock = new ManualClock(START_MS)
  readonly network = new MemoryNetwork()
  readonly configs = new MemoryConfigStore()
  readonly random = seededRandom(77)
  readonly settings: ReplicationSettings
  readonly storeSettings: { readonly journalFileSizeBytes?: number }
  readonly machines: readonly ReplicaMachine[]

  constructor({
    storeCount = 3,
    settings = {},
    journalFileSizeBytes,
    capacityBytes,
    seed = 1,
  }: ReplicaWorldOptions) {
    this.settings = { ...replicationSettings, ...settings }
    this.storeSettings = journalFileSizeBytes === undefined ? {} : { journalFileSizeBytes }
    const names = ['a', 'b', 'c', 'd', 'e'].slice(0, storeCount)
    const disk = capacityBytes === undefined ? {} : { capacityBytes }
    this.machines = names.map((name, at) => new ReplicaMachine(this, name, seed * 10 + at, disk))
  }

  /** Stores that are up, with partitions whose first primaries are the stores in turn. */
  static async open(
    options: ReplicaWorldOptions = {},
    partitions: readonly { partition: PartitionId; range: PartitionRange }[] = [
      { partition: 1 as PartitionId, range: WHOLE_SPACE },
    ],
  ): Promise<ReplicaWorld> {
    const world = new ReplicaWorld(options)
    for (const machine of world.machines) await machine.start()
    world.meet()
    for (const [at, { partition, range }] of partitions.entries()) {
      await world.#found(partition, range, at)
      for (const machine of world.machines) await machine.process.take(partition)
    }
    return world
  }

  machine(name: string): ReplicaMachine {
    return required(this.machines.find((machine) => machine.name === name))
  }

  /** Everybody sends beacons to everybody. */
  meet(): void {
    const up = this.machines.filter(({ isUp }) => isUp)
    for (const { process, storeId } of up) {
      const others = this.machines.filter((machine) => machine.storeId !== storeId)
      process.leases.setPeers(others.map((machine) => machine.storeId))
    }
  }

  /** Starts a machine again, with the partitions that it has. */
  async restart(name: string, partitions = [1 as PartitionId]): Promise<void> {
    await this.finish(this.machine(name).start(partitions))
    this.meet()
  }

  /** The active primary of a partition, if there is one. */
  primary(partition = 1 as PartitionId): ReplicaMachine | undefined {
    return this.machines.find((machine) => {
      return machine.isUp && machine.process.replicas.find(partition)?.isActive
    })
  }

  /** Lets time pass until it holds; fails after so many virtual milliseconds. */
  async until(what: string, holds: () => boolean, timeoutMs = 20_000): Promise<void> {
    for (let passedMs = 0; !holds(); passedMs += STEP_MS) {
      if (passedMs >= timeoutMs) throw new Error(`Not within ${timeoutMs} ms: ${what}`)
      await this.pass(STEP_MS)
    }
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      for (let turn = 0; turn < TURNS_PER_STEP; turn++) await new Promise<void>(afterTurn)
      this.clock.advance(Math.min(left, STEP_MS))
    }
    for (let turn = 0; turn < TURNS_PER_STEP; turn++) await new Promise<void>(afterTurn)
  }

  /** Resolves after so much virtual time. */
  sleep(ms: number): Promise<void> {
    return sleep(this.clock, ms)
  }

  /** Executes at the primary, as a gateway does: the same opId until it is done or refused. */
  async execute(command: Command, opId = this.newOpId()): Promise<PrimaryReply<CommandResult>> {
    return this.#call((replica) => executeAt(replica, opId, command))
  }

  ask<K extends QueryKind>(query: Query<K>): Promise<PrimaryReply<Answer<K>>> {
    return this.#call((replica) => replica.ask(query))
  }

  newOpId(): Uint8Array {
    return newOpId(this.clock.nowMs(), this.random)
  }

  async #call<T>(
    attempt: (replica: PartitionReplica) => Promise<PrimaryReply<T>>,
    partition = 1 as PartitionId,
  ): Promise<PrimaryReply<T>> {
    for (let tries = 0; tries < 100; tries++) {
      await this.until('there is a primary', () => this.primary(partition) !== undefined)
      const replica = required(this.primary(partition)).replica(partition)
      const reply = await this.finish(attempt(replica))
      if (reply.kind === 'done' || reply.kind === 'refused') return reply
      await this.pass(100)
    }
    throw new Error('Nobody answers')
  }

  /** Lets time pass until the promise is settled. */
  async finish<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const end = () => (isOver = true)
    promise.then(end, end)
    await this.until('a call is answered', () => isOver)
    return promise
  }

  async #found(partition: PartitionId, range: PartitionRange, at: number): Promise<void> {
    const members = this.machines.map(({ member }) => member)
    const primary = required(members[at % members.length]).store
    const desiredMembers = members.map(({ store }) => store)
    await this.configs.create(partition, {
      ...{ desiredMembers, preferredPrimary: primary, initialRange: range },
    })
    const { version, uid } = required(await this.configs.get(partition))
    const first: Configuration = { partition, uid, epoch: 1 as Epoch, primary, members, range }
    await this.configs.swap(partition, version, first)
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is none')
  return value
}

/** A small object. */
export function putCommand(key: string, text = key, forbidOverwrite = false): ObjectCommand {
  const bytes = Buffer.from(text)
  return {
    kind: 'putObject',
    bucketId: TEST_BUCKET,
    key: key as ObjectKey,
    metadata: {
      contentType: 'text/plain',
      headers: [],
      userMetadata: [],
      storageClass: 'Standard',
      acl: 'default',
      tags: [],
    },
    body: {
      sizeBytes: bytes.byteLength,
      data: { kind: 'inline', bytes },
      md5: '0123456789abcdef0123456789abcdef',
      crc64: 7n,
    },
    etag: '0123456789ABCDEF0123456789ABCDEF',
    forbidOverwrite,
    condition: undefined,
    versions: { state: 'unset' },
  }
}

/** Waits until every store that is up has applied the same, and compares the rows (I18). */
export async function expectSameRows(
  world: ReplicaWorld,
  partition = 1 as PartitionId,
): Promise<void> {
  const up = world.machines.filter(({ isUp }) => isUp)
  await world.until('all have applied the same', () => {
    const seqs = up.map((machine) => machine.replica(partition).base?.seq)
    return seqs.every((seq) => seq !== undefined && seq === seqs[0])
  })
  const [first, ...others] = await Promise.all(up.map((machine) => rowsOf(machine, partition)))
  for (const own of others) expect(own).toEqual(first)
}

/** Keys and values, but for what a store keeps of its own. */
async function rowsOf({ engine }: ReplicaMachine, partition: PartitionId): Promise<string[]> {
  const rows: string[] = []
  for await (const page of readRows(engine, rangesOf(partition, WHOLE_SPACE))) {
    for (const { key, value } of page) {
      // What else begins with `H` are operations that came with a snapshot.
      const isOwn = key[0] === 'H'.charCodeAt(0) && key.byteLength > APPLIED_KEY_BYTES
      if (!isOwn) rows.push(`${toHex(key)} ${toHex(value)}`)
    }
  }
  return rows
}

/** A try of a gateway that knows as much of the partition as the replica. */
export function executeAt(
  replica: PartitionReplica,
  opId: Uint8Array,
  command: Command,
): Promise<PrimaryReply<CommandResult>> {
  return replica.execute(opId, command, required(replica.configuration).epoch)
}
