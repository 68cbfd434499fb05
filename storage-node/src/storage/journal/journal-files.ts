/**
 * The journal's files: their names, and reading them in large steps.
 *
 * @module
 */

import type { File, Files } from '../../base/files.ts'

const NAME = /^([1-9]\d{0,14})\.log$/
const WINDOW_BYTES = 1024 ** 2

export function journalFilePath(directory: string, number: number): string {
  return `${directory}/${number}.log`
}

/** Numbers of the journal's files, ascending. */
export async function listJournalFiles(files: Files, directory: string): Promise<number[]> {
  const names = await files.list(directory)
  const numbers = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number)
  return numbers.sort((a, b) => a - b)
}

/** Removes a file, and makes sure of it before anything else is done: no gap can open behind it. */
export async function removeJournalFile(
  files: Files,
  directory: string,
  number: number,
): Promise<void> {
  await files.remove(journalFilePath(directory, number))
  await files.syncDirectory(directory)
}

/** Reads one file of the journal, mostly forwards. What it returned stays as it is. */
export class JournalFileReader {
  readonly number: number
  readonly sizeBytes: number
  readonly #file: File
  #window = Buffer.alloc(0)
  #windowAt = 0

  private constructor(number: number, file: File, sizeBytes: number) {
    this.number = number
    this.#file = file
    this.sizeBytes = sizeBytes
  }

  static async open(files: Files, directory: string, number: number): Promise<JournalFileReader> {
    const file = await files.open(journalFilePath(directory, number), 'read')
    return new JournalFileReader(number, file, await file.sizeBytes())
  }

  /** `length` bytes from `position` on; fewer where the file ends. */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.sizeBytes - position)
    const inWindow = position - this.#windowAt
    if (inWindow < 0 || inWindow + wanted > this.#window.byteLength) {
      await this.#moveWindow(position, wanted)
      return this.#window.subarray(0, wanted)
    }
    return this.#window.subarray(inWindow, inWindow + wanted)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #moveWindow(position: number, length: number): Promise<void> {
    const sizeBytes = Math.min(Math.max(length, WINDOW_BYTES), this.sizeBytes - position)
    // A new buffer each time: records that were read are views of the old one.
    const window = Buffer.allocUnsafeSlow(sizeBytes)
    const filled = await this.#file.read(window, position)
    this.#window = window.subarray(0, filled)
    this.#windowAt = position
  }
}
