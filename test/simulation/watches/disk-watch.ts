/**
 * Listens to what becomes of one store's files: its journal, and that nothing durable is written over
 * (D5, D7).
 *
 * @module
 */

import { sameBytes } from '@granary/storage-node/base/bytes'
import type { DiskEffect } from '@granary/storage-node/base/simulated-disk'
import { decodeChunkRow, decodeWatermark } from '@granary/storage-node/testing'
import type { Snapshot } from '@granary/storage-node/testing'
import { STORE_DIRECTORY } from '../fault-atlas.ts'
import { JournalWatch } from './journal-watch.ts'
import type { Accuse } from './log-watch.ts'

const JOURNAL = `${STORE_DIRECTORY}/journal`
const SEGMENTS = `${STORE_DIRECTORY}/segments`
const WATERMARK = `${STORE_DIRECTORY}/watermark`
/** Rows of the namespace `C`. */
const CHUNK_ROWS = { start: Buffer.from('C'), end: Buffer.from('D') }
/** A drive that is cut off in the midst of a write may lose a whole block of this size. */
const BLOCK_BYTES = 4096

type SyncEffect = Extract<DiskEffect, { kind: 'sync' }>

/** One store's disk; outlives its processes. */
export class DiskWatch {
  readonly journal: JournalWatch
  readonly #accuse: Accuse
  /** The process that runs now. */
  readonly #life: () => number
  /** How far each file of records is durable. */
  readonly #syncedBytes = new Map<string, number>()
  /** What the last sync of each has covered. */
  readonly #lastSynced = new Map<string, SyncEffect['covered']>()
  /** Segments with chunks that the engine knows as of its last flush. */
  #flushedSegments: ReadonlySet<number> = new Set()
  /** The last journal group that the watermark names. */
  #markedGroup = 0
  #isStopped = false

  constructor(life: () => number, accuse: Accuse) {
    this.#life = life
    this.#accuse = accuse
    this.journal = new JournalWatch(accuse)
  }

  /** The engine has flushed these rows. */
  flushed(rows: Snapshot): void {
    if (this.#isStopped) return rows.release()
    void rows.scan(CHUNK_ROWS, { limit: Infinity }).then((chunks) => {
      this.#flushedSegments = new Set(chunks.map(({ value }) => decodeChunkRow(value).segment))
      rows.release()
    })
  }

  /**
   * Whether a start would miss what is durable there. Of the journal's last group the watermark alone
   * tells that it was synced (D3): until it does, what has rotted looks like a torn tail, and so does
   * a file whose name is not durable yet.
   */
  isProven(path: string, position: number): boolean {
    if (path.startsWith(JOURNAL) && !this.journal.isNamed(path)) return false
    const last = this.journal.lastGroup
    const isLast = last !== undefined && last.path === path && position >= last.position
    return !isLast || last.number <= this.#markedGroup
  }

  /** What becomes of the disk from now on tells nothing: it is another one. */
  stop(): void {
    this.#isStopped = true
  }

  readonly heard = (effect: DiskEffect): void => {
    if (this.#isStopped) return
    const { path } = effect
    if (path === WATERMARK && effect.kind === 'sync') this.#mark(effect)
    const isJournal = path.startsWith(JOURNAL)
    if (!isJournal && !path.startsWith(SEGMENTS)) return
    if (effect.kind === 'create') {
      // A power cut may have taken the name of an earlier one, with all that was synced in it.
      this.#syncedBytes.delete(path)
      this.#lastSynced.delete(path)
      if (isJournal) this.journal.created(path)
    } else if (effect.kind === 'write') {
      this.#checkBlocks(path, effect.position, effect.bytes)
      if (isJournal) this.journal.written(effect.bytes, this.#life())
    } else if (effect.kind === 'sync') {
      const covered = effect.covered.filter(({ forgotten }) => !forgotten)
      const ends = covered.map(({ position, bytes }) => position + bytes.byteLength)
      this.#syncedBytes.set(path, Math.max(this.#syncedBytes.get(path) ?? 0, ...ends))
      this.#lastSynced.set(path, covered)
      if (isJournal) this.journal.synced(path, covered)
    } else if (effect.kind === 'remove') {
      this.#syncedBytes.delete(path)
      this.#lastSynced.delete(path)
      if (isJournal) this.journal.removed(path)
      else this.#checkRemoved(path)
    } else if (path === JOURNAL) {
      this.journal.syncedNames(new Set([...effect.names].map((name) => `${JOURNAL}/${name}`)))
    }
  }

  /**
   * What is durable shares no block with what is written later (D7). A last batch that need not count
   * is written once more as it is (J2), in its place where there is no room for it elsewhere.
   */
  #checkBlocks(path: string, position: number, bytes: Uint8Array): void {
    const block = Math.floor(position / BLOCK_BYTES) * BLOCK_BYTES
    const syncedBytes = this.#syncedBytes.get(path) ?? 0
    if (block >= syncedBytes || this.#isLastBatch(path, position, bytes)) return
    this.#accuse('D7', `${path} is written at ${position}, ${syncedBytes} bytes of it are durable`)
  }

  #isLastBatch(path: string, from: number, bytes: Uint8Array): boolean {
    const last = this.#lastSynced.get(path) ?? []
    return last.some((write) => {
      const at = from - write.position
      return at >= 0 && sameBytes(write.bytes.subarray(at, at + bytes.byteLength), bytes)
    })
  }

  /** Counts whole slots: a write that failed may have left the beginning of one. */
  #mark({ covered }: SyncEffect): void {
    for (const { bytes, forgotten } of covered) {
      if (forgotten || bytes.byteLength < BLOCK_BYTES) continue
      this.#markedGroup = Math.max(this.#markedGroup, decodeWatermark(bytes).group)
    }
  }

  /** No flushed row may place a chunk in a segment that is gone (D5). */
  #checkRemoved(path: string): void {
    const segment = Number(/(\d+)\.seg$/.exec(path)?.[1])
    if (!this.#flushedSegments.has(segment)) return
    this.#accuse('D5', `${path} is removed, and flushed rows place chunks in it`)
  }
}
