/**
 * The key-value engine of a store: RocksDB by way of the npm package `rocksdb-native`.
 *
 * RocksDB's own write-ahead log is of no use here and does harm: it is not synced, and of two such
 * files RocksDB can recover the second without the end of the first, which is no state the store
 * ever had. They are deleted before it opens, so that it opens at the end of its last complete
 * flush; the store's journal replays the rest (replication.md 2.1).
 *
 * All keys live in one column family: a batch belongs to one, and only one flush orders them all.
 *
 * @module
 */

import { dirname } from 'node:path'
import RocksDB from 'rocksdb-native'
import { assert } from '../base/assert.ts'
import { nodeFiles } from '../base/files.ts'
import { CallLimit } from './call-limit.ts'
import { KeyValueEngineError } from './key-value-engine.ts'
import type {
  KeyRange,
  KeyValueEngine,
  Mutation,
  ScanOptions,
  Snapshot,
} from './key-value-engine.ts'
import { cutTornManifest } from './rocksdb-manifest.ts'
import { RocksdbReader } from './rocksdb-reader.ts'

/** What the binding gives RocksDB's block cache, without a setting. */
export const BLOCK_CACHE_BYTES = 32 * 1024 ** 2
/** Block cache and memtables together, unless told otherwise. */
export const ROCKSDB_MEMORY_BYTES_DEFAULT = 128 * 1024 ** 2
/** One memtable takes writes while the other is being flushed. */
const MEMTABLE_COUNT_MAX = 2
/** Flushes and compactions at a time, on threads of RocksDB's own. */
const BACKGROUND_JOB_COUNT_MAX = 2
/** With the one write of J6 four calls, which leaves most of the thread pool to files. */
const READ_CALL_COUNT_MAX = 3

export interface RocksdbOptions {
  /** Absolute path of the directory; made if it is missing, in a parent that exists. */
  readonly path: string
  /** Block cache and memtables together. */
  readonly memoryBytesMax?: number
}

/** Opens, or makes, the engine in a directory that no other process uses (`LOCK` of the store). */
export async function openRocksdbEngine(options: RocksdbOptions): Promise<KeyValueEngine> {
  const { path, memoryBytesMax = ROCKSDB_MEMORY_BYTES_DEFAULT } = options
  assert(memoryBytesMax > BLOCK_CACHE_BYTES, 'RocksDB gets more memory than its block cache')
  await makeDirectory(path)
  await deleteWriteAheadLogs(path)
  await cutTornManifest(nodeFiles, path)
  const db = new RocksDB(path, {
    writeBufferSize: Math.floor((memoryBytesMax - BLOCK_CACHE_BYTES) / MEMTABLE_COUNT_MAX),
    maxWriteBufferNumber: MEMTABLE_COUNT_MAX,
    maxBackgroundJobs: BACKGROUND_JOB_COUNT_MAX,
  })
  try {
    await db.ready()
  } catch (cause) {
    throw new KeyValueEngineError(`Cannot open RocksDB in "${path}"`, { cause })
  }
  return new RocksdbEngine(db)
}

async function makeDirectory(path: string): Promise<void> {
  await nodeFiles.makeDirectory(path)
  // RocksDB syncs what is in the directory, not the name of the directory itself.
  await nodeFiles.syncDirectory(dirname(path))
}

async function deleteWriteAheadLogs(path: string): Promise<void> {
  const names = await nodeFiles.list(path)
  for (const name of names) {
    if (name.endsWith('.log')) await nodeFiles.remove(`${path}/${name}`)
  }
}

class RocksdbEngine implements KeyValueEngine {
  readonly #db: RocksDB
  readonly #calls = new CallLimit(READ_CALL_COUNT_MAX)
  readonly #present: RocksdbReader
  #closed: Promise<void> | undefined

  constructor(db: RocksDB) {
    this.#db = db
    this.#present = new RocksdbReader(db, this.#calls)
  }

  getMany(keys: readonly Uint8Array[]) {
    return this.#present.getMany(keys)
  }

  scan(range: KeyRange, options: ScanOptions) {
    return this.#present.scan(range, options)
  }

  async write(mutations: readonly Mutation[]): Promise<void> {
    this.#requireOpen()
    if (mutations.length === 0) return
    try {
      const batch = this.#db.write({ capacity: mutations.length, autoDestroy: true })
      for (const { key, value } of mutations) {
        if (value === undefined) batch.tryDelete(key)
        else batch.tryPut(key, value)
      }
      await batch.flush()
    } catch (cause) {
      throw new KeyValueEngineError(`Cannot write ${mutations.length} rows`, { cause })
    }
  }

  snapshot(): Snapshot {
    this.#requireOpen()
    const session = this.#db.snapshot()
    const reader = new RocksdbReader(session, this.#calls)
    return {
      getMany: (keys) => reader.getMany(keys),
      scan: (range, options) => reader.scan(range, options),
      release: () => reader.release(() => void session.close()),
    }
  }

  async flush(): Promise<void> {
    this.#requireOpen()
    try {
      await this.#db.flush()
    } catch (cause) {
      throw new KeyValueEngineError('Cannot flush', { cause })
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => this.#present.release(resolve))
    await this.#calls.idle()
    await this.#db.close()
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new KeyValueEngineError('The key-value engine is closed')
  }
}
