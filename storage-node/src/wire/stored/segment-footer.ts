/**
 * The footer of a sealed segment: all its heads again, so that a start need not walk the file.
 *
 * It begins at a multiple of 4 KiB and ends, with its trailer, at the end of the file. Its heads
 * name positions other than their own here, so a walk never takes them for records.
 *
 * @module
 */

import { asBuffer, totalLength } from '../../base/bytes.ts'
import { crc32 } from '../../base/checksums.ts'
import type { ChunkHead, HeadSeed } from './chunk-records.ts'
import { decodeChunkHead, headBytesByHeader } from './chunk-records.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** Where a footer is, and what it must sum up to. */
export interface FooterTrailer {
  readonly segment: number
  /** Where the heads begin: the end of the records. */
  readonly offset: number
  readonly headsBytes: number
  readonly headsCrc: number
}

export const FOOTER_TRAILER_BYTES = 32
const MAGIC = 0x544f4647 // "GFOT"
const VERSION = 1
const FOOTER_ALIGNMENT_BYTES = 4096
const CRC_AT = 28

/** The footer as pieces to write at `offset`, a multiple of 4 KiB; so is where it ends. */
export function encodeFooter(
  segment: number,
  offset: number,
  heads: readonly Uint8Array[],
  seed: HeadSeed,
): Uint8Array[] {
  const headsBytes = totalLength(heads)
  let headsCrc = seed
  for (const head of heads) headsCrc = crc32(head, headsCrc)
  const end = offset + headsBytes + FOOTER_TRAILER_BYTES
  const padding = Math.ceil(end / FOOTER_ALIGNMENT_BYTES) * FOOTER_ALIGNMENT_BYTES - end
  const trailer = Buffer.alloc(FOOTER_TRAILER_BYTES)
  trailer.writeUInt32LE(MAGIC, 0)
  trailer.writeUInt16LE(VERSION, 4)
  trailer.writeUIntLE(segment, 6, 6)
  trailer.writeUInt32LE(offset, 12)
  trailer.writeUInt32LE(headsBytes, 16)
  trailer.writeUInt32LE(headsCrc, 20)
  trailer.writeUInt32LE(crc32(trailer.subarray(0, CRC_AT), seed), CRC_AT)
  return [...heads, Buffer.alloc(padding), trailer]
}

/** Reads the last bytes of a file of `fileBytes`. */
export function decodeFooterTrailer(
  source: Uint8Array,
  fileBytes: number,
  seed: HeadSeed,
): FooterTrailer {
  const bytes = asBuffer(source)
  if (bytes.length !== FOOTER_TRAILER_BYTES || bytes.readUInt32LE(0) !== MAGIC) {
    throw new StoredFormatError('No footer here')
  }
  if (crc32(bytes.subarray(0, CRC_AT), seed) !== bytes.readUInt32LE(CRC_AT)) {
    throw new StoredFormatError('Trailer of a footer does not match its CRC')
  }
  const version = bytes.readUInt16LE(4)
  if (version !== VERSION) throw new StoredFormatError(`Footer has version ${version}`)
  const trailer = {
    segment: bytes.readUIntLE(6, 6),
    offset: bytes.readUInt32LE(12),
    headsBytes: bytes.readUInt32LE(16),
    headsCrc: bytes.readUInt32LE(20),
  }
  if (trailer.offset + trailer.headsBytes + FOOTER_TRAILER_BYTES > fileBytes) {
    throw new StoredFormatError('Footer is larger than its file')
  }
  return trailer
}

/** Reads the heads of a footer. */
export function decodeFooterHeads(
  bytes: Uint8Array,
  trailer: FooterTrailer,
  seed: HeadSeed,
): ChunkHead[] {
  if (bytes.byteLength !== trailer.headsBytes || crc32(bytes, seed) !== trailer.headsCrc) {
    throw new StoredFormatError('Footer does not match its CRC')
  }
  const heads: ChunkHead[] = []
  let at = 0
  while (at < bytes.byteLength) {
    const rest = bytes.subarray(at)
    const head = decodeChunkHead(rest, seed)
    if (head.segment !== trailer.segment) throw new StoredFormatError('Head of another segment')
    heads.push(head)
    at += headBytesByHeader(rest, seed)
  }
  return heads
}
