/**
 * Opens the real region of a data directory in this process, with everything that makes files small.
 *
 * @module
 */

import { nodeFiles, type Files } from '../../storage-node/src/base/files.ts'
import { BLOCK_CACHE_BYTES, openDiskRegion } from '../../storage-node/src/testing.ts'
import type { LocalRegion } from './region.ts'
import { serviceRegion } from './service-region.ts'

/** Several files in every history: a journal file holds some dozens of entries, a segment some chunks. */
const JOURNAL_FILE_SIZE_BYTES = 128 * 1024
const SEGMENT_SIZE_BYTES = 768 * 1024
/**
 * Two memtables of 256 KiB, so that RocksDB flushes between checkpoints too. It preallocates a little more than a
 * memtable for each log of its own, which costs an image more than its recovery when it is the 53 MiB of a large one.
 */
const ENGINE_MEMORY_BYTES = BLOCK_CACHE_BYTES + 2 * 256 * 1024
/** A small volume that never fills: the reserve file is a share of it, and every image has to hold it. */
const VOLUME_BYTES = 16 * 1024 ** 2
const AVAILABLE_BYTES = 1024 ** 3

const smallVolume: Files = {
  ...nodeFiles,
  space: () => Promise.resolve({ totalBytes: VOLUME_BYTES, availableBytes: AVAILABLE_BYTES }),
}

/** Opens the region, or rejects with why it must not be served. */
export async function openRegion(directory: string): Promise<LocalRegion> {
  const region = await openDiskRegion({
    directory,
    fatal,
    files: smallVolume,
    gcGraceMs: 0,
    engineMemoryBytesMax: ENGINE_MEMORY_BYTES,
    settings: {
      journalFileSizeBytes: JOURNAL_FILE_SIZE_BYTES,
      segmentSizeBytes: SEGMENT_SIZE_BYTES,
    },
  })
  return {
    ...serviceRegion(region),
    checkpoint: () => region.checkpoint(),
    compact: () => region.collectAndCompact(),
    close: () => region.stop(),
  }
}

function fatal(cause: Error): never {
  console.error('The store gave up', cause)
  process.exit(3)
}
