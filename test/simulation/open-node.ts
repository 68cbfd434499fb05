/**
 * Starts a storage node's process in the simulated region: the product's own parts, on simulated
 * surroundings.
 *
 * @module
 */

import type { Checksums } from '@granary/storage-node/base/checksums'
import { silentLogger } from '@granary/storage-node/base/logger'
import { inlineBodyHashers, openLocalRegion } from '@granary/storage-node/testing'
import { STORE_DIRECTORY } from './fault-atlas.ts'
import type { OpenNode } from './machine.ts'

const KIB = 1024
const MIB = KIB ** 2
/** Small enough that every run has several of each. */
const SETTINGS = {
  journalFileSizeBytes: 64 * KIB,
  segmentSizeBytes: 256 * KIB,
  groupCount: 16,
  rowCacheBytesMax: 64 * KIB,
}
const SLAB_BYTES_MAX = 16 * MIB
const GC_GRACE_MS = 30_000

export function nodeOpener(checksums: Checksums): OpenNode {
  return ({ files, clock, random, engine, fatal }) =>
    openLocalRegion({
      directory: STORE_DIRECTORY,
      ...{ files, clock, random, fatal, checksums },
      logger: silentLogger,
      lock: () => Promise.resolve({ release: () => Promise.resolve() }),
      openEngine: () => Promise.resolve(engine),
      settings: SETTINGS,
      hashers: inlineBodyHashers(checksums),
      slabBytesMax: SLAB_BYTES_MAX,
      gcGraceMs: GC_GRACE_MS,
    })
}
