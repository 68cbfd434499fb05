/**
 * Some stores with their data planes, in one process and on simulated disks, for tests: each can be
 * away, stall, be full, lose its power, or have its bytes rot.
 *
 * @module
 */

import type { LogFields, Logger } from '../../base/logger.ts'
import { silentLogger } from '../../base/logger.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { afterTurn } from '../../base/turn.ts'
import type { Zone } from '../../contract/configuration.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { planGroups } from '../../placement/plan-groups.ts'
import { GROUP_COUNT, Machine, SEGMENTS } from '../../storage/chunks/chunk-fixtures.ts'
import type { ChunkStore } from '../../storage/chunks/chunk-store.ts'
import type { PeerRequest } from '../../wire/peer/messages.ts'
import type { ChunkRequestKind } from './chunk-handler.ts'
import { ChunkPlacement } from './chunk-placement.ts'
import type { ChunkPlane } from './chunk-plane.ts'
import { openChunkPlane } from './chunk-plane.ts'
import type { PeerNetwork } from '../peer-network.ts'
import type { MemoryNode } from '../transport/memory-network.ts'
import { MemoryNetwork } from '../transport/memory-network.ts'

const START_MS = Date.UTC(2030, 0, 1)
const STEP_MS = 25
const TURNS_PER_STEP = 12

export interface ChunkBenchOptions {
  /** One store each; default: a, b and c. */
  readonly zones?: readonly string[]
  /** Default: 2. */
  readonly minInsync?: number
  readonly seed?: number
}

/** The region's stores. */
export class ChunkBench {
  readonly clock = new ManualClock(START_MS)
  readonly network = new MemoryNetwork()
  readonly nodes: BenchNode[] = []

  static async open(options: ChunkBenchOptions = {}): Promise<ChunkBench> {
    const { zones = ['a', 'b', 'c'], minInsync = 2, seed = 1 } = options
    const bench = new ChunkBench()
    const stores = zones.map((zone, at) => ({
      store: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}` as StoreId,
      zone: zone as Zone,
      ...{ name: '', address: '', beaconAddress: '' },
    }))
    const groups = planGroups(stores, GROUP_COUNT)
    const floor = { minInsync, zoneCount: new Set(zones).size }
    for (const [at, { store, zone }] of stores.entries()) {
      const placement = new ChunkPlacement({ self: store, zone, groupCount: GROUP_COUNT, floor })
      placement.take({ version: 1, stores, groups })
      const node = new BenchNode(bench, placement, new Machine(seed + at))
      await node.start()
      bench.nodes.push(node)
    }
    return bench
  }

  /** The node with this number. */
  node(at: number): BenchNode {
    const node = this.nodes[at]
    if (node === undefined) throw new Error(`There is no node ${at}`)
    return node
  }

  /** Lets time pass until the work has ended. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const over = () => (isOver = true)
    work.then(over, over)
    for (;;) {
      await turns()
      if (isOver) return work
      this.clock.advance(STEP_MS)
    }
  }

  /** Lets so much time pass. */
  async elapse(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await turns()
      this.clock.advance(Math.min(left, STEP_MS))
    }
    await turns()
  }
}

/** One store and its storage node. */
export class BenchNode {
  readonly machine: Machine
  readonly placement: ChunkPlacement
  readonly log: string[] = []
  /** Requests that have arrived, by kind. */
  readonly requests: ChunkRequestKind[] = []
  chunks!: ChunkStore
  plane!: ChunkPlane
  isFull = false
  /** Takes requests and never answers. */
  isStalled = false
  flushCount = 0
  readonly #bench: ChunkBench
  #member: MemoryNode | undefined

  constructor(bench: ChunkBench, placement: ChunkPlacement, machine: Machine) {
    this.#bench = bench
    this.placement = placement
    this.machine = machine
  }

  get isUp(): boolean {
    return this.#member !== undefined
  }

  /** The way to the others. */
  get peers(): PeerNetwork {
    if (this.#member === undefined) throw new Error('The node is not up')
    return this.#member
  }

  get store(): StoreId {
    return this.placement.self
  }

  /** Opens the store as it is on its disk, and joins the others. */
  async start(): Promise<void> {
    const { clock, network } = this.#bench
    const member = network.join({ self: this.store, clock })
    this.#member = member
    const options = { storeId: this.store, segmentSizeBytes: 8 * 1024 ** 2 }
    this.chunks = await this.machine.open({ ...options, clock })
    this.plane = openChunkPlane({
      chunks: this.chunks,
      room: { wouldFit: () => !this.isFull, mayWrite: () => !this.isFull },
      flush: () => {
        this.flushCount++
        return this.machine.engine.flush()
      },
      peers: member,
      placement: this.placement,
      clock,
      logger: this.#logger(),
    })
    member.serve({
      message() {},
      request: (_from, request) => {
        const asked = request as PeerRequest<ChunkRequestKind>
        this.requests.push(asked.kind)
        if (this.isStalled) return new Promise(() => {})
        return this.plane.handler.answer(asked)
      },
    })
  }

  /** The process is gone; its disk keeps what was synced. */
  die(): void {
    this.#member?.leave()
    this.#member = undefined
    this.machine.crashToFlush()
  }

  /** Power is cut, and the store starts again. */
  async restart(): Promise<void> {
    if (this.#member !== undefined) this.die()
    await this.start()
  }

  /** Flips a bit of a byte somewhere in what the store has written; `at` is taken modulo its size. */
  rot(at: number): void {
    for (const name of this.machine.disk.directory(SEGMENTS).names.keys()) {
      const path = `${SEGMENTS}/${name}`
      const { sizeBytes } = this.machine.disk.content(path)
      if (sizeBytes > 0) this.machine.disk.rot(path, at % sizeBytes)
    }
  }

  #logger(): Logger {
    const note = (message: string, { why }: LogFields = {}) => {
      this.log.push(why === undefined ? message : `${message}: ${why}`)
    }
    return { ...silentLogger, warn: note, error: note }
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS_PER_STEP; turn++) await new Promise<void>(afterTurn)
}
