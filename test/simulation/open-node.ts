/**
 * Starts a storage node's process in the simulated region: the product's own parts, on simulated
 * surroundings.
 *
 * @module
 */

import { HybridClock } from '@granary/storage-node/base/hybrid-clock'
import type { Logger } from '@granary/storage-node/base/logger'
import type { Random } from '@granary/storage-node/base/random'
import type { Zone } from '@granary/storage-node/contract/configuration'
import type { Incarnation, StoreId } from '@granary/storage-node/contract/identifiers'
import {
  AccountDirectory,
  foundRegion,
  InlineLeases,
  inlineBodyHashers,
  ManagedAccounts,
  NONCE_BYTES,
  openStorageNode,
  PeerAdmission,
  RegionAccounts,
  Store,
  storeLives,
  StoreStatus,
} from '@granary/storage-node/testing'
import type { InlineLeasesOptions, StorageNode } from '@granary/storage-node/testing'
import { STORE_DIRECTORY } from './fault-atlas.ts'
import type { Greeter } from './greetings.ts'
import type { Machine, OpenNode, ProcessSurroundings } from './machine.ts'
import { RESTORE_LENGTHS } from './restored-objects.ts'
import type { RunningNode } from './running-node.ts'
import type { World } from './world.ts'

const KIB = 1024
const MIB = KIB ** 2
/** Small enough that every run has several of each. */
const SETTINGS = {
  journalFileSizeBytes: 64 * KIB,
  segmentSizeBytes: 256 * KIB,
  groupCount: 16,
  rowCacheBytesMax: 64 * KIB,
}
const REGION = 'cn-hangzhou'
const KEY_RING = { keys: [{ id: 'k1', key: new Uint8Array(32) }] }
const SLAB_BYTES_MAX = 16 * MIB
const GC_GRACE_MS = 30_000
const PREPARE_ENTRY_COUNT_MAX = 8
/** How long a start keeps quiet (replication.md L4). */
const SILENCE_MS = 3_000

/** Opens storage nodes of the world; the first ones wait until the region is founded. */
export function nodeOpener(world: World): OpenNode {
  return async (surroundings) => {
    const store = await openStore(surroundings, world)
    surroundings.machine.storeId = store.storeId
    await world.formatted
    // Founding it again changes nothing.
    await found(world)
    return openNode(store, surroundings, world)
  }
}

function openStore(
  { machine, engine, ...rest }: ProcessSurroundings,
  world: World,
): Promise<Store> {
  const { files, clock, random, fatal } = rest
  return Store.open({
    directory: STORE_DIRECTORY,
    ...{ files, clock, random, fatal },
    logger: world.logger(machine),
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    openEngine: () => Promise.resolve(engine),
    settings: SETTINGS,
  })
}

async function found({ machines, plan, records }: World): Promise<void> {
  const stores = machines.flatMap(({ storeId, zone }) => {
    return storeId === undefined
      ? []
      : [{ store: storeId, zone: zone as Zone, name: '', address: '', beaconAddress: '' }]
  })
  const { rangeCount } = plan
  await foundRegion(records, stores, { rangeCount, groupCount: SETTINGS.groupCount })
}

async function openNode(
  store: Store,
  { machine, files, clock, random, fatal }: ProcessSurroundings,
  world: World,
): Promise<RunningNode> {
  const { plan, checksums, network, configs } = world
  const logger = world.logger(machine)
  const greeter = plan.saysHello ? openGreeter(store, { machine, clock, random, fatal }) : undefined
  const { peers, beacons } = network.join(machine.host, store.storeId, greeter)
  const hybridClock = new HybridClock(clock)
  const leases = openLeases({ store, hybridClock, clock, logger, channel: beacons, fatal }, world)
  const node = await openStorageNode(store, {
    directory: STORE_DIRECTORY,
    zone: machine.zone as Zone,
    ...{ files, clock, random, logger, fatal, hybridClock, checksums },
    network: peers,
    configs: configs.connect(machine.host),
    leases: world.leases.observe(machine, store.storeId, leases),
    replication: {
      quorum: plan.quorum,
      reads: plan.reads,
      minInsync: Math.min(2, plan.zones.length),
      zoneCount: new Set(plan.zones).size,
      isOneKernel: false,
      prepareEntryCountMax: PREPARE_ENTRY_COUNT_MAX,
    },
    groupCount: SETTINGS.groupCount,
    silenceUntilMs: clock.monotonicMs() + SILENCE_MS,
    hashers: inlineBodyHashers(checksums),
    slabBytesMax: SLAB_BYTES_MAX,
    gcGraceMs: GC_GRACE_MS,
    restoreLengths: RESTORE_LENGTHS,
  })
  node.start()
  return { ...node, ...openAccounts(node, random, logger) }
}

function openGreeter(
  store: Store,
  parts: Pick<ProcessSurroundings, 'machine' | 'clock' | 'random' | 'fatal'>,
): Greeter {
  const { machine, clock, random, fatal } = parts
  const { storeId: self, incarnation, journal } = store
  const options = {
    ...{ self, region: REGION },
    isHolder: (name: string | undefined, id: StoreId) => name === id,
    incarnationMax: (id: StoreId) => journal.peer(id)?.incarnationMax as Incarnation | undefined,
    remember: (id: StoreId, higher: Incarnation) => journal.recordIncarnation(id, higher),
  }
  const lives = storeLives(store, { directory: STORE_DIRECTORY, clock, fatal })
  return {
    name: {
      ...{ region: REGION, store: self, incarnation, nonce: random.bytes(NONCE_BYTES) },
      zone: machine.zone as Zone,
    },
    admissions: {
      control: new PeerAdmission({ ...options, lives }),
      beacon: new PeerAdmission(options),
    },
  }
}

function openAccounts(
  { accessKeys: records, partitions }: StorageNode,
  random: Random,
  logger: Logger,
): Pick<RunningNode, 'accessKeys' | 'managed'> {
  const keyRing = () => KEY_RING
  const directory = new AccountDirectory({ random, tokenKey: new Uint8Array(), ownKeys: [] })
  return {
    accessKeys: new RegionAccounts({ region: REGION, records, keyRing, directory, logger }),
    managed: new ManagedAccounts({ partitions, region: REGION, keyRing, random }),
  }
}

function openLeases(
  parts: Pick<InlineLeasesOptions, 'clock' | 'logger' | 'channel'> & {
    readonly store: Store
    readonly hybridClock: HybridClock
    readonly fatal: ProcessSurroundings['fatal']
  },
  { machines }: World,
): InlineLeases {
  const { store, hybridClock, clock, logger, channel, fatal } = parts
  const { storeId: self, incarnation, journal } = store
  const status = new StoreStatus({ store, hybridClock, logger, mapVersion: () => 1, fatal })
  const leases = new InlineLeases({
    ...{ self, incarnation, clock, logger, channel },
    incarnations: new Map(
      journal.peers().map(({ storeId, incarnationMax }) => {
        return [storeId, incarnationMax as Incarnation]
      }),
    ),
    peers: machines.flatMap((machine) => otherStore(machine, self)),
    status: () => status.read(),
    lastSyncMs: () => store.lastSyncMs,
  })
  leases.onHeard((from, news) => status.hear(from, news))
  return leases
}

function otherStore({ storeId }: Machine, self: StoreId): StoreId[] {
  return storeId === undefined || storeId === self ? [] : [storeId]
}
