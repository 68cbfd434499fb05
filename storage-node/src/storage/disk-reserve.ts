/**
 * Keeps a store from running its volume full: a full journal is fatal, a refused write is an answer.
 *
 * At 95 % no new write is admitted; deletes and compaction go on beneath, with the space of a
 * reserve file that is given up then and made again later (replication.md 2.6, D4). On a volume so
 * small that 5 % of it would not even hold what is in flight, more is kept free.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { removeIfPresent } from '../base/durable-files.ts'
import { hasErrorCode, type DiskSpace, type File, type Files } from '../base/files.ts'
import type { Logger } from '../base/logger.ts'

export interface DiskReserveOptions {
  readonly files: Files
  /** The store's directory. */
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
}

const MIB = 1024 ** 2
const FREE_RATIO_MIN = 0.05
const FREE_BYTES_MIN = 64 * MIB
/** On the smallest volumes `FREE_BYTES_MIN` gives way to this share. */
const FREE_RATIO_MAX = 0.2
const RESERVE_BYTES_MAX = 1024 * MIB
const RESERVE_RATIO_MAX = 0.02
/** The reserve costs its size in writing, so it is made when less than this is free, not before. */
const SCARCE_RATIO = 0.15
/** After a breach the reserve is made again once so much more than the minimum is free. */
const RECOVERED_RATIO = 0.05
const READ_PERIOD_MS = 1000
const CHARGE_PERIOD_MS = 1000
const STEP = new Uint8Array(MIB)
assert(FREE_RATIO_MIN + RESERVE_RATIO_MAX + RECOVERED_RATIO < SCARCE_RATIO, 'a reserve can be made')

/** Admits writes by the space that is left. */
export class DiskReserve {
  readonly #options: DiskReserveOptions
  readonly #path: string
  #space: DiskSpace
  /** Size of the reserve file. */
  #heldBytes: number
  /** Bytes admitted in this period and the one before that the disk has not been seen to take. */
  #charged = { current: 0, previous: 0, sinceMs: 0 }
  #isFull = false
  #timer: Timer | undefined
  #work: Promise<void> | undefined
  #closed = false

  private constructor(options: DiskReserveOptions, space: DiskSpace, heldBytes: number) {
    this.#options = options
    this.#path = reservePath(options.directory)
    this.#space = space
    this.#heldBytes = heldBytes
    this.#charged.sinceMs = options.clock.monotonicMs()
  }

  /** Reads the space that is left, and from then on every second. */
  static async open(options: DiskReserveOptions): Promise<DiskReserve> {
    const { files, directory } = options
    const space = await files.space(directory)
    const reserve = new DiskReserve(options, space, await sizeOf(files, reservePath(directory)))
    reserve.#schedule()
    return reserve
  }

  /** The volume as last read. */
  get space(): DiskSpace {
    return this.#space
  }

  /** True since a write was refused, until one is admitted again. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Whether `bytes` would be admitted; counts nothing. */
  wouldFit(bytes: number): boolean {
    return bytes <= this.#spareBytes()
  }

  /** Admits and counts `bytes` about to be written, or refuses them. Deletes do not ask. */
  mayWrite(bytes: number): boolean {
    const spareBytes = this.#spareBytes()
    const fits = bytes <= spareBytes
    if (fits) this.#charged.current += bytes
    if (fits === this.#isFull) this.#changeTo(!fits)
    // What is admitted, or was freed, may be on disk by now: look before it decides anything.
    if (bytes + this.#charged.current > spareBytes / 2) void this.refresh()
    return fits
  }

  /** Reads the space that is left and gives up or makes the reserve accordingly. */
  refresh(): Promise<void> {
    this.#work ??= this.#refresh().finally(() => {
      this.#work = undefined
    })
    return this.#work
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#work
  }

