/**
 * Reads entries back from the journal's files.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { hasErrorCode, type Files } from '../../base/files.ts'
import type { PartitionId, Seq } from '../../contract/identifiers.ts'
import { RECORD_HEADER_BYTES, readRecord } from '../../wire/stored/journal-records.ts'
import type { EntryRecord } from '../../wire/stored/journal-records.ts'
import { JournalFileReader } from './journal-files.ts'
import { fileOf, offsetOf, type Location } from './location.ts'
import type { LogIndex } from './log-index.ts'

export interface EntryFilesOptions {
  readonly files: Files
  readonly directory: string
  readonly index: LogIndex
}

/** Which entries, inclusive. */
export interface EntryRange {
  readonly from: Seq
  readonly upTo: Seq
}

/**
 * Entries in order, as of the call: what was cut off or dropped meanwhile ends them. Those that the
 * files do not hold end them, too.
 */
export async function* readEntries(
  { files, directory, index }: EntryFilesOptions,
  partition: PartitionId,
  { from, upTo }: EntryRange,
): AsyncIterable<EntryRecord> {
  let reader: JournalFileReader | undefined
  try {
    for (let seq = from; seq <= upTo; seq = (seq + 1) as Seq) {
      const location = index.find(partition, seq)
      if (location === undefined) return
      if (reader?.number !== fileOf(location)) {
        await reader?.close()
        reader = await openIfPresent(files, directory, fileOf(location))
        if (reader === undefined) return
      }
      const entry = await readEntry(reader, location)
      // Cut off and written anew while it was read.
      if (index.find(partition, seq) !== location) return
      yield entry
    }
  } finally {
    await reader?.close()
  }
}

/** Undefined when the file has been dropped meanwhile. */
async function openIfPresent(
  files: Files,
  directory: string,
  number: number,
): Promise<JournalFileReader | undefined> {
  try {
    return await JournalFileReader.open(files, directory, number)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function readEntry(reader: JournalFileReader, location: Location): Promise<EntryRecord> {
  const offset = offsetOf(location)
  const header = await reader.bytesAt(offset, RECORD_HEADER_BYTES)
  const sizeBytes = RECORD_HEADER_BYTES + header.readUInt32LE(0)
  const { record } = readRecord(await reader.bytesAt(offset, sizeBytes), 0)
  assert('entry' in record, 'the index names entries')
  return record.entry
}
