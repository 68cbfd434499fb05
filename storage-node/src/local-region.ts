/**
 * A region with one store, in this process: opens the store and its partitions and puts the services
 * on top. The parts list of `npm start` without its HTTP, and of the tests.
 *
 * @module
 */

import type { BodyHashers } from './base/body-hasher.ts'
import type { Checksums } from './base/checksums.ts'
import { SlabPool } from './base/slabs.ts'
import type { ChunkPlane } from './cluster/chunk-plane.ts'
import { openChunkPlane } from './cluster/chunk-plane.ts'
import { ChunkPlacement } from './cluster/chunk-placement.ts'
import { PartitionRouter } from './cluster/partition-router.ts'
import type { Partitions } from './cluster/partition-router.ts'
import { PeerUnreachableError } from './cluster/peer-network.ts'
import { ReplicaDriver } from './cluster/replica-driver.ts'
import { SingleMemberLog } from './cluster/single-member-log.ts'
import type { Zone } from './contract/configuration.ts'
import type { PartitionId } from './contract/identifiers.ts'
import { BackgroundLoop } from './maintenance/background-loop.ts'
import { endBucketDeletions } from './maintenance/bucket-deletions.ts'
import { isCheckpointDue } from './maintenance/checkpoint-rule.ts'
import { GarbageCollector } from './maintenance/garbage-collection.ts'
import type { OrphanSweepParts } from './maintenance/orphan-sweep.ts'
import { sweepOrphans } from './maintenance/orphan-sweep.ts'
import type { BucketName } from './model/identifiers.ts'
import { planGroups } from './placement/plan-groups.ts'
import { BodyStore } from './services/body-store.ts'
import { BucketService } from './services/bucket-service.ts'
import { ListingService } from './services/listing-service.ts'
import { ObjectReader } from './services/object-reader.ts'
import { ObjectService } from './services/object-service.ts'
import { UploadService } from './services/upload-service.ts'
import { Applier } from './storage/applier.ts'
import type { StoreOptions } from './storage/store.ts'
import { Store } from './storage/store.ts'

const ZONE = 'a' as Zone
const SYSTEM_PARTITION = 1 as PartitionId
const USER_PARTITION = 2 as PartitionId
const CHECKPOINT_LOOK_MS = 1000
const GARBAGE_ROUND_MS_MIN = 250
const GARBAGE_ROUND_MS_MAX = 60_000
const ORPHAN_ROUND_MS = 60 * 60 * 1000
const COMPACTION_ROUND_MS = 10_000

export interface LocalRegionOptions extends StoreOptions {
  readonly checksums: Checksums
  /** Of large bodies. */
  readonly hashers: BodyHashers
  readonly slabBytesMax: number
  /** How long replaced and deleted bytes stay for readers that had begun. */
  readonly gcGraceMs: number
}

/** What the API is served from. */
export interface LocalRegion {
  readonly buckets: BucketService
  readonly objects: ObjectService
  readonly uploads: UploadService
  readonly listings: ListingService
  readonly store: Store
  /** Slabs in use, for metrics. */
  readonly slabs: SlabPool
  checkpoint(): Promise<void>
  /** Frees what nothing refers to and whose grace has passed, and gives its space back. */
  collectAndCompact(): Promise<void>
  /** Ends background work, checkpoints, and closes the store: the next start replays nothing. */
  stop(): Promise<void>
}

/** Opens the region of a data directory. Rejects with a `StoreOpenError`. */
export async function openLocalRegion(options: LocalRegionOptions): Promise<LocalRegion> {
  const store = await Store.open(options)
  try {
    return await openOn(store, options)
  } catch (error) {
    await store.close()
    throw error
  }
}

interface Partition {
  readonly id: PartitionId
  readonly log: SingleMemberLog
  readonly driver: ReplicaDriver
}

async function openOn(store: Store, options: LocalRegionOptions): Promise<LocalRegion> {
  const system = await openPartition(SYSTEM_PARTITION, store, options)
  const user = await openPartition(USER_PARTITION, store, options)
  const partitions = new PartitionRouter(system.driver, user.driver)
  const checkpoint = () =>
    store.checkpoint({
      bases: () => new Map([system, user].map(({ id, log }) => [id, log.base])),
    })
  const placement = placeHere(store, options)
  const plane = openPlane(placement, checkpoint, store, options)
  const services = openServices(partitions, plane, options)
  const { clock, logger } = options
  const deletions = { partitions, clock, logger }
  await endBucketDeletions({ ...deletions, aloneMs: 0 }, new AbortController().signal)
  const garbage = new GarbageCollector({
    partitions: {
      primaries: () => [USER_PARTITION],
      ask: (_partition, query) => partitions.ask(query),
      execute: (command) => partitions.execute(command),
    },
    removal: plane.removal,
    clock,
    graceMs: options.gcGraceMs,
  })
  const sweep = { partitions, placement, chunks: store.chunks }
  const loops = startMaintenance(garbage, sweep, checkpoint, store, options)
  return {
    ...services,
    store,
    checkpoint,
    async collectAndCompact() {
      await garbage.collect(new AbortController().signal)
      await compact(store)
    },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
      await plane.stop()
      await checkpoint()
      await store.close()
    },
  }
}

