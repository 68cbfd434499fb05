/**
 * CRC-32 of each 64 KiB block of a chunk: what lets a reader verify a range by its blocks alone.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import { crc32 } from '../../base/checksums.ts'
import { CHECK_BLOCK_BYTES } from '../../model/identifiers.ts'
import { checkTableBytes } from '../../wire/stored/chunk-records.ts'

const CHECK_BYTES = 4

/** Blocks of a chunk that a range touches, as bytes: whole blocks, but for the chunk's end. */
export interface BlockSpan {
  readonly firstBlock: number
  readonly start: number
  readonly end: number
}

/** Computes the table for the bytes of `pieces`, wherever these are cut. */
export function computeBlockChecks(pieces: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const table = Buffer.allocUnsafe(checkTableBytes(lengthBytes))
  let block = 0
  let filled = 0
  let crc = 0
  const finishBlock = () => {
    table.writeUInt32LE(crc, block++ * CHECK_BYTES)
    filled = 0
    crc = 0
  }
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength;) {
      const part = piece.subarray(at, at + CHECK_BLOCK_BYTES - filled)
      crc = crc32(part, crc)
      at += part.byteLength
      filled += part.byteLength
      if (filled === CHECK_BLOCK_BYTES) finishBlock()
    }
  }
  if (filled > 0) finishBlock()
  return table
}

/** Which bytes must be read to serve `length` bytes from `offset` of a chunk. */
export function blockSpanOf(offset: number, length: number, lengthBytes: number): BlockSpan {
  const firstBlock = Math.floor(offset / CHECK_BLOCK_BYTES)
  const blocksEnd = Math.ceil((offset + length) / CHECK_BLOCK_BYTES) * CHECK_BLOCK_BYTES
  return {
    firstBlock,
    start: firstBlock * CHECK_BLOCK_BYTES,
    end: Math.min(blocksEnd, lengthBytes),
  }
}

/** The first block that `bytes`, which begin with block `firstBlock`, do not match; or undefined. */
export function findBadBlock(
  bytes: Uint8Array,
  firstBlock: number,
  checks: Uint8Array,
): number | undefined {
  const table = asBuffer(checks)
  let block = firstBlock
  for (let at = 0; at < bytes.byteLength; at += CHECK_BLOCK_BYTES, block++) {
    if (
      crc32(bytes.subarray(at, at + CHECK_BLOCK_BYTES)) !== table.readUInt32LE(block * CHECK_BYTES)
    ) {
      return block
    }
  }
  return undefined
}

/** The part of a chunk's table that is about `sizeBytes` bytes from block `firstBlock` on. */
export function checksOfBlocks(
  checks: Uint8Array,
  firstBlock: number,
  sizeBytes: number,
): Uint8Array {
  const from = firstBlock * CHECK_BYTES
  return checks.subarray(from, from + checkTableBytes(sizeBytes))
}
