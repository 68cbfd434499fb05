import fc from 'fast-check'
import type { Codec } from './codec.ts'
import {
  bool,
  bulkPieces,
  bytes,
  decode,
  encode,
  enumOf,
  fixedBytes,
  float64,
  hexId,
  list,
  optional,
  signed,
  struct,
  taggedUnion,
  text,
  u32,
  u48,
  u64,
  u8,
  variant,
  varint,
} from './codec.ts'
import { ProtocolError } from './protocol-error.ts'

type Shape =
  | { readonly kind: 'circle'; readonly radius: number }
  | { readonly kind: 'path'; readonly points: readonly { readonly x: number }[] }
  | { readonly kind: 'nothing' }

const shape: Codec<Shape> = taggedUnion('kind', {
  circle: variant(1, { radius: float64() }),
  path: variant(2, { points: list(struct({ x: signed() }), 10) }),
  nothing: variant(7, {}),
})

const everything = struct({
  u8: u8(),
  u32: u32(),
  u48: u48(),
  u64: u64(),
  varint: varint(),
  signed: signed(),
  float: float64(),
  bool: bool(),
  name: enumOf(['a', 'b']),
  text: text(100),
  bytes: bytes(100),
  fixed: fixedBytes(4),
  hex: hexId(4),
  shape: optional(shape),
  pieces: bulkPieces(1000),
  rest: list(text(5), 3),
})

const example = {
  u8: 255,
  u32: 2 ** 32 - 1,
  u48: 2 ** 48 - 1,
  u64: 2n ** 64n - 1n,
  varint: Number.MAX_SAFE_INTEGER,
  signed: -12345,
  float: 0.1,
  bool: true,
  name: 'b' as const,
  text: 'grün',
  bytes: Buffer.from('bytes'),
  fixed: Buffer.from('four'),
  hex: '00ff00ff',
  shape: { kind: 'path', points: [{ x: 1 }, { x: -1 }] } as const,
  pieces: [Buffer.from('one'), Buffer.from('two')],
  rest: ['a', ''],
}

test('what was written is read', () => {
  expect(decode(everything, encode(everything, example))).toEqual(example)
})

test.each<Shape>([
  { kind: 'circle', radius: 2.5 },
  { kind: 'path', points: [] },
  { kind: 'nothing' },
])('a member of a union is told by its tag: %j', (value) =>
  expect(decode(shape, encode(shape, value))).toEqual(value),
)

test('fields that a reader does not know are ignored', () => {
  const older = struct({ a: u8() })
  const newer = struct({ a: u8(), b: text(10) })
  expect(decode(older, encode(newer, { a: 1, b: 'new' }))).toEqual({ a: 1 })
})

test('bulk is not copied on its way out', () => {
  const piece = Buffer.from('bulk')
  expect(encode(bulkPieces(10), [piece]).bulk[0]).toBe(piece)
})

test.each([
  ['in one buffer', ['onetwo']],
  ['cut anywhere', ['o', 'net', 'wo']],
])('bulk is received %s', (_name, pieces) => {
  const { values } = encode(everything, example)
  const read = decode(everything, { values, bulk: pieces.map((piece) => Buffer.from(piece)) })
  expect(Buffer.concat(read.pieces).toString()).toBe('onetwo')
})

const text3 = text(3)
const few = list(u32(), 2)

test.each<[string, Codec<unknown>, number[], string]>([
  ['a text beyond its limit', text3, [4, 1, 2, 3, 4], 'Size must be at most 3, is 4'],
  ['a text that ends early', text3, [3, 1], 'Ends too early'],
  ['more items than allowed', few, [3, 0, 0], 'Size must be at most 2, is 3'],
  ['more items than bytes', list(u32(), 1000), [100, 1], 'List ends too early'],
  ['a flag of 2', bool(), [2], 'Flag must be 0 or 1, is 2'],
  ['an unknown member', shape, [3], 'Unknown kind 3'],
  ['an unknown name', enumOf(['a']), [1], 'Unknown name 1'],
  ['bulk that is not there', bulkPieces(10), [1], 'Bulk ends too early'],
  ['a number without end', varint(), Array<number>(300).fill(0x80), 'Varint is too large'],
])('%s is refused', (_name, codec, malformed, message) => {
  const read = () => decode(codec, { values: Buffer.from(malformed), bulk: [] })
  expect(read).toThrow(ProtocolError)
  expect(read).toThrow(message)
})

test('what is beyond a limit is not written', () => {
  expect(() => encode(text(3), 'four')).toThrow(ProtocolError)
  expect(() => encode(list(u8(), 1), [1, 2])).toThrow(ProtocolError)
})

test('any bytes are read or refused, and lists take no more memory than their bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 50 }),
      (values, tail) => {
        try {
          decode(everything, { values, bulk: [tail] })
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      },
    ),
    { numRuns: 2000 },
  )
})
