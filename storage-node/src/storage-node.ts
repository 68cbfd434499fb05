/**
 * One storage node on its open store: replicas, chunks, routing, services and background work, put
 * together around what differs between a pod, a local region and the simulator: network, config
 * store, leases.
 *
 * @module
 */

import type { BodyHashers } from './base/body-hasher.ts'
import type { Checksums } from './base/checksums.ts'
import type { Clock } from './base/clock.ts'
import type { Fatal } from './base/crash.ts'
import type { Files } from './base/files.ts'
import type { HybridClock } from './base/hybrid-clock.ts'
import type { Logger } from './base/logger.ts'
import type { Random } from './base/random.ts'
import { SlabPool } from './base/slabs.ts'
import type { ChunkPlane } from './cluster/chunks/chunk-plane.ts'
import { openChunkPlane } from './cluster/chunks/chunk-plane.ts'
import { ChunkPlacement } from './cluster/chunks/chunk-placement.ts'
import type { ConfigStore } from './cluster/config-store.ts'
import type { Leases } from './cluster/leases.ts'
import { PartitionReplicas } from './cluster/replicas/partition-replicas.ts'
import type { Partitions } from './cluster/partitions.ts'
import type { PeerHandler, PeerNetwork } from './cluster/peer-network.ts'
import { PlacementFile } from './cluster/chunks/placement-file.ts'
import { ReplicaKeeper } from './cluster/replicas/replica-keeper.ts'
import { Routing } from './cluster/routing.ts'
import type { Zone } from './contract/configuration.ts'
import type { PartitionId } from './contract/identifiers.ts'
import { Maintenance } from './node-maintenance.ts'
import type { RestoreLengths } from './model/restore.ts'
import { defaultRestoreLengths } from './model/restore.ts'
import type { ReplicationSettings } from './replication/protocol.ts'
import { BodyStore } from './services/body-store.ts'
import { AccountService } from './services/account-service.ts'
import { BucketService } from './services/bucket-service.ts'
import type { AccessKeyRecords } from './services/region-accounts.ts'
import { ListingService } from './services/listing-service.ts'
import { ObjectReader } from './services/object-reader.ts'
import { ObjectService } from './services/object-service.ts'
import { UploadService } from './services/upload-service.ts'
import type { Store } from './storage/store.ts'

export interface StorageNodeOptions {
  /** The store's. */
  readonly directory: string
  readonly files: Files
  readonly zone: Zone
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly fatal: Fatal
  readonly network: PeerNetwork
  readonly configs: ConfigStore
  readonly leases: Leases
  readonly hybridClock: HybridClock
  readonly replication: ReplicationSettings
  /** Number of placement groups of the region. */
  readonly groupCount: number
  /** Until when of the monotonic clock this process neither seals nor grants (L4). */
  readonly silenceUntilMs: number
  readonly checksums: Checksums
  /** Called whenever a replica here has become the active primary of its partition. */
  readonly onActivated?: (partition: PartitionId) => void
  /** Of large bodies. */
  readonly hashers: BodyHashers
  readonly slabBytesMax: number
  /** How long replaced and deleted bytes stay for readers that had begun. */
  readonly gcGraceMs: number
  /** How long restores take and last. Default: `defaultRestoreLengths`. */
  readonly restoreLengths?: RestoreLengths
}

/** What the API is served from. */
export interface Services {
  readonly accounts: AccountService
  readonly buckets: BucketService
  readonly objects: ObjectService
  readonly uploads: UploadService
  readonly listings: ListingService
}

/** A storage node that takes part in its region. */
export interface StorageNode extends Services {
  readonly store: Store
  readonly replicas: PartitionReplicas
  readonly partitions: Partitions
  /** Those that the system range keeps for the whole region. */
  readonly accessKeys: AccessKeyRecords
  /** Slabs in use, for metrics. */
  readonly slabs: SlabPool
  /** Takes up its partitions; called once, when the others can be reached or are on their way. */
  start(): void
  checkpoint(): Promise<void>
  /** Frees what nothing refers to and whose grace has passed, and gives its space back. */
  collectAndCompact(): Promise<void>
  /** Lets others take over the partitions that this storage node leads. */
  handOver(): Promise<void>
  /** Ends background work, checkpoints, and closes the store: the next start replays nothing. */
  stop(): Promise<void>
}

