/**
 * The bytes of a store's small files: STORE, which says whose store it is, and `watermark`.
 *
 * @module
 */

import { crc32 } from '../../base/checksums.ts'
import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { decodeStoreId, encodeStoreId, STORE_ID_BYTES } from './store-id.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** What STORE says. */
export interface StoreIdentity {
  readonly formatVersion: number
  readonly storeId: StoreId
  readonly incarnation: Incarnation
}

/** What one slot of `watermark` says. */
export interface WatermarkMark {
  readonly storeId: StoreId
  /** Number of a journal group that was synced. */
  readonly group: number
}

export const STORE_FORMAT_VERSION = 1

const STORE_MAGIC = Buffer.from('GRNSTORE')
const WATERMARK_MAGIC = Buffer.from('GRNWMARK')
const CHECKSUM_BYTES = 4
const WATERMARK_BYTES = WATERMARK_MAGIC.byteLength + STORE_ID_BYTES + 6 + CHECKSUM_BYTES

export function encodeStoreIdentity({
  formatVersion,
  storeId,
  incarnation,
}: StoreIdentity): Buffer {
  const writer = new BinaryWriter().raw(STORE_MAGIC).u32(formatVersion)
  return sealed(writer.raw(encodeStoreId(storeId)).u48(incarnation))
}

/**
 * Reads STORE. In every format the file begins with magic and version and ends with the checksum of
 * all before it; of a newer format no more is known.
 */
export function decodeStoreIdentity(
  bytes: Uint8Array,
): StoreIdentity | { readonly newerFormatVersion: number } {
  const reader = unsealed(bytes, STORE_MAGIC)
  const formatVersion = reader.u32()
  if (formatVersion > STORE_FORMAT_VERSION) return { newerFormatVersion: formatVersion }
  const storeId = decodeStoreId(reader.raw(STORE_ID_BYTES))
  const identity = { formatVersion, storeId, incarnation: reader.u48() as Incarnation }
  reader.end()
  return identity
}

export function encodeWatermark({ storeId, group }: WatermarkMark): Buffer {
  return sealed(new BinaryWriter().raw(WATERMARK_MAGIC).raw(encodeStoreId(storeId)).u48(group))
}

/** Reads a slot; what lies behind the mark is padding. */
export function decodeWatermark(bytes: Uint8Array): WatermarkMark {
  const reader = unsealed(bytes.subarray(0, WATERMARK_BYTES), WATERMARK_MAGIC)
  return { storeId: decodeStoreId(reader.raw(STORE_ID_BYTES)), group: reader.u48() }
}

function sealed(writer: BinaryWriter): Buffer {
  const body = writer.finish()
  const checksum = Buffer.alloc(CHECKSUM_BYTES)
  checksum.writeUInt32LE(crc32(body))
  return Buffer.concat([body, checksum])
}

/** A reader behind the magic of a body whose checksum is right. */
function unsealed(bytes: Uint8Array, magic: Buffer): BinaryReader {
  if (bytes.byteLength < magic.byteLength + CHECKSUM_BYTES) throw new StoredFormatError('Too short')
  const body = bytes.subarray(0, bytes.byteLength - CHECKSUM_BYTES)
  const checksum = new BinaryReader(bytes.subarray(body.byteLength)).u32()
  if (crc32(body) !== checksum) throw new StoredFormatError('Wrong checksum')
  const reader = new BinaryReader(body)
  if (!reader.raw(magic.byteLength).equals(magic)) throw new StoredFormatError('Wrong magic')
  return reader
}
