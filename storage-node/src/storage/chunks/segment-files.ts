/**
 * The segment files of a store, and the handles that are open on them.
 *
 * A handle in use is never closed: a segment that is removed meanwhile stays readable for whoever
 * already reads it. Handles of segments that nobody reads are kept, up to a number.
 *
 * @module
 */

import { posix } from 'node:path'
import { assert } from '../../base/assert.ts'
import type { File, Files } from '../../base/files.ts'

interface OpenSegment {
  readonly file: Promise<File>
  userCount: number
  isRemoved: boolean
}

const OPEN_COUNT_MAX = 64
const FILE_NAME = /^(0|[1-9][0-9]{0,14})\.seg$/

/** Opens, keeps and closes segment files. */
export class SegmentFiles {
  readonly #files: Files
  readonly #directory: string
  /** Least recently used first. */
  readonly #open = new Map<number, OpenSegment>()

  /** `directory` is the folder of the segments. */
  constructor(files: Files, directory: string) {
    this.#files = files
    this.#directory = directory
  }

  /** Numbers of all segments there are, rising. */
  async list(): Promise<number[]> {
    const names = await this.#files.list(this.#directory)
    return names
      .map((name) => FILE_NAME.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  }

  /** Makes a new file whose name is durable. It stays open until it is released. */
  async create(segment: number): Promise<File> {
    assert(!this.#open.has(segment), 'a segment is made once')
    const file = await this.#files.open(this.#path(segment), 'create')
    this.#open.set(segment, {
      file: Promise.resolve(file),
      userCount: 1,
      isRemoved: false,
    })
    try {
      await this.#files.syncDirectory(this.#directory)
    } catch (cause) {
      // Not to be mistaken for a file that could not be made: a failed sync is final (D1).
      throw new Error(`The name of segment ${segment} could not be made durable`, { cause })
    }
    return file
  }

  /** Opens the file apart from all others, for writing. The caller closes it. */
  openToRewrite(segment: number): Promise<File> {
    return this.#files.open(this.#path(segment), 'write')
  }

  /** Calls `work` with the file, opened for reading unless it is open; keeps it open meanwhile. */
  async use<T>(segment: number, work: (file: File) => Promise<T>): Promise<T> {
    const entry = this.#open.get(segment) ?? this.#start(segment)
    entry.userCount++
    this.#open.delete(segment)
    this.#open.set(segment, entry)
    this.#closeSurplus()
    try {
      return await work(await entry.file)
    } finally {
      this.#leave(entry)
    }
  }

  /** Ends what `create` began. */
  release(segment: number): void {
    const entry = this.#open.get(segment)
    assert(entry !== undefined, 'a segment is released once')
    this.#leave(entry)
  }

  /** Removes the file for good; those who have it open read on. */
  async remove(segment: number): Promise<void> {
    await this.#files.remove(this.#path(segment))
    const entry = this.#open.get(segment)
    if (entry !== undefined) {
      // Whoever comes now must not find it; the last user closes it and so frees the space.
      this.#open.delete(segment)
      entry.isRemoved = true
      if (entry.userCount === 0) close(entry)
    }
    await this.#files.syncDirectory(this.#directory)
  }

  /** Closes what nobody uses. */
  async close(): Promise<void> {
    for (const [segment, entry] of this.#open) {
      if (entry.userCount > 0) continue
      this.#open.delete(segment)
      await (await entry.file).close()
    }
  }

  #start(segment: number): OpenSegment {
    const file = this.#files.open(this.#path(segment), 'read')
    const entry = { file, userCount: 0, isRemoved: false }
    // One that does not open is tried again by the next who asks.
    file.catch(() => {
      if (this.#open.get(segment) === entry) this.#open.delete(segment)
    })
    return entry
  }

  #leave(entry: OpenSegment): void {
    assert(entry.userCount > 0, 'a segment is left as often as it is entered')
    entry.userCount--
    if (entry.isRemoved && entry.userCount === 0) close(entry)
    else this.#closeSurplus()
  }

  #closeSurplus(): void {
    let surplus = this.#open.size - OPEN_COUNT_MAX
    for (const [segment, entry] of this.#open) {
      if (surplus <= 0) return
      if (entry.userCount > 0) continue
      this.#open.delete(segment)
      close(entry)
      surplus--
    }
  }

  #path(segment: number): string {
    return posix.join(this.#directory, `${segment}.seg`)
  }
}

/** Nothing was written since the last sync: how the closing ends tells nothing. */
function close(entry: OpenSegment): void {
  entry.file.then((file) => file.close()).catch(() => {})
}
