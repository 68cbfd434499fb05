/**
 * Copies records out of a segment into the open one, verified: for compaction, and for the last
 * batch that a start finds.
 *
 * @module
 */

import type { File } from '../../base/files.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import type { ChunkHead } from '../../wire/stored/chunk-records.ts'
import { headBytesOf, ownerBytesOf } from '../../wire/stored/chunk-records.ts'
import type { ChunkPlace } from '../../wire/stored/chunk-rows.ts'
import { findBadBlock } from './block-checks.ts'
import type { SegmentFiles } from './segment-files.ts'
import type { ChunkToWrite } from './segment-writer.ts'

export interface CopyOptions {
  readonly files: SegmentFiles
  readonly append: (chunk: ChunkToWrite) => Promise<void>
  /** What the copies say about where they come from. */
  readonly copiedFrom: (head: ChunkHead) => ChunkPlace | undefined
}

/** Memory that one copying takes: the largest chunk, or many small ones. */
const BUFFER_BYTES = CHUNK_SIZE_BYTES

/**
 * Copies the records and resolves once the sink has settled the copies. Returns those whose bytes
 * do not match their checks; they are not copied.
 */
export async function copyChunks(
  segment: number,
  heads: readonly ChunkHead[],
  options: CopyOptions,
): Promise<ChunkHead[]> {
  if (heads.length === 0) return []
  return options.files.use(segment, (file) => copyFrom(file, heads, options))
}

/**
 * Writes records once more where they are, and syncs: takes no room. Returns those that are whole;
 * the others are left as they are.
 */
export async function rewriteChunks(
  segment: number,
  heads: readonly ChunkHead[],
  files: SegmentFiles,
): Promise<ChunkHead[]> {
  const file = await files.openToRewrite(segment)
  try {
    const whole: ChunkHead[] = []
    for (const head of heads) {
      const headBytes = headBytesOf(ownerBytesOf(head.owner), head.lengthBytes)
      const record = Buffer.allocUnsafeSlow(headBytes + head.lengthBytes)
      if (!(await readVerified(file, head, record.subarray(headBytes)))) continue
      await file.read(record.subarray(0, headBytes), head.offset)
      await file.write([record], head.offset)
      whole.push(head)
    }
    await file.sync()
    return whole
  } finally {
    await file.close()
  }
}

async function copyFrom(
  file: File,
  heads: readonly ChunkHead[],
  { append, copiedFrom }: CopyOptions,
): Promise<ChunkHead[]> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  const bad: ChunkHead[] = []
  let used = 0
  let copies: Promise<void>[] = []
  for (const head of heads) {
    if (used + head.lengthBytes > buffer.length) {
      await Promise.all(copies)
      copies = []
      used = 0
    }
    const bytes = buffer.subarray(used, used + head.lengthBytes)
    if (!(await readVerified(file, head, bytes))) {
      bad.push(head)
      continue
    }
    used += bytes.length
    const copy = append({ ...head, pieces: [bytes], copiedFrom: copiedFrom(head) })
    // It may fail while the next record is still being read; it is waited for below.
    copy.catch(() => undefined)
    copies.push(copy)
  }
  await Promise.all(copies)
  return bad
}

async function readVerified(file: File, head: ChunkHead, target: Uint8Array): Promise<boolean> {
  const headBytes = headBytesOf(ownerBytesOf(head.owner), head.lengthBytes)
  const filled = await file.read(target, head.offset + headBytes)
  return filled === target.byteLength && findBadBlock(target, 0, head.checks) === undefined
}
