/**
 * Reading and writing of binary rows: fixed numbers, varints, lengths and texts.
 *
 * A reader never looks beyond its bytes and never allocates by a length it has not checked; what is
 * malformed ends in a `StoredFormatError`.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import { StoredFormatError } from './stored-format-error.ts'

const INITIAL_BYTES = 256
/** The worth of the last of the eight bytes that a varint has at most. */
const VARINT_SCALE_MAX = 0x80 ** 7

/** Appends values to a growing buffer. */
export class BinaryWriter {
  #buffer: Buffer
  #length = 0

  /** `sizeBytes` is a guess that saves growing; it may be wrong. */
  constructor(sizeBytes = INITIAL_BYTES) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes)
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
    return this
  }

  u16(value: number): this {
    this.#reserve(2)
    this.#length = this.#buffer.writeUInt16LE(value, this.#length)
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#length = this.#buffer.writeUInt32LE(value, this.#length)
    return this
  }

  u48(value: number): this {
    this.#reserve(6)
    this.#length = this.#buffer.writeUIntLE(value, this.#length, 6)
    return this
  }

  u64(value: bigint): this {
    this.#reserve(8)
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length)
    return this
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte. */
  varint(value: number): this {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#length++] = rest
    return this
  }

  /** A whole number with its sign, zigzag coded. */
  signed(value: number): this {
    return this.varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.byteLength)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.byteLength
    return this
  }

  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.byteLength).raw(bytes)
  }

  text(text: string): this {
    return this.bytes(Buffer.from(text))
  }

  /** Bytes of a well-formed hex text, without a length. */
  hex(text: string): this {
    this.#reserve(text.length / 2)
    this.#length += this.#buffer.write(text, this.#length, 'hex')
    return this
  }

  get length(): number {
    return this.#length
  }

  /** What was written from `start` on: a view that holds until more is written. */
  written(start: number): Buffer {
    return this.#buffer.subarray(start, this.#length)
  }

  /** Forgets what was written beyond `length`. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length)
  }

  /** What was written. The writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = larger
  }
}

/** Takes values from bytes, in order. */
export class BinaryReader {
  readonly #buffer: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = asBuffer(bytes)
  }

  get remaining(): number {
    return this.#buffer.length - this.#at
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1))
  }

  u16(): number {
    return this.#buffer.readUInt16LE(this.#take(2))
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4))
  }

  u48(): number {
    return this.#buffer.readUIntLE(this.#take(6), 6)
  }

  u64(): bigint {
    return this.#buffer.readBigUInt64LE(this.#take(8))
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER || scale > VARINT_SCALE_MAX) {
        throw new StoredFormatError('Varint is too large')
      }
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  raw(count: number): Buffer {
    const from = this.#take(count)
    return this.#buffer.subarray(from, from + count)
  }

  bytes(): Buffer {
    return this.raw(this.varint())
  }

  text(): string {
    return this.bytes().toString('utf8')
  }

  hex(byteCount: number): string {
    const from = this.#take(byteCount)
    return this.#buffer.toString('hex', from, from + byteCount)
  }

  /** A count of items that each take at least one byte: bounds what a caller allocates. */
  count(): number {
    const count = this.varint()
    if (count > this.remaining) throw new StoredFormatError(`Count ${count} is beyond the end`)
    return count
  }

  /** Asserts that nothing is left over. */
  end(): void {
    if (this.remaining !== 0) throw new StoredFormatError(`${this.remaining} bytes are left over`)
  }

  #take(count: number): number {
    if (count > this.remaining) throw new StoredFormatError('Ends too early')
    this.#at += count
    return this.#at - count
  }
}
