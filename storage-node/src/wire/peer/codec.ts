/**
 * Schemas of what storage nodes say to each other: a codec for each kind of value, and what
 * combines codecs.
 *
 * A message fills a frame, so its fields may grow at the end: a reader takes what it knows and
 * ignores the rest. Inner values have a fixed form. Decoding never allocates by a count that the
 * bytes at hand cannot fill, and what is malformed ends in a `ProtocolError`. Decoded bytes are
 * views of what was received.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { StoredFormatError } from '../stored/stored-format-error.ts'
import type { MessageBytes } from './message-bytes.ts'
import { MessageReader, MessageWriter } from './message-bytes.ts'
import { ProtocolError } from './protocol-error.ts'

/** How values of a type are written and read. */
export interface Codec<T> {
  /** The fewest bytes a value takes: bounds how many of them some bytes can hold. */
  readonly bytesMin: number
  write(writer: MessageWriter, value: T): void
  read(reader: MessageReader): T
}

/** A codec for each field, in the order of the bytes. */
export type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> }

/** One member of a tagged union: its number in the bytes and its fields without the tag. */
export interface Variant<T> {
  readonly number: number
  readonly fields: Fields<T>
}

type Variants<T, Tag extends keyof T> = {
  readonly [Name in T[Tag] & string]: Variant<Omit<Extract<T, Record<Tag, Name>>, Tag>>
}

/** Writes a message. `sizeBytes` is a guess that saves growing. */
export function encode<T>(codec: Codec<T>, value: T, sizeBytes?: number): MessageBytes {
  const writer = new MessageWriter(sizeBytes)
  codec.write(writer, value)
  return { values: writer.finish(), bulk: writer.bulk }
}

/** Reads a message; throws `ProtocolError` and nothing else. */
export function decode<T>(codec: Codec<T>, message: MessageBytes): T {
  try {
    return codec.read(new MessageReader(message))
  } catch (error) {
    if (error instanceof StoredFormatError) throw new ProtocolError(error.message, { cause: error })
    throw error
  }
}

/** Whole numbers of a fixed size. `T` may be a branded number. */
export function u8<T extends number = number>(): Codec<T> {
  return { bytesMin: 1, write: (writer, value) => writer.u8(value), read: (r) => r.u8() as T }
}

export function u16<T extends number = number>(): Codec<T> {
  return { bytesMin: 2, write: (writer, value) => writer.u16(value), read: (r) => r.u16() as T }
}

export function u32<T extends number = number>(): Codec<T> {
  return { bytesMin: 4, write: (writer, value) => writer.u32(value), read: (r) => r.u32() as T }
}

export function u48<T extends number = number>(): Codec<T> {
  return { bytesMin: 6, write: (writer, value) => writer.u48(value), read: (r) => r.u48() as T }
}

export function u64<T extends bigint = bigint>(): Codec<T> {
  return { bytesMin: 8, write: (writer, value) => writer.u64(value), read: (r) => r.u64() as T }
}

/** From 0 to 2^53 - 1, seven bits a byte. */
export function varint<T extends number = number>(): Codec<T> {
  return { bytesMin: 1, write: (w, value) => w.varint(value), read: (r) => r.varint() as T }
}

/** The same with a sign; its size is at most 2^52. */
export function signed<T extends number = number>(): Codec<T> {
  return { bytesMin: 1, write: (w, value) => w.signed(value), read: (r) => r.signed() as T }
}

export function float64(): Codec<number> {
  return {
    bytesMin: 8,
    write(writer, value) {
      const bytes = Buffer.allocUnsafe(8)
      bytes.writeDoubleLE(value)
      writer.raw(bytes)
    },
    read: (reader) => reader.raw(8).readDoubleLE(),
  }
}

export function bool(): Codec<boolean> {
  return {
    bytesMin: 1,
    write: (writer, value) => writer.u8(value ? 1 : 0),
    read: readFlag,
  }
}

/** One of some names; its place in the list is its number, so names are only ever appended. */
export function enumOf<const T extends string>(names: readonly T[]): Codec<T> {
  assert(names.length <= 256, 'the number of a name fits into a byte')
  return {
    bytesMin: 1,
    write(writer, value) {
      const number = names.indexOf(value)
      assert(number >= 0, `'${value}' is one of the names`)
      writer.u8(number)
    },
    read(reader) {
      const number = reader.u8()
      const name = names[number]
      if (name === undefined) throw new ProtocolError(`Unknown name ${number}`)
      return name
    },
  }
}

/** UTF-8 of at most `bytesMax` bytes. `T` may be a branded text. */
export function text<T extends string = string>(bytesMax: number): Codec<T> {
  return {
    bytesMin: 1,
    write: (writer, value) => writer.bytes(checkedSize(Buffer.from(value), bytesMax)),
    read: (reader) => checkedSize(reader.bytes(), bytesMax).toString('utf8') as T,
  }
}

/** At most `bytesMax` bytes. */
export function bytes(bytesMax: number): Codec<Uint8Array> {
  return {
    bytesMin: 1,
    write: (writer, value) => writer.bytes(checkedSize(value, bytesMax)),
    read: (reader) => checkedSize(reader.bytes(), bytesMax),
  }
}

