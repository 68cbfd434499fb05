/**
 * The background work of one storage node.
 *
 * @module
 */

import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { ChunkPlacement } from './cluster/chunks/chunk-placement.ts'
import type { ChunkPlane } from './cluster/chunks/chunk-plane.ts'
import { SYSTEM_PARTITION } from './contract/founding-ranges.ts'
import type { PartitionReplicas } from './cluster/replicas/partition-replicas.ts'
import type { PeerNetwork } from './cluster/peer-network.ts'
import type { RegionPartitions } from './cluster/region-partitions.ts'
import { BackgroundLoop } from './maintenance/background-loop.ts'
import { endBucketDeletions } from './maintenance/bucket-deletions.ts'
import { isCheckpointDue } from './maintenance/checkpoint-rule.ts'
import { ChunkRepair } from './maintenance/chunk-repair.ts'
import { GarbageCollector } from './maintenance/garbage-collection.ts'
import { sweepOrphans } from './maintenance/orphan-sweep.ts'
import type { Store } from './storage/store.ts'

const CHECKPOINT_LOOK_MS = 1000
const GARBAGE_ROUND_MS_MIN = 250
const GARBAGE_ROUND_MS_MAX = 60_000
const ORPHAN_ROUND_MS = 60 * 60 * 1000
const COMPACTION_ROUND_MS = 10_000
const REPAIR_ROUND_MS = 5_000
const DELETION_ROUND_MS = 5_000

export interface MaintenanceParts {
  readonly store: Store
  readonly plane: ChunkPlane
  readonly placement: ChunkPlacement
  readonly partitions: RegionPartitions
  readonly replicas: PartitionReplicas
  readonly network: Pick<PeerNetwork, 'request'>
  readonly clock: Clock
  readonly logger: Logger
  readonly gcGraceMs: number
}

export class Maintenance {
  readonly #parts: MaintenanceParts
  readonly #garbage: GarbageCollector
  readonly #repair: ChunkRepair
  #loops: readonly BackgroundLoop[] = []

  constructor(parts: MaintenanceParts) {
    const { store, plane, placement, partitions, replicas, network, clock, logger } = parts
    this.#parts = parts
    this.#garbage = new GarbageCollector({
      partitions: {
        primaries: () => replicas.primaries(),
        ask: (partition, query) => partitions.askPartition(partition, query),
        execute: (command) => partitions.execute(command),
      },
      removal: plane.removal,
      clock,
      graceMs: parts.gcGraceMs,
    })
    this.#repair = new ChunkRepair({
      ...{ partitions, chunks: store.chunks, peers: network, placement, clock, logger },
      ...{ health: plane.health, damage: plane.damage },
    })
  }

  start(): void {
    this.#loops = startLoops(this.#parts, this.#garbage, this.#repair)
  }

  /** Frees what nothing refers to and whose grace has passed, and gives its space back. */
  async collectAndCompact(): Promise<void> {
    await this.#garbage.collect(new AbortController().signal)
    await compact(this.#parts.store)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }
}

function startLoops(
  parts: MaintenanceParts,
  garbage: GarbageCollector,
  repair: ChunkRepair,
): BackgroundLoop[] {
  const { store, placement, partitions, replicas, clock, logger, gcGraceMs } = parts
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
      if (isCheckpointDue(store.sinceCheckpoint())) await replicas.checkpoint()
    }),
    loop('garbage collection', collectMs, async (signal) => {
      if ((await garbage.collect(signal)) > 0) await compact(store)
    }),
    loop('compaction', COMPACTION_ROUND_MS, () => compact(store)),
    loop('chunk repair', REPAIR_ROUND_MS, (signal) => repair.round(signal)),
    loop('orphan sweep', ORPHAN_ROUND_MS, (signal) =>
      sweepOrphans({ partitions, placement, chunks }, signal),
    ),
    loop('tombstones', ORPHAN_ROUND_MS, () => chunks.expireTombstones()),
    loop('bucket deletions', DELETION_ROUND_MS, async (signal) => {
      if (replicas.primaries().includes(SYSTEM_PARTITION)) {
        await endBucketDeletions({ partitions, clock, logger }, signal)
      }
    }),
  ]
}

async function compact({ chunks }: Store): Promise<void> {
  while (await chunks.compactOnce());
}
