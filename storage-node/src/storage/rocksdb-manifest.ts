/**
 * Cuts what a power cut left of the last, never synced records of RocksDB's MANIFEST.
 *
 * RocksDB adds two records to it at each flush, one at each compaction, syncs them, and only then
 * goes by them. It ignores a last record that ends too early, but refuses to open when one is there
 * in full length and wrong: part of its sectors can have reached the disk, and a one-store region
 * would be lost. As in the journal, a bad record with many good ones behind it was synced once and
 * is rotten, which is not for us to repair (replication.md 2.1). Should rot ever be cut as a tail,
 * the journal's `base` still tells that something durable is missing (J3).
 *
 * @module
 */

import { join } from 'node:path'
import { replaceFile } from '../base/durable-files.ts'
import { hasErrorCode, readWholeFile, type Files } from '../base/files.ts'

/** RocksDB's log format: blocks of records {CRC-32C u32, length u16, type u8, payload}. */
const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const FULL = 1
const LAST = 4
/** Added to stored checksums, so that a checksum over bytes that hold one still means something. */
const CRC_MASK = 0xa282ead8
const CRC32C_POLYNOMIAL = 0x82f63b78
/** What one sync may have been to cover: the records of a flush, and of others that ride along. */
const UNSYNCED_RECORD_COUNT_MAX = 4
const UNSYNCED_BYTES_MAX = 64 * 1024

/** Makes the MANIFEST of a RocksDB directory readable again if only its end is torn. */
export async function cutTornManifest(files: Files, directory: string): Promise<void> {
  const current = await readIfPresent(files, join(directory, 'CURRENT'))
  if (current === undefined) return
  const path = join(directory, Buffer.from(current).toString().trim())
  const manifest = await readIfPresent(files, path)
  if (manifest === undefined) return
  const end = tornAt(manifest)
  if (end !== undefined) await replaceFile(files, path, manifest.subarray(0, end))
}

/** Where the whole records end if what follows is a torn end; undefined: nothing to cut. */
export function tornAt(manifest: Uint8Array): number | undefined {
  const bytes = Buffer.from(manifest)
  let wholeEnd = 0
  for (let at = 0; at < bytes.length;) {
    const start = skipTrailer(at)
    if (start >= bytes.length) return undefined
    const next = recordEnd(bytes, start)
    if (next === undefined) return mayBeUnsynced(bytes, start) ? wholeEnd : undefined
    const type = bytes[start + 6]
    if (type === FULL || type === LAST) wholeEnd = next
    at = next
  }
  return wholeEnd < bytes.length ? wholeEnd : undefined
}

/** The end of a block that is too short for a header is left empty. */
function skipTrailer(at: number): number {
  const left = BLOCK_BYTES - (at % BLOCK_BYTES)
  return left < HEADER_BYTES ? at + left : at
}

/** The end of the good record at `at`, or undefined. */
function recordEnd(bytes: Buffer, at: number): number | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined
  const type = bytes[at + 6] ?? 0
  const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4)
  const blockEnd = at - (at % BLOCK_BYTES) + BLOCK_BYTES
  if (type < FULL || type > LAST || end > Math.min(bytes.length, blockEnd)) return undefined
  return bytes.readUInt32LE(at) === maskedCrc32c(bytes.subarray(at + 6, end)) ? end : undefined
}

/** Whether a bad record and all that is behind it can have waited for the same sync. */
function mayBeUnsynced(bytes: Buffer, start: number): boolean {
  if (bytes.length - start > UNSYNCED_BYTES_MAX) return false
  let count = 1
  for (let at = start + 1; at + HEADER_BYTES <= bytes.length;) {
    const end = recordEnd(bytes, at)
    if (end !== undefined) count++
    at = end ?? at + 1
  }
  return count <= UNSYNCED_RECORD_COUNT_MAX
}

function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + CRC_MASK) >>> 0
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC32C_POLYNOMIAL : crc >>> 1
  return crc
})

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

async function readIfPresent(files: Files, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readWholeFile(files, path)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}
