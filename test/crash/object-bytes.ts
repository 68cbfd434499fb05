/**
 * Object contents that a few numbers describe, every sector of them different from every other.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { SECTOR_BYTES } from './recorded-file.ts'

/** A run of bytes that follows from its seed. */
export type Piece = readonly [seed: number, sizeBytes: number]

const POOL_BYTES = 64 * 1024
const pool = makePool()

/** The bytes that the pieces stand for, one behind the other. */
export function bytesOf(pieces: readonly Piece[]): Buffer {
  const bytes = Buffer.allocUnsafe(sizeOf(pieces))
  let at = 0
  for (const [seed, sizeBytes] of pieces) {
    fill(bytes.subarray(at, at + sizeBytes), seed)
    at += sizeBytes
  }
  return bytes
}

export function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((total, [, sizeBytes]) => total + sizeBytes, 0)
}

function fill(bytes: Buffer, seed: number): void {
  for (let at = 0; at < bytes.length; at += POOL_BYTES) {
    pool.copy(bytes, at, 0, Math.min(POOL_BYTES, bytes.length - at))
  }
  const stamp = Buffer.alloc(8)
  for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
    stamp.writeUInt32LE(seed, 0)
    stamp.writeUInt32LE(at / SECTOR_BYTES, 4)
    stamp.copy(bytes, at, 0, Math.min(8, bytes.length - at))
  }
}

/** Bytes without a pattern, the same in every process. */
function makePool(): Buffer {
  const blocks: Buffer[] = []
  for (let i = 0; i < POOL_BYTES / 32; i++) {
    blocks.push(createHash('sha256').update(String(i)).digest())
  }
  return Buffer.concat(blocks)
}
