/**
 * Builders for tests of the chunk store.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import { crc32 } from '../../base/checksums.ts'
import type { File, Files } from '../../base/files.ts'
import { silentLogger } from '../../base/logger.ts'
import { seededRandom } from '../../base/seeded-random.ts'
import { SimulatedDisk } from '../../base/simulated-disk.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'
import { MemoryEngine } from '../memory-engine.ts'
import { StateWriter } from '../state-writer.ts'
import type { ChunkOwner, ChunkStoreOptions, NewChunk } from './chunk-store.ts'
import { ChunkStore } from './chunk-store.ts'

export const STORE_ID = '0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId
export const DIRECTORY = '/store'
export const SEGMENTS = '/store/segments'
export const GROUP_COUNT = 64
export const START_MS = Date.UTC(2030, 0, 1)

/** A dataId of its own for each number, made at `creationMs`. */
export function dataId(number: number, creationMs = START_MS): DataId {
  return (creationMs.toString(16).padStart(12, '0') +
    number.toString(16).padStart(20, '0')) as DataId
}

export function owner(number = 0): ChunkOwner {
  return { bucketId: '00112233445566ff' as BucketId, key: `photos/ü/${number}.jpg` as ObjectKey }
}

// A look at a global costs much in a test's sandbox.
const { imul } = Math

/** Bytes that follow from the seed; no two words in a row are alike. */
export function bytesOf(seed: number, sizeBytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4))
  let state = imul(seed + 1, 0x9e3779b1) >>> 0
  for (let at = 0; at < words.length; at++) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0
    words[at] = state
  }
  return new Uint8Array(words.buffer, 0, sizeBytes)
}

/** A chunk of `bytes`, cut into pieces at odd places. */
export function newChunk(id: DataId, index: number, bytes: Uint8Array): NewChunk {
  const cut = Math.floor(bytes.byteLength / 3)
  const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)]
  return { dataId: id, index, owner: owner(), pieces, crc64: BigInt(crc32(bytes)) }
}

/** A clock that stands still until it is set. */
export class SetClock implements Clock {
  ms = START_MS

  nowMs(): number {
    return this.ms
  }

  monotonicMs(): number {
    return this.ms
  }

  schedule(): { cancel(): void } {
    return { cancel() {} }
  }
}

/** One machine: a disk, an engine and the store on them, through any number of starts. */
export class Machine {
  readonly disk: SimulatedDisk
  readonly clock = new SetClock()
  readonly seed: number
  engine = new MemoryEngine()
  /** By default the process goes on without an answer, as `Fatal` has it. */
  fatal: (cause: Error) => void = () => {}

  constructor(seed = 1, capacityBytes?: number) {
    this.seed = seed
    this.disk = new SimulatedDisk(seededRandom(seed), capacityBytes ? { capacityBytes } : {})
  }

  async open(options: Partial<ChunkStoreOptions> = {}): Promise<ChunkStore> {
    // What an ended process finds out about its engine is nobody's business any more.
    const engine = this.engine
    const fatal = (cause: Error) => {
      if (engine === this.engine) this.fatal(cause)
    }
    await this.disk.files.makeDirectory(DIRECTORY)
    await this.disk.files.syncDirectory('/')
    return ChunkStore.open({
      files: this.disk.files,
      directory: DIRECTORY,
      storeId: STORE_ID,
      engine,
      writer: new StateWriter(engine, fatal),
      clock: this.clock,
      fatal,
      logger: silentLogger,
      segmentSizeBytes: 1024 ** 2,
      groupCount: GROUP_COUNT,
      ...options,
    })
  }

  /** Power is cut: the engine goes back to its last flush, or to some batch after it. */
  crash(): void {
    this.disk.crash()
    this.engine = this.engine.crash(seededRandom(this.seed + this.disk.operationCount))
  }

  /** Power is cut, and the engine has nothing since its last flush. */
  crashToFlush(): void {
    this.disk.crash()
    this.engine = this.engine.crash({ bytes: (count) => new Uint8Array(count) })
  }
}

/** What a test wants to know of, or to hold up. */
export interface FileHooks {
  readonly beforeRead?: (path: string) => Promise<void>
  readonly beforeWrite?: (path: string) => Promise<void>
  readonly beforeSync?: (path: string) => Promise<void>
  readonly afterSync?: (path: string) => void
  readonly beforeRemove?: (path: string) => void
}

/** The same files, with hooks. */
export function hookFiles(files: Files, hooks: FileHooks): Files {
  return {
    open: async (path, mode) => hookFile(await files.open(path, mode), path, hooks),
    list: (path) => files.list(path),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => {
      hooks.beforeRemove?.(path)
      return files.remove(path)
    },
    makeDirectory: (path) => files.makeDirectory(path),
    syncDirectory: (path) => files.syncDirectory(path),
    space: (path) => files.space(path),
  }
}

function hookFile(file: File, path: string, hooks: FileHooks): File {
  return {
    async read(target, position) {
      await hooks.beforeRead?.(path)
      return file.read(target, position)
    },
    async write(pieces, position) {
      await hooks.beforeWrite?.(path)
      return file.write(pieces, position)
    },
    async sync() {
      await hooks.beforeSync?.(path)
      await file.sync()
      hooks.afterSync?.(path)
    },
    sizeBytes: () => file.sizeBytes(),
    close: () => file.close(),
  }
}
