/**
 * The real region of a data directory in this process, without HTTP: Node's files, RocksDB, the
 * operating system's lock. For tests that want the whole store.
 *
 * @module
 */

import { join } from 'node:path'
import { inlineBodyHashers } from './base/body-hasher.ts'
import { openChecksums } from './base/checksums.ts'
import type { Clock } from './base/clock.ts'
import { systemClock } from './base/clock.ts'
import type { Fatal } from './base/crash.ts'
import type { Files } from './base/files.ts'
import { nodeFiles } from './base/files.ts'
import { silentLogger } from './base/logger.ts'
import { systemRandom } from './base/random.ts'
import type { Zone } from './contract/configuration.ts'
import { onlyNode, openLocalRegion } from './local-region.ts'
import type { StorageNode } from './storage-node.ts'
import { openRocksdbEngine, ROCKSDB_MEMORY_BYTES_DEFAULT } from './storage/rocksdb-engine.ts'
import type { StoreSettings } from './storage/store.ts'
import { lockStore } from './storage/store-lock.ts'

const SLAB_BYTES_MAX = 64 * 1024 ** 2

export interface DiskRegionOptions {
  /** Absolute; made when it is not there. */
  readonly directory: string
  readonly fatal: Fatal
  readonly gcGraceMs: number
  readonly settings?: Partial<StoreSettings>
  /** RocksDB's block cache and memtables; as `openRocksdbEngine` has it unless told. */
  readonly engineMemoryBytesMax?: number
  readonly files?: Files
  readonly clock?: Clock
}

/** Opens a region with one store, or rejects with why it must not be served. */
export async function openDiskRegion(options: DiskRegionOptions): Promise<StorageNode> {
  const { directory, fatal, gcGraceMs, settings, files, clock } = options
  const { engineMemoryBytesMax: memoryBytesMax = ROCKSDB_MEMORY_BYTES_DEFAULT } = options
  const checksums = await openChecksums()
  const region = await openLocalRegion({
    zones: [{ zone: 'a' as Zone, directory }],
    configDirectory: join(directory, 'config'),
    files: files ?? nodeFiles,
    clock: clock ?? systemClock,
    random: systemRandom,
    logger: silentLogger,
    fatal,
    lock: lockStore,
    openEngine: (path) => openRocksdbEngine({ path, memoryBytesMax }),
    settings: { groupCount: 16, rowCacheBytesMax: 8 * 1024 ** 2, ...settings },
    checksums,
    hashers: inlineBodyHashers(checksums),
    slabBytesMax: SLAB_BYTES_MAX,
    gcGraceMs,
  })
  return onlyNode(region)
}
