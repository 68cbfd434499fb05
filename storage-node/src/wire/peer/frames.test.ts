import fc from 'fast-check'
import { bulkPieces, bytes, decode, struct, text } from './codec.ts'
import type { Frame } from './frame-reader.ts'
import { FrameReader } from './frame-reader.ts'
import type { FrameHead } from './frames.ts'
import {
  encodeFrame,
  FRAME_BYTES_MAX,
  FrameWriter,
  HELLO_FRAME_BYTES_MAX,
  plainHead,
} from './frames.ts'
import { ProtocolError } from './protocol-error.ts'

const PROTOCOL = 1
const note = struct({ text: text(1000) })
const load = struct({ name: text(10), pieces: bulkPieces(FRAME_BYTES_MAX) })
const head: FrameHead = {
  ...{ kind: 'request', protocol: PROTOCOL, id: 77, partition: 5, deadlineMs: 1500 },
  hasBulk: false,
}

/** Whatever it says that no frame has a view of is overwritten at once. */
function openReader(): FrameReader {
  const reader = new FrameReader((chunk) => void chunk.fill(0xee))
  reader.agree(PROTOCOL, FRAME_BYTES_MAX)
  return reader
}

/** Reads all frames of a stream that arrives in the given pieces. */
function readAll(reader: FrameReader, chunks: readonly Uint8Array[], isLanded = true): Frame[] {
  const frames: Frame[] = []
  for (const chunk of chunks) {
    // A copy: a reader overwrites the checksums in what it is given.
    reader.push(Buffer.from(chunk))
    for (let received = reader.next(); received !== undefined; received = reader.next()) {
      if (received.stage === 'whole') frames.push(received.frame)
      else if (isLanded) reader.land(landing(received.sizeBytes))
      else reader.takeAsItComes(received.sizeBytes)
    }
  }
  return frames
}

function landing(sizeBytes: number): Buffer[] {
  const first = Math.floor(sizeBytes / 3)
  return [Buffer.alloc(first), Buffer.alloc(sizeBytes - first)]
}

function withBulk(name: string, pieces: readonly Uint8Array[]): Buffer {
  const writer = new FrameWriter()
  writer.append({ ...head, hasBulk: true }, load, { name, pieces })
  return Buffer.concat([writer.finish(), ...writer.bulk])
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...at.map((n) => n % bytes.length), bytes.length].sort((a, b) => a - b)
  return places.map((end, index) => bytes.subarray(places[index - 1] ?? 0, end))
}

test('a frame begins with a header of 24 bytes', () => {
  const frame = encodeFrame(head, note, { text: 'hello' })
  expect(frame.toString('hex')).toBe(
    '06000000' +
      '04' +
      '00' +
      '0100' +
      '4d000000' +
      '05000000' +
      'dc050000' +
      'f5d2d4cd' +
      '0568656c6c6f',
  )
})

test('frames come out as they went in, wherever the stream is cut', () => {
  const sent = Buffer.concat([
    encodeFrame(head, note, { text: 'one' }),
    withBulk('two', [Buffer.from('some'), Buffer.from('bulk')]),
    encodeFrame({ ...head, id: 78 }, note, { text: '' }),
    withBulk('empty', []),
    encodeFrame(head, note, { text: 'x'.repeat(900) }),
  ])
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 12 }), (places) => {
      const [one, two, three, empty, five] = readAll(openReader(), cut(sent, places)) as [
        Frame,
        ...Frame[],
      ]
      expect(one).toMatchObject(head)
      expect(decode(note, one)).toEqual({ text: 'one' })
      const { name, pieces } = decode(load, two!)
      expect([name, Buffer.concat(pieces).toString()]).toEqual(['two', 'somebulk'])
      expect(three?.id).toBe(78)
      expect(decode(load, empty!)).toEqual({ name: 'empty', pieces: [] })
      expect(decode(note, five!).text).toHaveLength(900)
    }),
  )
})

test('what was copied out of what a socket brought is told, what a frame has a view of is not', () => {
  const copied: number[] = []
  const reader = new FrameReader((chunk) => copied.push(chunk.length))
  reader.agree(PROTOCOL, FRAME_BYTES_MAX)
  const sent = withBulk('x', [Buffer.alloc(100_000, 'abc')])
  readAll(reader, cut(sent, [20, 10_000, 40_000, 70_000]))
  expect(copied).toEqual([20, 9_980, 30_000, 30_000, sent.length - 70_000])

  copied.length = 0
  readAll(reader, cut(sent, [10_000, 40_000]))
  expect(copied).toEqual([30_000, sent.length - 40_000])

  copied.length = 0
  readAll(reader, cut(sent, [50_000]), false)
  readAll(reader, [encodeFrame(head, note, { text: 'whole' })])
  expect(copied).toEqual([])
})

