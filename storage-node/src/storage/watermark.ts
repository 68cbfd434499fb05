/**
 * Remembers, apart from the journal, how far the journal was synced: a journal that ends before
 * that has lost what was acknowledged (replication.md D3).
 *
 * The file has three slots in blocks of their own, written in turn, so that one is always whole: a
 * process that ended may have left one that no sync has reached, and a power cut may tear the next.
 *
 * @module
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { Fatal } from '../base/crash.ts'
import { replaceFile } from '../base/durable-files.ts'
import type { File, Files } from '../base/files.ts'
import type { StoreId } from '../contract/identifiers.ts'
import { decodeWatermark, encodeWatermark } from '../wire/stored/store-identity.ts'
import { StoredFormatError } from '../wire/stored/stored-format-error.ts'

export interface WatermarkOptions {
  readonly files: Files
  readonly path: string
  readonly storeId: StoreId
  readonly clock: Clock
  readonly fatal: Fatal
}

const SLOT_BYTES = 4096
const SLOTS = [0, 1, 2]
const PERIOD_MS = 1000

/** Makes the file of a store that has synced nothing. */
export async function createWatermark(files: Files, path: string, storeId: StoreId): Promise<void> {
  await replaceFile(files, path, paddedMark(storeId, 0))
}

/** The file while the store is open. */
export class Watermark {
  readonly #options: WatermarkOptions
  readonly #file: File
  #group: number
  /** By slot; the lowest is written next. */
  readonly #groups: number[]
  #syncedMs: number
  #timer: Timer | undefined
  #isClosing = false
  #writing: Promise<void> | undefined
  #syncedGroup: (() => number) | undefined

  private constructor(options: WatermarkOptions, file: File, groups: number[]) {
    this.#options = options
    this.#file = file
    this.#group = Math.max(...groups)
    this.#groups = groups
    this.#syncedMs = options.clock.monotonicMs()
  }

  /** Rejects with `StoredFormatError` when no slot can be read. */
  static async open(options: WatermarkOptions): Promise<Watermark> {
    const file = await options.files.open(options.path, 'write')
    const groups: number[] = []
    for (const slot of SLOTS) {
      const bytes = new Uint8Array(SLOT_BYTES)
      const filled = await file.read(bytes, slot * SLOT_BYTES)
      groups.push(readSlot(bytes.subarray(0, filled), options.storeId))
    }
    if (Math.max(...groups) < 0) {
      throw new StoredFormatError('No slot of the watermark can be read')
    }
    // What a killed process has written may be in the page cache only.
    await file.sync()
    return new Watermark(options, file, groups)
  }

  /** The last group known as synced. */
  get group(): number {
    return this.#group
  }

  /** When the last sync that succeeded was begun, by the monotonic clock. */
  get syncedMs(): number {
    return this.#syncedMs
  }

  /**
   * From now on writes what `syncedGroup` says, every second: a store whose disk does not sync even
   * that has failed, whether anybody writes to it or not (replication.md L6).
   */
  follow(syncedGroup: () => number): void {
    this.#syncedGroup = syncedGroup
    this.#schedule()
  }

  /** Writes the last position and closes the file. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#timer?.cancel()
    await this.#writing
    if (this.#wantedGroup() > this.#group) await this.#write()
    await this.#file.close()
  }

  #schedule(): void {
    this.#timer = this.#options.clock.schedule(PERIOD_MS, () => {
      this.#writing = this.#tick()
    })
  }

  async #tick(): Promise<void> {
    try {
      await this.#write()
      if (!this.#isClosing) this.#schedule()
    } catch (cause) {
      this.#options.fatal(new Error('Cannot write the watermark', { cause }))
    }
  }

  async #write(): Promise<void> {
    const group = Math.max(this.#wantedGroup(), this.#group)
    const beganMs = this.#options.clock.monotonicMs()
    const slot = this.#groups.indexOf(Math.min(...this.#groups))
    await this.#file.write([paddedMark(this.#options.storeId, group)], slot * SLOT_BYTES)
    await this.#file.sync()
    this.#group = group
    this.#groups[slot] = group
    this.#syncedMs = beganMs
  }

  #wantedGroup(): number {
    return this.#syncedGroup?.() ?? 0
  }
}

function paddedMark(storeId: StoreId, group: number): Buffer {
  const padded = Buffer.alloc(SLOT_BYTES)
  padded.set(encodeWatermark({ storeId, group }))
  return padded
}

/** The group of a slot; -1 when it says none, or another store's. */
function readSlot(bytes: Uint8Array, storeId: StoreId): number {
  try {
    const mark = decodeWatermark(bytes)
    return mark.storeId === storeId ? mark.group : -1
  } catch (error) {
    if (error instanceof StoredFormatError) return -1
    throw error
  }
}
