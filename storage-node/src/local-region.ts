/**
 * A region with one store, in this process: opens the store and its partitions and puts the services
 * on top. The parts list of `npm start` without its HTTP, and of the tests.
 *
 * @module
 */

import type { BodyHashers } from './base/body-hasher.ts'
import type { Checksums } from './base/checksums.ts'
import { SlabPool } from './base/slabs.ts'
import { PartitionRouter } from './cluster/partition-router.ts'
import type { Partitions } from './cluster/partition-router.ts'
import { ReplicaDriver } from './cluster/replica-driver.ts'
import { SingleMemberLog } from './cluster/single-member-log.ts'
import type { PartitionId } from './contract/identifiers.ts'
import { BackgroundLoop } from './maintenance/background-loop.ts'
import { endBucketDeletions } from './maintenance/bucket-deletions.ts'
import { isCheckpointDue } from './maintenance/checkpoint-rule.ts'
import { collectGarbage } from './maintenance/garbage-collection.ts'
import { sweepOrphans } from './maintenance/orphan-sweep.ts'
import { BodyStore } from './services/body-store.ts'
import { BucketService } from './services/bucket-service.ts'
import { ListingService } from './services/listing-service.ts'
import { ObjectReader } from './services/object-reader.ts'
import { ObjectService } from './services/object-service.ts'
import { UploadService } from './services/upload-service.ts'
import { Applier } from './storage/applier.ts'
import type { StoreOptions } from './storage/store.ts'
import { Store } from './storage/store.ts'

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
  const services = openServices(partitions, store, options)
  const { clock, logger } = options
  const deletions = { partitions, clock, logger }
  await endBucketDeletions({ ...deletions, aloneMs: 0 }, new AbortController().signal)
  const checkpoint = () =>
    store.checkpoint(() => new Map([system, user].map(({ id, log }) => [id, log.base])))
  const loops = startMaintenance(partitions, checkpoint, store, options)
  return {
    ...services,
    store,
    checkpoint,
    async collectAndCompact() {
      await collect(partitions, checkpoint, store, options)
      await compact(store)
    },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
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

function openServices(partitions: Partitions, store: Store, options: LocalRegionOptions) {
  const { clock, random, logger, checksums, hashers, slabBytesMax } = options
  // Downloads have slabs of their own: clients that read slowly must not keep others from writing.
  const slabs = new SlabPool(slabBytesMax / 2)
  const readSlabs = new SlabPool(slabBytesMax / 2)
  const { chunks, reserve } = store
  const mayWrite = (bytes: number) => reserve.mayWrite(bytes)
  const wouldFit = (bytes: number) => reserve.wouldFit(bytes)
  const bodies = new BodyStore({
    ...{ partitions, chunks, slabs, hashers, checksums, clock, random, logger },
    ...{ mayWrite, wouldFit },
  })
  const reader = new ObjectReader({ partitions, chunks, slabs: readSlabs })
  const objects = new ObjectService({ partitions, bodies, reader, clock, random })
  return {
    buckets: new BucketService({ partitions, clock, random, logger }),
    objects,
    uploads: new UploadService({ partitions, bodies, objects, clock, random }),
    listings: new ListingService(partitions),
    slabs,
  }
}

function startMaintenance(
  partitions: Partitions,
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
      const collected = await collect(partitions, checkpoint, store, options, signal)
      if (collected > 0) await compact(store)
    }),
    loop('compaction', COMPACTION_ROUND_MS, () => compact(store)),
    loop('orphan sweep', ORPHAN_ROUND_MS, (signal) => sweepOrphans({ partitions, chunks }, signal)),
    loop('tombstones', ORPHAN_ROUND_MS, () => chunks.expireTombstones()),
  ]
}

function collect(
  partitions: Partitions,
  flush: () => Promise<void>,
  { chunks }: Store,
  { clock, gcGraceMs }: LocalRegionOptions,
  signal = new AbortController().signal,
): Promise<number> {
  return collectGarbage({ partitions, chunks, flush, clock, graceMs: gcGraceMs }, signal)
}

async function compact({ chunks }: Store): Promise<void> {
  while (await chunks.compactOnce());
}