async function openPartition(
  id: PartitionId,
  store: Store,
  { directory, clock, random }: LocalRegionOptions,
): Promise<Partition> {
  const { engine, cache, writer, journal, storeId, reserve } = store
  const applier = await Applier.open(id, { writer, cache })
  const log = await SingleMemberLog.open({ partition: id, storeId, directory, journal, applier })
  const mayWrite = (bytes: number) => reserve.mayWrite(bytes)
  const parts = { log, applier, engine, cache, clock, random, mayWrite }
  return { id, log, driver: await ReplicaDriver.open(parts) }
}

/** All groups are here. */
function placeHere({ storeId }: Store, { settings }: LocalRegionOptions): ChunkPlacement {
  const { groupCount } = settings
  const floor = { minInsync: 1, zoneCount: 1 }
  const placement = new ChunkPlacement({ self: storeId, zone: ZONE, groupCount, floor })
  const stores = [{ store: storeId, zone: ZONE, address: '' }]
  placement.take({ version: 1, stores, groups: planGroups(stores, groupCount) })
  return placement
}

function openPlane(
  placement: ChunkPlacement,
  flush: () => Promise<void>,
  { chunks, reserve: room }: Store,
  { clock, logger }: LocalRegionOptions,
): ChunkPlane {
  const peers = {
    request: () => Promise.reject(new PeerUnreachableError('The region has one store')),
  }
  return openChunkPlane({ chunks, room, flush, peers, placement, clock, logger })
}

function openServices(partitions: Partitions, plane: ChunkPlane, options: LocalRegionOptions) {
  const { clock, random, logger, checksums, hashers, slabBytesMax } = options
  // Downloads have slabs of their own: clients that read slowly must not keep others from writing.
  const slabs = new SlabPool(slabBytesMax / 2)
  const readSlabs = new SlabPool(slabBytesMax / 2)
  const bodies = new BodyStore({
    ...plane,
    ...{ partitions, slabs, hashers, checksums, clock, random, logger },
  })
  const reader = new ObjectReader({ partitions, sources: plane.sources, slabs: readSlabs })
  const objects = new ObjectService({ partitions, bodies, reader, clock, random })
  const records = { find: (name: BucketName) => partitions.ask({ kind: 'bucket', name }) }
  return {
    buckets: new BucketService({ partitions, records, random }),
    objects,
    uploads: new UploadService({ partitions, bodies, objects, clock, random }),
    listings: new ListingService(partitions),
    slabs,
  }
}

function startMaintenance(
  garbage: GarbageCollector,
  sweep: OrphanSweepParts,
  checkpoint: () => Promise<void>,
  store: Store,
  options: LocalRegionOptions,
): BackgroundLoop[] {
  const { clock, logger, gcGraceMs } = options
  const { chunks } = store
  const collectMs = Math.min(Math.max(gcGraceMs / 4, GARBAGE_ROUND_MS_MIN), GARBAGE_ROUND_MS_MAX)
  const loop = (
    name: string,
    intervalMs: number,
    round: (signal: AbortSignal) => Promise<unknown>,
  ) => {
    const settings = { name, intervalMs, clock, logger }
    return new BackgroundLoop(settings, async (signal) => void (await round(signal)))
  }
  return [
    loop('checkpoint', CHECKPOINT_LOOK_MS, async () => {
      if (isCheckpointDue(store.sinceCheckpoint())) await checkpoint()
    }),
    loop('garbage collection', collectMs, async (signal) => {
      if ((await garbage.collect(signal)) > 0) await compact(store)
    }),
    loop('compaction', COMPACTION_ROUND_MS, () => compact(store)),
    loop('orphan sweep', ORPHAN_ROUND_MS, (signal) => sweepOrphans(sweep, signal)),
    loop('tombstones', ORPHAN_ROUND_MS, () => chunks.expireTombstones()),
  ]
}

async function compact({ chunks }: Store): Promise<void> {
  while (await chunks.compactOnce());
}