/** Opens the replicas of the store and answers the others. Rejects with a `StoreOpenError`. */
export async function openStorageNode(
  store: Store,
  options: StorageNodeOptions,
): Promise<StorageNode> {
  const { configs, clock, network, logger, gcGraceMs, files, directory } = options
  const placement = placementOf(store, options)
  const kept = new PlacementFile(files, directory, logger)
  const following = await placement.follow(configs, kept)
  const replicas = openReplicas(store, options)
  const keeper = openKeeper(store, replicas, placement, options)
  const routing = openRouting(replicas, options)
  const { partitions } = routing
  const plane = openPlane(store, placement, () => replicas.checkpoint(), options)
  network.serve(peerHandler(replicas, routing, plane))
  await keeper.openKept()
  const services = openServices(routing, plane, options)
  const maintenance = new Maintenance({
    ...{ store, plane, placement, partitions, replicas, network, clock, logger, gcGraceMs },
  })
  return {
    ...services,
    store,
    replicas,
    partitions,
    accessKeys: routing.settings.accessKeys,
    checkpoint: () => replicas.checkpoint(),
    collectAndCompact: () => maintenance.collectAndCompact(),
    start() {
      keeper.start()
      routing.start()
      maintenance.start()
    },
    handOver: () => keeper.handOver(),
    async stop() {
      await maintenance.stop()
      await plane.stop()
      await keeper.stop()
      routing.stop()
      following.stop()
      await replicas.close()
      await replicas.checkpoint()
      await store.close()
    },
  }
}

function placementOf(
  { storeId: self }: Store,
  { zone, groupCount, replication: floor }: StorageNodeOptions,
): ChunkPlacement {
  return new ChunkPlacement({ self, zone, groupCount, floor })
}

function openReplicas(store: Store, options: StorageNodeOptions): PartitionReplicas {
  const { replication: settings } = options
  return new PartitionReplicas({ ...options, store, settings })
}

function openKeeper(
  store: Store,
  replicas: PartitionReplicas,
  placement: ChunkPlacement,
  { zone, configs, network, leases, clock, logger, fatal }: StorageNodeOptions,
): ReplicaKeeper {
  return new ReplicaKeeper({
    ...{ store, replicas, zone, configs, network, leases, clock, logger, fatal },
    memberOf: (wanted) => placement.stores.find(({ store: known }) => known === wanted),
  })
}

function openPlane(
  { chunks, reserve: room }: Store,
  placement: ChunkPlacement,
  flush: () => Promise<void>,
  { network: peers, clock, logger }: StorageNodeOptions,
): ChunkPlane {
  return openChunkPlane({ chunks, room, flush, peers, placement, clock, logger })
}

function openRouting(replicas: PartitionReplicas, options: StorageNodeOptions): Routing {
  const { network, configs, clock, random, hybridClock, replication } = options
  return new Routing({
    ...{ network, configs, clock, random },
    hybridMs: () => hybridClock.nowMs(),
    quorum: replication.quorum,
    findReplica: (partition) => replicas.find(partition),
    ownConfigurations: () => replicas.all().flatMap(({ configuration }) => configuration ?? []),
  })
}

/** How this storage node answers the others. */
function peerHandler(
  replicas: PartitionReplicas,
  routing: Routing,
  { handler }: ChunkPlane,
): PeerHandler {
  return {
    message: replicas.message.bind(replicas),
    request(from, request) {
      switch (request.kind) {
        case 'knows':
        case 'snapshotOffer':
        case 'snapshotRows':
          return replicas.request(from, request)
        case 'chunkPut':
        case 'chunkGet':
        case 'chunkHave':
        case 'chunkConfirm':
        case 'chunkRemove':
          return handler.answer(request)
        default:
          return routing.request(from, request)
      }
    },
  }
}

function openServices(
  { partitions, settings }: Routing,
  plane: ChunkPlane,
  options: StorageNodeOptions,
): Services & { readonly slabs: SlabPool } {
  const { clock, random, logger, checksums, hashers, slabBytesMax } = options
  const { restoreLengths = defaultRestoreLengths } = options
  // Downloads have slabs of their own: clients that read slowly must not keep others from writing.
  const slabs = new SlabPool(slabBytesMax / 2)
  const readSlabs = new SlabPool(slabBytesMax / 2)
  const bodies = new BodyStore({
    ...plane,
    ...{ partitions, slabs, hashers, checksums, clock, random, logger },
  })
  const reader = new ObjectReader({ partitions, sources: plane.sources, slabs: readSlabs })
  const changing = { partitions, records: settings, random }
  const objects = new ObjectService({ ...changing, bodies, reader, clock, restoreLengths })
  return {
    accounts: new AccountService(partitions),
    buckets: new BucketService(changing),
    objects,
    uploads: new UploadService({ ...changing, bodies, clock }),
    listings: new ListingService(partitions),
    slabs,
  }
}
