/**
 * Trees of files and their SHA-256 digests: what went in and what came out.
 *
 * @module
 */

import { createCipheriv, createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** A regular file below a folder. */
export interface HashedFile {
  readonly sizeBytes: number
  readonly sha256: string
}

/** Files up to here are read at once: a stream costs more than most of them. */
const WHOLE_BYTES_MAX = 1024 ** 2

/** The regular files below `folder` by their relative path. */
export async function hashTree(folder: string): Promise<Map<string, HashedFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files = new Map<string, HashedFile>()
  for (const path of paths.sort()) {
    const { size: sizeBytes } = await stat(path)
    files.set(relative(folder, path), { sizeBytes, sha256: await hashFile(path, sizeBytes) })
  }
  return files
}

async function hashFile(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256')
  if (sizeBytes <= WHOLE_BYTES_MAX) return hash.update(await readFile(path)).digest('hex')
  for await (const piece of createReadStream(path, { highWaterMark: 1024 ** 2 }))
    hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** Throws unless both trees hold the same files with the same bytes; names the first differences. */
export function compareTrees(
  wanted: ReadonlyMap<string, HashedFile>,
  found: ReadonlyMap<string, HashedFile>,
): void {
  const missing = [...wanted.keys()].filter((path) => !found.has(path))
  const added = [...found.keys()].filter((path) => !wanted.has(path))
  const different = [...wanted].filter(
    ([path, { sha256 }]) => found.get(path) && found.get(path)?.sha256 !== sha256,
  )
  if (missing.length + added.length + different.length === 0) return
  const some = (paths: readonly string[]) => `${paths.length} (${paths.slice(0, 5).join(', ')})`
  throw new Error(
    `The trees differ: missing ${some(missing)}, added ${some(added)}, different ${some(different.map(([path]) => path))}`,
  )
}

/** Writes `sizeBytes` that no compression and no deduplication can shorten, the same ones for the same `seed`. */
export async function writeNoise(path: string, sizeBytes: number, seed: string): Promise<void> {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const zeros = Buffer.alloc(1024 ** 2)
  function* noise() {
    for (let left = sizeBytes; left > 0; left -= zeros.length) {
      yield cipher.update(zeros.subarray(0, Math.min(left, zeros.length)))
    }
  }
  await pipeline(noise, createWriteStream(path))
}