test('large bulk that is taken as it comes is as it was, in few pieces', () => {
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7) % 251))
  const sent = withBulk('x', [content])
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 70_000 })),
  )
  fc.assert(
    fc.property(sizes, (steps) => {
      let end = 0
      const ends = steps.map((step) => (end += step))
      const [frame] = readAll(openReader(), cut(sent, ends), false)
      const { pieces } = decode(load, frame!)
      expect(Buffer.concat(pieces).equals(content)).toBe(true)
      expect(pieces.length).toBeLessThan(60)
    }),
  )
})

test('bulk that comes byte by byte costs no buffer for each', () => {
  const content = Buffer.alloc(100_000, 'abc')
  const sent = withBulk('x', [content])
  const bytesOneByOne = Array.from(sent, (_, at) => sent.subarray(at, at + 1))
  const [frame] = readAll(openReader(), bytesOneByOne, false)
  expect(Buffer.concat(frame!.bulk).equals(content)).toBe(true)
  expect(frame!.bulk.length).toBeLessThan(4)
})

test('frames of one turn share a buffer', () => {
  const writer = new FrameWriter()
  for (const text of ['a', 'b', 'c']) writer.append(head, note, { text })
  const frames = readAll(openReader(), [writer.finish()])
  expect(frames.map((frame) => decode(note, frame).text)).toEqual(['a', 'b', 'c'])
})

test('a frame that is beyond a limit is not appended', () => {
  const writer = new FrameWriter()
  writer.append(head, note, { text: 'a' })
  const { length } = writer
  expect(() => writer.append(head, note, { text: 'x'.repeat(1001) })).toThrow(ProtocolError)
  const large = struct({ value: bytes(FRAME_BYTES_MAX) })
  const value = Buffer.alloc(FRAME_BYTES_MAX)
  expect(() => writer.append(head, large, { value })).toThrow('Frame must have at most 8388608')
  expect(writer.length).toBe(length)
  expect(readAll(openReader(), [writer.finish()])).toHaveLength(1)
})

test.each([
  ['an oversized one', [0xff, 0xff, 0xff, 0x7f, 4, 0, 1, 0], 'Frame must have at most 8388608'],
  ['one of an unknown kind', [0, 0, 0, 0, 99, 0, 1, 0], 'Unknown kind of frame 99'],
  ['one with unknown flags', [0, 0, 0, 0, 4, 2, 1, 0], 'Unknown flags 2'],
  ['one of another protocol', [0, 0, 0, 0, 4, 0, 9, 0], 'Frame must be of protocol 1, is of 9'],
  ['one without a bulk length', [3, 0, 0, 0, 4, 1, 1, 0], 'ends before the length of its bulk'],
  ['a wrong checksum', [0, 0, 0, 0, 4, 0, 1, 0], 'Frame has a wrong checksum'],
  ['a request over HTTP', [...Buffer.from('GET / HTTP/1.1\r\n')], 'Frame must have at most'],
])('%s is refused', (_name, start, message) => {
  const bytes = Buffer.concat([Buffer.from(start), Buffer.alloc(24)])
  expect(() => readAll(openReader(), [bytes])).toThrow(ProtocolError)
  expect(() => readAll(openReader(), [bytes])).toThrow(message)
})

test('bulk that is longer than its frame is refused', () => {
  const frame = withBulk('two', [Buffer.from('bulk')])
  frame.writeUInt32LE(1000, 24)
  expect(() => readAll(openReader(), [frame])).toThrow('Bulk is longer than its frame')
})

test('before a protocol is agreed on, only small frames are read', () => {
  const frame = encodeFrame(plainHead('hello', 0), note, { text: 'hello' })
  expect(readAll(new FrameReader(), [frame])).toHaveLength(1)
  const large = struct({ value: bytes(HELLO_FRAME_BYTES_MAX) })
  const value = Buffer.alloc(HELLO_FRAME_BYTES_MAX)
  const tooLarge = encodeFrame(plainHead('hello', 0), large, { value })
  expect(() => readAll(new FrameReader(), [tooLarge])).toThrow('Frame must have at most 4096')
})

test('a bit that flips in header or values is noticed', () => {
  const frame = encodeFrame(head, note, { text: 'hello' })
  fc.assert(
    fc.property(fc.nat(frame.length * 8 - 1), (bit) => {
      const damaged = Buffer.from(frame)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      // A length that grew makes the reader wait: the connection's silence is noticed elsewhere.
      let frames: Frame[] = []
      try {
        frames = readAll(openReader(), [damaged])
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
      expect(frames).toEqual([])
    }),
  )
})

test('garbage is refused or waited for, and nothing large is allocated for it', () => {
  const allocated = jest.spyOn(Buffer, 'allocUnsafeSlow')
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }),
      fc.boolean(),
      (chunks, isPlausible) => {
        const start = Buffer.from([40, 0, 0, 0, 4, 1, 1, 0])
        try {
          readAll(openReader(), isPlausible ? [start, ...chunks] : chunks)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      },
    ),
    { numRuns: 3000 },
  )
  for (const [size] of allocated.mock.calls) expect(size).toBeLessThanOrEqual(FRAME_BYTES_MAX)
  allocated.mockRestore()
})
