/**
 * What simulated clients write: bytes that say themselves what they are.
 *
 * A content is one block, or several behind one another where somebody appended or uploaded in
 * parts. A block begins with its number and its length, the rest follows from the number; so of any
 * bytes that are read it can be told which writes they come from, or that nobody wrote them.
 *
 * @module
 */

import { md5 } from '@granary/storage-node/base/checksums'

const HEADER_BYTES = 8

/** The bytes of one block. */
export function blockOf(number: number, sizeBytes: number): Uint8Array {
  const bytes = Buffer.alloc(Math.max(sizeBytes, HEADER_BYTES), pattern(number))
  bytes.writeUInt32BE(number, 0)
  bytes.writeUInt32BE(bytes.byteLength, 4)
  return bytes
}

/** The numbers of the blocks that make up `bytes`; undefined: nobody wrote these bytes. */
export function blocksIn(bytes: Uint8Array): number[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numbers: number[] = []
  let at = 0
  while (at < buffer.byteLength) {
    if (at + HEADER_BYTES > buffer.byteLength) return undefined
    const number = buffer.readUInt32BE(at)
    const sizeBytes = buffer.readUInt32BE(at + 4)
    if (sizeBytes < HEADER_BYTES || at + sizeBytes > buffer.byteLength) return undefined
    if (!buffer.subarray(at, at + sizeBytes).equals(blockOf(number, sizeBytes))) return undefined
    numbers.push(number)
    at += sizeBytes
  }
  return numbers
}

/** The ETag that a put of these bytes is answered with. */
export function etagOf(bytes: Uint8Array): string {
  return hex(md5(bytes))
}

/** The ETag of an upload of these parts. */
export function etagOfParts(parts: readonly Uint8Array[]): string {
  return `${hex(md5(Buffer.concat(parts.map((part) => md5(part)))))}-${parts.length}`
}

/** The MD5 of all bytes of an object, as its record has it. */
export function contentMd5Of(parts: readonly Uint8Array[]): string {
  return etagOf(Buffer.concat(parts)).toLowerCase()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}

/** Differs from number to number, and a shift by any few bytes shows. */
function pattern(number: number): Uint8Array {
  return Buffer.from(`${number}:${Math.imul(number, 0x9e3779b1) >>> 0};`)
}