  #schedule(): void {
    this.#timer = this.#options.clock.schedule(READ_PERIOD_MS, () => {
      void this.refresh().then(() => this.#closed || this.#schedule())
    })
  }

  async #refresh(): Promise<void> {
    const { files, directory, logger } = this.#options
    try {
      const before = this.#freeBytes()
      this.#space = await files.space(directory)
      this.#settle(before - this.#freeBytes())
      if (this.#spareBytes() < 0 || this.#isFull) await this.#release()
      else if (this.#shouldMake()) await this.#make()
    } catch (error) {
      logger.warn('Cannot keep the disk reserve', { error: String(error) })
    }
  }

  /** What may still be admitted; the reserve counts as free, and as part of what must stay so. */
  #spareBytes(): number {
    const { totalBytes } = this.#space
    const keptBytes = freeBytesMin(totalBytes) + reserveSizeBytes(totalBytes)
    const chargedBytes = this.#charged.current + this.#charged.previous
    return this.#freeBytes() - keptBytes - chargedBytes
  }

  /** Bytes that others may use while the reserve is given up. */
  #freeBytes(): number {
    return this.#space.availableBytes + this.#heldBytes
  }

  /**
   * What the disk has taken since the last look was admitted before; what it did not take within
   * two periods never comes.
   */
  #settle(takenBytes: number): void {
    const { current, previous, sinceMs } = this.#charged
    const taken = Math.max(0, takenBytes)
    const restOfPrevious = Math.max(0, previous - taken)
    const restOfCurrent = Math.max(0, current - Math.max(0, taken - previous))
    const nowMs = this.#options.clock.monotonicMs()
    this.#charged =
      nowMs - sinceMs < CHARGE_PERIOD_MS
        ? { current: restOfCurrent, previous: restOfPrevious, sinceMs }
        : { current: 0, previous: restOfCurrent, sinceMs: nowMs }
  }

  #changeTo(isFull: boolean): void {
    this.#isFull = isFull
    const { totalBytes, availableBytes } = this.#space
    const message = isFull ? 'The volume is full, writes are refused' : 'Writes are admitted again'
    this.#options.logger.warn(message, { totalBytes, availableBytes })
  }

  #shouldMake(): boolean {
    const { totalBytes } = this.#space
    const isWhole = this.#heldBytes >= reserveSizeBytes(totalBytes)
    const isScarce = this.#freeBytes() < totalBytes * SCARCE_RATIO
    return !isWhole && isScarce && this.#spareBytes() > totalBytes * RECOVERED_RATIO
  }

  async #make(): Promise<void> {
    const { files } = this.#options
    const sizeBytes = reserveSizeBytes(this.#space.totalBytes)
    const file = await files.open(this.#path, this.#heldBytes === 0 ? 'create' : 'write')
    try {
      while (this.#heldBytes < sizeBytes && !this.#closed && !this.#isFull) {
        const step = STEP.subarray(0, sizeBytes - this.#heldBytes)
        await file.write([step], this.#heldBytes)
        this.#space = await files.space(this.#options.directory)
        this.#heldBytes += step.byteLength
      }
    } finally {
      await file.close()
    }
  }

  async #release(): Promise<void> {
    if (this.#heldBytes === 0) return
    await removeIfPresent(this.#options.files, this.#path)
    this.#heldBytes = 0
    this.#space = await this.#options.files.space(this.#options.directory)
    this.#options.logger.warn('Gave up the disk reserve')
  }
}

/** What must stay free on a volume, beside the reserve. */
export function freeBytesMin(totalBytes: number): number {
  const floorBytes = Math.min(FREE_BYTES_MIN, totalBytes * FREE_RATIO_MAX)
  return Math.max(totalBytes * FREE_RATIO_MIN, floorBytes)
}

/** How large the reserve file of a volume is. */
export function reserveSizeBytes(totalBytes: number): number {
  return Math.floor(Math.min(RESERVE_BYTES_MAX, totalBytes * RESERVE_RATIO_MAX))
}

function reservePath(directory: string): string {
  return `${directory}/reserve`
}

async function sizeOf(files: Files, path: string): Promise<number> {
  let file: File
  try {
    file = await files.open(path, 'read')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return 0
    throw error
  }
  const sizeBytes = await file.sizeBytes()
  await file.close()
  return sizeBytes
}
