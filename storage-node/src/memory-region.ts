/**
 * A whole region in memory, for tests and simulations: simulated disk, engine in memory, a clock that
 * stands still, chance from a seed. It dies and rises again as a machine does.
 *
 * @module
 */

import { inlineBodyHashers } from './base/body-hasher.ts'
import { openChecksums } from './base/checksums.ts'
import type { Files } from './base/files.ts'
import { silentLogger } from './base/logger.ts'
import { ManualClock } from './base/manual-clock.ts'
import type { Random } from './base/random.ts'
import { seededRandom } from './base/seeded-random.ts'
import { SimulatedDisk } from './base/simulated-disk.ts'
import { afterTurn } from './base/turn.ts'
import { SETTINGS_ASK_MS } from './cluster/settings/settings-questions.ts'
import { CHANGE_WAIT_MS } from './cluster/settings/settings-term.ts'
import type { Zone } from './contract/configuration.ts'
import { onlyNode, openLocalRegion } from './local-region.ts'
import type { RestoreLengths } from './model/restore.ts'
import { defaultRestoreLengths } from './model/restore.ts'
import type { StorageNode } from './storage-node.ts'
import type { KeyValueEngine } from './storage/key-value-engine.ts'
import { MemoryEngine } from './storage/memory-engine.ts'

const DIRECTORY = '/region'
/** The first primary of a process is known to be old enough after twice the time that it waits. */
const BEGINNING_STEP_COUNT = (2 * CHANGE_WAIT_MS) / SETTINGS_ASK_MS
/** The first seconds pass at the start. */
const START_MS = Date.UTC(2030, 0, 1) - BEGINNING_STEP_COUNT * SETTINGS_ASK_MS
const HOUR_MS = 60 * 60 * 1000
/** Small enough that every history has several of each. */
const JOURNAL_FILE_SIZE_BYTES = 64 * 1024
const SEGMENT_SIZE_BYTES = 8 * 1024 ** 2
/** Enough for keys in several, few enough that a start is cheap. */
const RANGE_COUNT = 3
/** Turns of the event loop in each step: a question to an engine that takes its time needs several steps. */
const BEGINNING_TURN_COUNT = 10

export interface MemoryRegionOptions {
  readonly seed: number
  /** Default: an hour, as in production. */
  readonly gcGraceMs?: number
  /** Default: as in production. */
  readonly restoreLengths?: RestoreLengths
  /** Default: 32 MiB, half for uploads. */
  readonly slabBytesMax?: number
  readonly capacityBytes?: number
  readonly segmentSizeBytes?: number
  readonly rowCacheBytesMax?: number
  /** Puts something between the store and its disk. */
  readonly wrapFiles?: (files: Files) => Files
  /** Puts something between the store and its key-value engine. */
  readonly wrapEngine?: (engine: KeyValueEngine) => KeyValueEngine
}

/** One machine through any number of starts of its region. */
export class MemoryMachine {
  readonly disk: SimulatedDisk
  readonly clock = new ManualClock(START_MS)
  /** What ended a process, the latest last. */
  readonly failures: Error[] = []
  readonly #options: MemoryRegionOptions
  readonly #random: Random
  #engine = new MemoryEngine()

  constructor(options: MemoryRegionOptions) {
    const { seed, capacityBytes } = options
    this.#options = options
    this.#random = seededRandom(seed)
    this.disk = new SimulatedDisk(
      seededRandom(seed + 1),
      capacityBytes === undefined ? {} : { capacityBytes },
    )
  }

  /** The rows of the process that runs now. */
  get engine(): MemoryEngine {
    return this.#engine
  }

  /** Starts the region on what the machine has kept. */
  async open(): Promise<StorageNode> {
    const { gcGraceMs, slabBytesMax, segmentSizeBytes, rowCacheBytesMax } = this.#options
    const { wrapFiles = same, wrapEngine = same, restoreLengths } = this.#options
    const checksums = await openChecksums()
    const region = await openLocalRegion({
      zones: [{ zone: 'a' as Zone, directory: DIRECTORY }],
      configDirectory: `${DIRECTORY}/config`,
      files: wrapFiles(this.disk.files),
      clock: this.clock,
      random: this.#random,
      logger: silentLogger,
      fatal: this.#fatalOf(this.#engine),
      rangeCount: RANGE_COUNT,
      lock: () => Promise.resolve({ release: () => Promise.resolve() }),
      openEngine: () => Promise.resolve(wrapEngine(this.#engine)),
      settings: {
        journalFileSizeBytes: JOURNAL_FILE_SIZE_BYTES,
        segmentSizeBytes: segmentSizeBytes ?? SEGMENT_SIZE_BYTES,
        groupCount: 16,
        rowCacheBytesMax: rowCacheBytesMax ?? 1024 ** 2,
      },
      checksums,
      hashers: inlineBodyHashers(checksums),
      slabBytesMax: slabBytesMax ?? 32 * 1024 ** 2,
      gcGraceMs: gcGraceMs ?? HOUR_MS,
      restoreLengths: restoreLengths ?? defaultRestoreLengths,
    })
    await this.#passBeginning()
    return onlyNode(region)
  }

  /** Power is cut: what was not synced is lost in part, the engine falls back behind its journal. */
  crash(): void {
    this.disk.crash()
    this.#loseProcess()
  }

  /**
   * The process ends, killed or stopped before: the disk keeps what it was told, the engine may lack
   * what it has not flushed.
   */
  kill(): void {
    this.disk.kill()
    this.#loseProcess()
  }

  /**
   * A primary that is new waits with changes of settings for whoever asked an earlier one: it would
   * wait for ever on a clock that stands still.
   */
  async #passBeginning(): Promise<void> {
    for (let step = 0; step < BEGINNING_STEP_COUNT; step++) {
      this.clock.advance(SETTINGS_ASK_MS)
      for (let turn = 0; turn < BEGINNING_TURN_COUNT; turn++) {
        await new Promise<void>((next) => afterTurn(next))
      }
    }
  }

  #loseProcess(): void {
    this.clock.forgetTimers()
    this.#engine = this.#engine.crash(this.#random)
  }

  /** What a process that has ended finds out about its engine is nobody's business any more. */
  #fatalOf(engine: MemoryEngine) {
    return (cause: Error) => {
      if (engine !== this.#engine) return
      this.failures.push(cause)
      this.disk.kill()
    }
  }
}

/** A machine and the region on it. */
export async function openMemoryRegion(
  options: MemoryRegionOptions,
): Promise<{ readonly machine: MemoryMachine; readonly region: StorageNode }> {
  const machine = new MemoryMachine(options)
  return { machine, region: await machine.open() }
}

function same<T>(value: T): T {
  return value
}