/** Exactly `count` bytes. */
export function fixedBytes(count: number): Codec<Uint8Array> {
  return {
    bytesMin: count,
    write(writer, value) {
      assert(value.byteLength === count, `the value has ${count} bytes`)
      writer.raw(value)
    },
    read: (reader) => reader.raw(count),
  }
}

/** A lower-case hex text of exactly `byteCount` bytes. */
export function hexId<T extends string = string>(byteCount: number): Codec<T> {
  return {
    bytesMin: byteCount,
    write(writer, value) {
      assert(value.length === byteCount * 2, `the identifier has ${byteCount} bytes`)
      writer.hex(value)
    },
    read: (reader) => reader.hex(byteCount) as T,
  }
}

/**
 * Pieces that follow each other, at most `bytesMax` bytes together, as bulk: not copied on their
 * way out, and cut as the receiver's buffers are when they come in. Nothing here verifies them:
 * the message has a checksum of its own. Small values are cheaper as `bytes`.
 */
export function bulkPieces(bytesMax: number): Codec<readonly Uint8Array[]> {
  return {
    bytesMin: 1,
    write(writer, pieces) {
      let size = 0
      for (const piece of pieces) size += piece.byteLength
      writer.varint(checkedCount(size, bytesMax))
      for (const piece of pieces) writer.appendBulk(piece)
    },
    read: (reader) => reader.takeBulk(checkedCount(reader.varint(), bytesMax)),
  }
}

/** A value or nothing. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    bytesMin: 1,
    write(writer, value) {
      writer.u8(value === undefined ? 0 : 1)
      if (value !== undefined) codec.write(writer, value)
    },
    read: (reader) => (readFlag(reader) ? codec.read(reader) : undefined),
  }
}

/** At most `countMax` values. */
export function list<T>(codec: Codec<T>, countMax: number): Codec<readonly T[]> {
  const itemBytesMin = Math.max(codec.bytesMin, 1)
  return {
    bytesMin: 1,
    write(writer, values) {
      writer.varint(checkedCount(values.length, countMax))
      for (const value of values) codec.write(writer, value)
    },
    read(reader) {
      const count = checkedCount(reader.varint(), countMax)
      if (count * itemBytesMin > reader.remaining) throw new ProtocolError('List ends too early')
      const values: T[] = []
      for (let left = count; left > 0; left--) values.push(codec.read(reader))
      return values
    },
  }
}

/** An object, field by field. */
export function struct<T extends object>(fields: Fields<T>): Codec<T> {
  return fieldsCodec(fields, undefined)
}

/** A member of a `taggedUnion`; numbers are never used again. */
export function variant<T extends object>(number: number, fields: Fields<T>): Variant<T> {
  return { number, fields }
}

/** One of several objects, told apart by the field `tag`. */
export function taggedUnion<T extends object, const Tag extends keyof T & string>(
  tag: Tag,
  variants: Variants<T, Tag>,
): Codec<T> {
  const byName = new Map<unknown, { readonly number: number; readonly codec: Codec<T> }>()
  const byNumber: (Codec<T> | undefined)[] = []
  for (const [name, { number, fields }] of Object.entries<Variant<object>>(variants)) {
    const codec = fieldsCodec(fields as Fields<T>, { field: tag, value: name })
    assert(number < 256 && byNumber[number] === undefined, `the number of '${name}' is its own`)
    byName.set(name, { number, codec })
    byNumber[number] = codec
  }
  return {
    bytesMin: 1,
    write(writer, value) {
      const known = byName.get(value[tag])
      assert(known !== undefined, `'${String(value[tag])}' has a codec`)
      writer.u8(known.number)
      known.codec.write(writer, value)
    },
    read(reader) {
      const number = reader.u8()
      const codec = byNumber[number]
      if (codec === undefined) throw new ProtocolError(`Unknown ${tag} ${number}`)
      return codec.read(reader)
    },
  }
}

/** Writes the fields; reads them behind a constant one, the tag. */
function fieldsCodec<T extends object>(
  fields: Fields<T>,
  tag: { readonly field: string; readonly value: string } | undefined,
): Codec<T> {
  const names = Object.keys(fields) as (keyof T & string)[]
  const codecs: readonly Codec<T[keyof T]>[] = names.map((name) => fields[name])
  return {
    bytesMin: codecs.reduce((total, { bytesMin }) => total + bytesMin, 0),
    write(writer, value) {
      for (let at = 0; at < names.length; at++) {
        codecs[at]!.write(writer, value[names[at]!])
      }
    },
    read(reader) {
      const value: Record<string, unknown> = tag === undefined ? {} : { [tag.field]: tag.value }
      for (let at = 0; at < names.length; at++) value[names[at]!] = codecs[at]!.read(reader)
      return value as T
    },
  }
}

function readFlag(reader: MessageReader): boolean {
  const flag = reader.u8()
  if (flag > 1) throw new ProtocolError(`Flag must be 0 or 1, is ${flag}`)
  return flag === 1
}

function checkedSize<B extends Uint8Array>(value: B, bytesMax: number): B {
  checkedCount(value.byteLength, bytesMax)
  return value
}

function checkedCount(count: number, countMax: number): number {
  if (count > countMax) throw new ProtocolError(`Size must be at most ${countMax}, is ${count}`)
  return count
}
