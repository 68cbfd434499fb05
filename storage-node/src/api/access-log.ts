/**
 * The access log: a line per request, written in batches.
 *
 * It is not durable and never in the way: what cannot be written is dropped, and the log says so. The
 * file is renamed once it is large; one earlier file is kept.
 *
 * @module
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { File, Files } from '../base/files.ts'
import { hasErrorCode } from '../base/files.ts'
import type { Logger } from '../base/logger.ts'

export const ACCESS_LOG_SIZE_BYTES_MAX = 64 * 1024 ** 2
const FLUSH_DELAY_MS = 200
/** Lines that wait while the disk is slow; more are dropped. */
const WAITING_CHARACTERS_MAX = 4 * 1024 ** 2
const COMPLAIN_EVERY_MS = 60_000

/** Collects lines and appends them to a file. */
export class AccessLog {
  readonly #files: Files
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #path: string
  #file: File
  #sizeBytes: number
  #waiting: string[] = []
  #waitingCharacters = 0
  #timer: Timer | undefined
  #writing: Promise<void> | undefined
  #complainedMs = -Infinity

  private constructor(
    files: Files,
    clock: Clock,
    logger: Logger,
    opened: { readonly path: string; readonly file: File; readonly sizeBytes: number },
  ) {
    this.#files = files
    this.#clock = clock
    this.#logger = logger
    this.#path = opened.path
    this.#file = opened.file
    this.#sizeBytes = opened.sizeBytes
  }

  /** Opens or makes `path`, whose directory exists, and goes on at its end. */
  static async open(files: Files, clock: Clock, logger: Logger, path: string): Promise<AccessLog> {
    const file = await openOrCreate(files, path)
    return new AccessLog(files, clock, logger, { path, file, sizeBytes: await file.sizeBytes() })
  }

  /** Takes a line that ends with a newline. */
  add(line: string): void {
    if (this.#waitingCharacters + line.length > WAITING_CHARACTERS_MAX) {
      return this.#complain('The disk is too slow for the access log, lines are dropped')
    }
    this.#waiting.push(line)
    this.#waitingCharacters += line.length
    this.#timer ??= this.#clock.schedule(FLUSH_DELAY_MS, () => void this.flush())
  }

  /** Resolves once every line that was added is written or dropped. */
  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    while (this.#writing !== undefined) await this.#writing
    if (this.#waiting.length === 0) return
    this.#writing = this.#write()
    await this.#writing
    this.#writing = undefined
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#file.close()
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#waitingCharacters = 0
    try {
      if (this.#sizeBytes + bytes.byteLength > ACCESS_LOG_SIZE_BYTES_MAX) await this.#rotate()
      await this.#file.write([bytes], this.#sizeBytes)
      this.#sizeBytes += bytes.byteLength
    } catch (error) {
      this.#complain('Cannot write the access log, lines are dropped', String(error))
    }
  }

  async #rotate(): Promise<void> {
    if (this.#sizeBytes === 0) return
    await this.#files.rename(this.#path, `${this.#path}.1`)
    const full = this.#file
    this.#file = await this.#files.open(this.#path, 'create')
    this.#sizeBytes = 0
    await full.close()
  }

  #complain(message: string, error?: string): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#complainedMs < COMPLAIN_EVERY_MS) return
    this.#complainedMs = nowMs
    this.#logger.warn(message, { error })
  }
}

async function openOrCreate(files: Files, path: string): Promise<File> {
  try {
    return await files.open(path, 'write')
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
    return files.open(path, 'create')
  }
}
