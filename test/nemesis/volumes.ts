/**
 * Volumes of a size of their own, so that one storage node can run out of disk while the machine
 * does not: ext4 in files, through loop devices.
 *
 * @module
 */

import { mkdir, open, rm, statfs, truncate, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode } from '@granary/storage-node/base/files'
import { run } from './commands.ts'

const FILL_BYTES = 1024 ** 2
/** Left by what is taken at once, for what the file system needs for itself. */
const ROUGHLY_BYTES = 8 * FILL_BYTES

export class Volume {
  readonly directory: string

  private constructor(directory: string) {
    this.directory = directory
  }

  /** Makes it, empty, at `directory`. */
  static async make(directory: string, sizeBytes: number): Promise<Volume> {
    const image = `${directory}.ext4`
    await mkdir(directory, { recursive: true })
    await writeFile(image, '')
    await truncate(image, sizeBytes)
    await run('mkfs.ext4', ['-q', '-m', '0', image])
    await run('mount', ['-o', 'loop', image, directory])
    return new Volume(directory)
  }

  /** Takes the space that is left but for a share of the whole; resolves with the bytes still free. */
  async fill(leftShare: number): Promise<number> {
    const { blocks, bsize } = await statfs(this.directory)
    const leftBytes = leftShare * blocks * bsize
    const largeBytes = (await this.#freeBytes()) - leftBytes - ROUGHLY_BYTES
    if (largeBytes > 0) await run('fallocate', ['-l', String(Math.floor(largeBytes)), this.#filler])
    const file = await open(this.#filler, 'a')
    try {
      // Where a large piece no longer fits, smaller ones do.
      for (let sizeBytes = FILL_BYTES; sizeBytes >= bsize; sizeBytes /= 4) {
        const piece = Buffer.alloc(sizeBytes, 'full')
        while ((await this.#freeBytes()) > leftBytes && (await hasFitted(file, piece)));
      }
    } finally {
      await file.close()
    }
    return this.#freeBytes()
  }

  async empty(): Promise<void> {
    await rm(this.#filler, { force: true })
  }

  async remove(): Promise<void> {
    await run('umount', [this.directory])
    await rm(`${this.directory}.ext4`)
  }

  async #freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.directory)
    return bavail * bsize
  }

  get #filler(): string {
    return join(this.directory, 'filler')
  }
}

async function hasFitted(file: FileHandle, piece: Uint8Array): Promise<boolean> {
  try {
    await file.write(piece)
    // Space that is only promised to a file counts as free until it is written.
    await file.datasync()
    return true
  } catch (error) {
    if (!hasErrorCode(error, 'ENOSPC')) throw error
    return false
  }
}
