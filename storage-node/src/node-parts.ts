/**
 * Parts that every process with storage nodes has.
 *
 * @module
 */

import { statfsSync } from 'node:fs'
import type { Fatal } from './base/crash.ts'
import { HashThreads } from './base/hash-threads.ts'
import type { Metrics } from './base/metrics.ts'
import { programUrl } from './node-programs.ts'
import type { StorageNode } from './storage-node.ts'

const HASH_THREAD_COUNT = 1

/** Threads that hash large bodies. */
export function startHashThreads(fatal: Fatal): HashThreads {
  return new HashThreads(programUrl('hash-thread'), HASH_THREAD_COUNT, fatal)
}

/** What storage nodes tell about themselves, all of a process added up. */
export function observeStores(
  metrics: Metrics,
  nodes: readonly StorageNode[],
  directory: string,
): void {
  const sum = (valueOf: (node: StorageNode) => number) =>
    nodes.reduce((total, node) => total + valueOf(node), 0)
  metrics.gauge('granary_slabs_in_use', 'Buffers of 1 MiB in use', () =>
    sum(({ slabs }) => slabs.usedCount),
  )
  metrics.gauge('granary_journal_syncs', 'Groups of entries made durable', () =>
    sum(({ store }) => store.journal.syncedGroup),
  )
  metrics.gauge('granary_store_replay_bytes', 'What a start would read again', () =>
    sum(({ store }) => {
      const { journalBytes, segmentBytes } = store.sinceCheckpoint()
      return journalBytes + segmentBytes
    }),
  )
  metrics.gauge('granary_store_available_bytes', 'Free space on the volume of the store', () => {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  })
}
