/**
 * A region in this process: one store for each zone, which speak to each other in memory. The parts
 * list of `npm start` without its HTTP, and of the tests.
 *
 * @module
 */

import { join } from 'node:path'
import { assert } from './base/assert.ts'
import { sleep } from './base/clock.ts'
import { HybridClock } from './base/hybrid-clock.ts'
import { SlabPool } from './base/slabs.ts'
import { InlineLeases } from './cluster/beacons/inline-leases.ts'
import { GRANT_MS } from './cluster/beacons/lease-times.ts'
import { StoreStatus } from './cluster/beacons/store-status.ts'
import { FileConfigStore } from './cluster/config-stores/file-config-store.ts'
import { foundRegion } from './cluster/founding.ts'
import type { MemoryNode } from './cluster/transport/memory-network.ts'
import { MemoryNetwork } from './cluster/transport/memory-network.ts'
import type { Zone } from './contract/configuration.ts'
import { FOUNDING_RANGE_COUNT } from './contract/founding-ranges.ts'
import type { Incarnation, PartitionId } from './contract/identifiers.ts'
import { isOlderThanRanges, replicationSettings } from './region-settings.ts'
import type { StorageNode, StorageNodeOptions } from './storage-node.ts'
import { openStorageNode } from './storage-node.ts'
import type { StoreOptions } from './storage/store.ts'
import { Store } from './storage/store.ts'

/** For chunks that a store receives from the others: half of what a gateway has. */
const PEER_SLAB_BYTES_MAX = 16 * 1024 ** 2
/** Stores of a local region stay where they are: its placement never changes. */
const MAP_VERSION = 1
/** How long a start waits for primaries: what is wrong with one must not keep the others from serving. */
const ACTIVATION_MS_MAX = 2_000

/** One zone's store. */
export interface LocalZone {
  readonly zone: Zone
  readonly directory: string
}

export interface LocalRegionOptions
  extends
    Omit<StoreOptions, 'directory' | 'openEngine'>,
    Pick<
      StorageNodeOptions,
      'checksums' | 'hashers' | 'slabBytesMax' | 'gcGraceMs' | 'restoreLengths'
    > {
  readonly zones: readonly LocalZone[]
  /** Holds the file of the config store. */
  readonly configDirectory: string
  /** Opens the key-value engine of a zone in a directory of its own. */
  readonly openEngine: (path: string, zone: Zone) => ReturnType<StoreOptions['openEngine']>
  /** User ranges of a region that is new. Default `FOUNDING_RANGE_COUNT`. */
  readonly rangeCount?: number
}

/** A region that serves. */
export interface LocalRegion {
  /** In the order of the zones. */
  readonly nodes: readonly StorageNode[]
  stop(): Promise<void>
}

/** Opens the region, or founds it. Rejects with a `StoreOpenError`. */
export async function openLocalRegion(options: LocalRegionOptions): Promise<LocalRegion> {
  const stores = await openStores(options)
  try {
    return await openOn(stores, options)
  } catch (error) {
    await Promise.all(stores.map((store) => store.close()))
    throw error
  }
}

/** The storage node of a region with one store; it stops the region with it. */
export function onlyNode({ nodes, stop }: LocalRegion): StorageNode {
  const [node, ...others] = nodes
  assert(node !== undefined && others.length === 0, 'the region has one store')
  return { ...node, stop }
}

async function openStores(options: LocalRegionOptions): Promise<Store[]> {
  const { zones, openEngine } = options
  const opened = await Promise.allSettled(
    zones.map(({ zone, directory }) =>
      Store.open({ ...options, directory, openEngine: (path) => openEngine(path, zone) }),
    ),
  )
  const failed = opened.find((each) => each.status === 'rejected')
  const stores = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  if (failed === undefined) return stores
  await Promise.all(stores.map((store) => store.close()))
  throw failed.reason
}

