/**
 * The disk as a collaborator: what a store asks of a file system, and Node's answer.
 *
 * Nothing written counts as durable before `sync`, no new, renamed or removed name before
 * `syncDirectory` of the folder that holds it. A simulated disk implements the same two interfaces
 * and loses or tears whatever was not synced.
 *
 * @module
 */

import * as fs from 'node:fs/promises'

/** An open file. All offsets and lengths are in bytes. */
export interface File {
  /** Fills as much of `target` as the file has from `position` on; returns how much. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Writes all pieces, one behind the other, from `position` on. Rejects on a short write. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>
  /** Makes written bytes and the length durable (`fdatasync`). */
  sync(): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

/** How to open a file: `create` refuses a name that exists, the others one that does not. */
export type OpenMode = 'read' | 'write' | 'create'

/** Space on the volume of a path. */
export interface DiskSpace {
  readonly totalBytes: number
  /** What this process may still use. */
  readonly availableBytes: number
}

/** A file system. Paths are absolute. Errors carry Node's `code` (`ENOENT`, `ENOSPC`, `EIO`). */
export interface Files {
  open(path: string, mode: OpenMode): Promise<File>
  /** Names in a directory, unordered. Rejects with `ENOENT` where there is none. */
  list(directory: string): Promise<string[]>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes the directory and its parents; no error where they exist. */
  makeDirectory(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  space(path: string): Promise<DiskSpace>
}

const FLAGS = { read: 'r', write: 'r+', create: 'wx+' } as const
/** IOV_MAX of Linux: more pieces in one call are refused. */
const PIECES_PER_WRITE_MAX = 1024

/** The machine's file system. */
export const nodeFiles: Files = {
  open: async (path, mode) => nodeFile(await fs.open(path, FLAGS[mode], 0o600)),
  list: (directory) => fs.readdir(directory),
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.unlink(path),
  makeDirectory: async (path) => void (await fs.mkdir(path, { recursive: true, mode: 0o700 })),
  async syncDirectory(path) {
    const handle = await fs.open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  async space(path) {
    const { blocks, bavail, bsize } = await fs.statfs(path)
    return { totalBytes: blocks * bsize, availableBytes: bavail * bsize }
  },
}

function nodeFile(handle: fs.FileHandle): File {
  return {
    async read(target, position) {
      let filled = 0
      while (filled < target.byteLength) {
        const { bytesRead } = await handle.read(
          target,
          filled,
          target.byteLength - filled,
          position + filled,
        )
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return filled
    },
    async write(pieces, position) {
      let written = 0
      for (let at = 0; at < pieces.length; at += PIECES_PER_WRITE_MAX) {
        const some = pieces.slice(at, at + PIECES_PER_WRITE_MAX)
        const wanted = some.reduce((sum, piece) => sum + piece.byteLength, 0)
        const { bytesWritten } = await handle.writev(some, position + written)
        // A short write is the volume's way to say that it is full; what follows would leave a hole.
        if (bytesWritten !== wanted) {
          throw Object.assign(new Error(`Short write: ${bytesWritten} of ${wanted} bytes`), {
            code: 'ENOSPC',
          })
        }
        written += wanted
      }
    },
    sync: () => handle.datasync(),
    sizeBytes: async () => (await handle.stat()).size,
    close: () => handle.close(),
  }
}

/** Reads a whole small file. */
export async function readWholeFile(files: Files, path: string): Promise<Uint8Array> {
  const file = await files.open(path, 'read')
  try {
    const bytes = new Uint8Array(await file.sizeBytes())
    const filled = await file.read(bytes, 0)
    return bytes.subarray(0, filled)
  } finally {
    await file.close()
  }
}

/** True when `error` is a file system error with that code. */
export function hasErrorCode(error: unknown, code: string): boolean {
  // No `instanceof`: an error of Node's own may come from another realm (jest's sandbox, a vm).
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
