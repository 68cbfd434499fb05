/**
 * The pump behind the journal: what waits forms a group, one group is written and synced at a time
 * (J1), then everybody in it hears of it while the next one forms.
 *
 * A write or sync that fails is fatal (D1): its callers never hear of it, and nothing is tried again.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Fatal } from '../../base/crash.ts'
import type { File, Files } from '../../base/files.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import {
  GROUP_ALIGNMENT_BYTES,
  groupSizeBytes,
  writeGroup,
} from '../../wire/stored/journal-groups.ts'
import {
  JOURNAL_FORMAT_VERSION,
  recordSizeBytes,
  type JournalRecord,
} from '../../wire/stored/journal-records.ts'
import { encodeStoreId } from '../../wire/stored/store-id.ts'
import { journalFilePath } from './journal-files.ts'
import { locationOf, type Location } from './location.ts'

export interface GroupWriterOptions {
  readonly files: Files
  readonly directory: string
  readonly storeId: StoreId
  readonly fatal: Fatal
  /** A file that has reached this size is followed by a new one. */
  readonly fileSizeBytes: number
  /** A group closes when its records have reached this size. */
  readonly groupSizeBytes: number
  /** The records that every file begins with, as of the groups written so far. */
  readonly headRecords: () => JournalRecord[]
  /** Hears of each record in order, once it is durable and before its writer does. */
  readonly onDurable: (record: JournalRecord, location: Location) => void
}

/** Where the next group goes: always the beginning of a new file. */
export interface WriterStart {
  readonly file: number
  readonly lastGroup: number
  /** The last group that was surely synced. */
  readonly syncedGroup: number
}

interface Waiting {
  readonly record: JournalRecord
  /** Of the last record that a caller hands in at a time. */
  readonly done: (() => void) | undefined
}

/** Writes groups to the newest file. */
export class GroupWriter {
  readonly #options: GroupWriterOptions
  readonly #storeId: Uint8Array
  /** Serves every group that fits: only one is in flight. */
  readonly #buffer: Buffer
  #file: File | undefined
  #fileNumber: number
  #position = 0
  #lastGroup: number
  #syncedGroup: number
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined
  #writtenBytes = 0
  #closed = false

  constructor(options: GroupWriterOptions, start: WriterStart) {
    this.#options = options
    this.#buffer = Buffer.allocUnsafeSlow(options.groupSizeBytes)
    this.#storeId = encodeStoreId(options.storeId)
    this.#fileNumber = start.file - 1
    this.#lastGroup = start.lastGroup
    this.#syncedGroup = start.syncedGroup
  }

  get fileNumber(): number {
    return this.#fileNumber
  }

  get syncedGroup(): number {
    return this.#syncedGroup
  }

  /** Bytes of all groups so far, padding included. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  /** Writes and syncs the first group of the first file: nothing counts before it is durable. */
  async start(records: readonly JournalRecord[]): Promise<void> {
    await this.#writeGroup(records)
  }

  /** Resolves after the sync that covers the record. */
  write(record: JournalRecord): Promise<void> {
    return this.writeAll([record])
  }

  /** Resolves after the sync that covers the last of the records; at least one. */
  writeAll(records: readonly JournalRecord[]): Promise<void> {
    assert(!this.#closed, 'nothing is written to a closed journal')
    return new Promise((resolve) => {
      const last = records.length - 1
      for (const [at, record] of records.entries()) {
        this.#waiting.push({ record, done: at === last ? resolve : undefined })
      }
      this.#draining ??= this.#drain()
    })
  }

  /** Waits for what was written and closes the file. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#draining
    await this.#file?.close()
  }

  async #drain(): Promise<void> {
    // Whoever was woken by the same event as the first caller rides along.
    await Promise.resolve()
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#takeBatch()
        await this.#writeGroup(batch.map(({ record }) => record))
        for (const { done } of batch) done?.()
        // Their next records are in the next group.
        await Promise.resolve()
      }
    } catch (cause) {
      // The promise of this drain stays pending: nobody may take the failed group for written.
      this.#options.fatal(new Error('Cannot write the journal', { cause }))
      return new Promise(() => {})
    }
    this.#draining = undefined
  }

  #takeBatch(): Waiting[] {
    let sizeBytes = 0
    let count = 0
    for (const { record } of this.#waiting) {
      // A replica's new base and the restart of its log behind it are durable together or not at all.
      if (sizeBytes >= this.#options.groupSizeBytes && record.kind !== 'restart') break
      sizeBytes += recordSizeBytes(record)
      count++
    }
    if (count < this.#waiting.length) return this.#waiting.splice(0, count)
    const all = this.#waiting
    this.#waiting = []
    return all
  }

  async #writeGroup(records: readonly JournalRecord[]): Promise<void> {
    const { files, directory, fileSizeBytes, onDurable } = this.#options
    if (this.#file !== undefined && this.#position < fileSizeBytes) {
      await this.#writeAndSync(this.#file, records, onDurable)
      return
    }
    const number = this.#fileNumber + 1
    const file = await files.open(journalFilePath(directory, number), 'create')
    await this.#file?.close()
    this.#file = file
    this.#fileNumber = number
    this.#position = 0
    const follows = this.#syncedGroup
    const head: JournalRecord = {
      kind: 'head',
      head: { formatVersion: JOURNAL_FORMAT_VERSION, follows },
    }
    const all = [head, ...this.#options.headRecords(), ...records]
    await this.#writeAndSync(file, all, onDurable, () => files.syncDirectory(directory))
  }

  async #writeAndSync(
    file: File,
    records: readonly JournalRecord[],
    onDurable: GroupWriterOptions['onDurable'],
    syncName?: () => Promise<void>,
  ): Promise<void> {
    const identity = {
      storeId: this.#storeId,
      file: this.#fileNumber,
      group: this.#lastGroup + 1,
    }
    const sizeBytes = groupSizeBytes(records)
    const fits = sizeBytes <= this.#buffer.byteLength
    const target = fits ? this.#buffer : Buffer.allocUnsafeSlow(sizeBytes)
    const locations: Location[] = []
    const bytes = writeGroup(target, identity, records, (_, offset) => {
      locations.push(locationOf(this.#fileNumber, this.#position + offset))
    })
    assert(this.#position % GROUP_ALIGNMENT_BYTES === 0, 'groups share no block (D7)')
    await file.write([bytes], this.#position)
    await file.sync()
    await syncName?.()
    this.#lastGroup = identity.group
    this.#syncedGroup = identity.group
    this.#position += bytes.byteLength
    this.#writtenBytes += bytes.byteLength
    for (const [at, record] of records.entries()) onDurable(record, locations[at] ?? 0)
  }
}