async function openOn(stores: readonly Store[], options: LocalRegionOptions): Promise<LocalRegion> {
  const { files, random, zones, configDirectory, settings } = options
  await files.makeDirectory(configDirectory)
  const path = join(configDirectory, 'config.log')
  const configs = await FileConfigStore.open({ files, random, path })
  const placed = stores.map(({ storeId: store }, at) => ({
    store,
    zone: zoneAt(zones, at),
    ...{ name: '', address: '', beaconAddress: '' },
  }))
  const rangeCount = stores.some(isOlderThanRanges)
    ? 1
    : (options.rangeCount ?? FOUNDING_RANGE_COUNT)
  await foundRegion(configs, placed, { rangeCount, groupCount: settings.groupCount })

  const network = new MemoryNetwork()
  const seats = stores.map((store) => takeSeat(store, stores, network, options))
  // Each must be there before the first beacons: they tell that the processes of the past are dead.
  for (const { store, leases } of seats) {
    leases.setPeers(stores.map(({ storeId }) => storeId).filter((id) => id !== store.storeId))
  }
  const activity = new Activity((await configs.list()).map(({ partition }) => partition))
  const onActivated = (partition: PartitionId) => activity.activated(partition)
  const nodes = await Promise.all(
    seats.map((seat, at) =>
      openStorageNode(seat.store, {
        ...nodeOptions(options, at, configs, seat),
        replication: replicationSettings({ stores: placed }, true),
        onActivated,
      }),
    ),
  )
  for (const node of nodes) node.start()
  // Requests would wait for them otherwise: the first ones are to be as fast as the rest.
  await Promise.race([activity.all, sleep(options.clock, ACTIVATION_MS_MAX)])
  return {
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
      for (const { leases, network: member } of seats) {
        leases.close()
        member.leave()
      }
      await configs.close()
    },
  }
}

/** Knows when every partition has had a primary. */
class Activity {
  readonly all: Promise<void>
  readonly #missing: Set<PartitionId>
  #allActivated: () => void = () => {}

  constructor(partitions: readonly PartitionId[]) {
    this.#missing = new Set(partitions)
    this.all = new Promise((resolve) => (this.#allActivated = resolve))
  }

  activated(partition: PartitionId): void {
    this.#missing.delete(partition)
    if (this.#missing.size === 0) this.#allActivated()
  }
}

/** What a storage node needs to meet the others. */
interface Seat {
  readonly store: Store
  readonly network: MemoryNode
  readonly leases: InlineLeases
  readonly hybridClock: HybridClock
}

function takeSeat(
  store: Store,
  stores: readonly Store[],
  network: MemoryNetwork,
  { clock, logger }: LocalRegionOptions,
): Seat {
  const { storeId: self, incarnation } = store
  const member = network.join({ self, clock, slabs: new SlabPool(PEER_SLAB_BYTES_MAX) })
  const hybridClock = new HybridClock(clock)
  const status = new StoreStatus({ store, hybridClock, logger, mapVersion: () => MAP_VERSION })
  const leases = new InlineLeases({
    ...{ self, incarnation, clock, logger },
    channel: member.beacons,
    // As it was on record before this start, which every store of this process has counted.
    incarnations: new Map(
      stores.map((each) => [each.storeId, (each.incarnation - 1) as Incarnation]),
    ),
    peers: [],
    status: () => status.read(),
    lastSyncMs: () => store.lastSyncMs,
  })
  leases.onHeard((from, news) => status.hear(from, news))
  return { store, network: member, leases, hybridClock }
}

function nodeOptions(
  options: LocalRegionOptions,
  at: number,
  configs: FileConfigStore,
  parts: Pick<StorageNodeOptions, 'network' | 'leases' | 'hybridClock'>,
): Omit<StorageNodeOptions, 'replication'> {
  const { zones, settings, clock } = options
  return {
    ...options,
    ...parts,
    configs,
    zone: zoneAt(zones, at),
    directory: zones[at]?.directory ?? '',
    groupCount: settings.groupCount,
    silenceUntilMs: clock.monotonicMs() + GRANT_MS,
    slabBytesMax: Math.floor(options.slabBytesMax / zones.length),
  }
}

function zoneAt(zones: readonly LocalZone[], at: number): Zone {
  return zones[at]?.zone ?? ('' as Zone)
}
