import fc from 'fast-check'
import { crc32 } from '../../base/checksums.ts'
import type { Ballot, Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import {
  belongsTo,
  GROUP_ALIGNMENT_BYTES,
  groupSizeBytes,
  paddedSizeBytes,
  readGroup,
  readGroupHeader,
  writeGroup,
} from './journal-groups.ts'
import {
  JOURNAL_FORMAT_VERSION,
  readRecord,
  recordSizeBytes,
  writeRecord,
  type JournalRecord,
} from './journal-records.ts'
import { decodeStoreId, encodeStoreId } from './store-id.ts'
import { StoredFormatError } from './stored-format-error.ts'

const u32 = fc.nat({ max: 0xffffffff })
const u48 = fc.nat({ max: 2 ** 48 - 1 })
const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })
const storeId = sixteen.map(decodeStoreId)
const ballot = fc.record({ epoch: u48, activation: u32 }) as fc.Arbitrary<Ballot>
const partition = u32 as fc.Arbitrary<PartitionId>
const position = fc.record({ seq: u48 as fc.Arbitrary<Seq>, ballot })

const head = fc.record({ formatVersion: fc.constant(JOURNAL_FORMAT_VERSION), follows: u48 })
const peer = fc.record({ storeId, incarnationMax: u48, syncedGroup: u48 })
const entry = fc.record({
  partition,
  ballot,
  seq: u48 as fc.Arbitrary<Seq>,
  opId: sixteen,
  payload: fc.uint8Array({ maxLength: 6000 }),
})
const replica = fc.record({
  partition,
  promised: fc.record({ ballot, to: storeId }),
  configuration: fc.uint8Array({ maxLength: 300 }),
  base: position,
  installing: fc.boolean(),
})
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  head.map((value) => ({ kind: 'head', head: value }) as const),
  peer.map((value) => ({ kind: 'peer', peer: value }) as const),
  entry.map((value) => ({ kind: 'entry', entry: value }) as const),
  replica.map((value) => ({ kind: 'replica', replica: value }) as const),
)
const identity = fc.record({ storeId: sixteen, file: u48, group: u48 })
const group = fc.record({ identity, records: fc.array(record, { maxLength: 12 }) })

/** Byte arrays compare by content, whichever class they have. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => {
      if (inner instanceof Uint8Array) return Buffer.from(inner).toString('hex')
      const isBuffer = typeof inner === 'object' && inner !== null && 'data' in inner
      return isBuffer ? Buffer.from(inner.data as number[]).toString('hex') : inner
    }),
  )
}

function write({
  identity,
  records,
}: {
  identity: Parameters<typeof writeGroup>[1]
  records: JournalRecord[]
}) {
  // What an earlier group left in the buffer must not be seen.
  const target = Buffer.alloc(groupSizeBytes(records), 0xaa)
  return writeGroup(target, identity, records, () => {})
}

test('every record reads back as it was written', () => {
  fc.assert(
    fc.property(record, (written) => {
      const target = Buffer.alloc(recordSizeBytes(written) + 7)
      const end = writeRecord(target, 3, written)
      expect(end - 3).toBe(recordSizeBytes(written))
      const read = readRecord(target, 3)
      expect(read.end).toBe(end)
      expect(plain(read.record)).toEqual(plain(written))
    }),
  )
})

test('every group reads back as it was written, aligned and padded with zeros', () => {
  fc.assert(
    fc.property(group, (written) => {
      const bytes = write(written)
      expect(bytes.byteLength % GROUP_ALIGNMENT_BYTES).toBe(0)
      const { header, records } = readGroup(bytes)
      expect(paddedSizeBytes(header)).toBe(bytes.byteLength)
      expect(belongsTo(header, written.identity.storeId, written.identity.file)).toBe(true)
      expect(header.group).toBe(written.identity.group)
      expect(plain(records.map(({ record: read }) => read))).toEqual(plain(written.records))
      const end = 48 + header.recordsSizeBytes
      expect(bytes.subarray(end).every((byte) => byte === 0)).toBe(true)
    }),
  )
})

test('the places of records in a group are told to its writer', () => {
  fc.assert(
    fc.property(group, (written) => {
      const offsets: number[] = []
      const target = Buffer.alloc(groupSizeBytes(written.records))
      const bytes = writeGroup(target, written.identity, written.records, (_, offset) => {
        offsets.push(offset)
      })
      expect(readGroup(bytes).records.map(({ offset }) => offset)).toEqual(offsets)
    }),
  )
})

test('a changed bit anywhere before the padding is refused', () => {
  fc.assert(
    fc.property(group, fc.nat(), fc.nat({ max: 7 }), (written, at, bit) => {
      const bytes = write(written)
      const end = 48 + readGroupHeader(bytes).recordsSizeBytes
      const changed = at % end
      bytes[changed] = (bytes[changed] ?? 0) ^ (1 << bit)
      expect(() => readGroup(bytes)).toThrow(StoredFormatError)
    }),
  )
})

test('a group that is cut off anywhere before the padding is refused', () => {
  fc.assert(
    fc.property(group, fc.nat(), (written, at) => {
      const bytes = write(written)
      const end = 48 + readGroupHeader(bytes).recordsSizeBytes
      expect(() => readGroup(bytes.subarray(0, at % end))).toThrow(StoredFormatError)
    }),
  )
})

test('arbitrary bytes are refused with the one error, and nothing large is allocated', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
  const heapBytes = process.memoryUsage().arrayBuffers
  fc.assert(
    fc.property(bytes, (noise) => {
      expect(() => readGroup(noise)).toThrow(StoredFormatError)
      expect(() => readGroup(Buffer.concat([Buffer.from('GRJ1'), noise]))).toThrow(
        StoredFormatError,
      )
      try {
        readRecord(noise, 0)
      } catch (error) {
        expect(error).toBeInstanceOf(StoredFormatError)
      }
    }),
    { numRuns: 2000 },
  )
  expect(process.memoryUsage().arrayBuffers - heapBytes).toBeLessThan(64 * 1024 ** 2)
})

test('a sound checksum over a malformed body is refused with the one error', () => {
  // Damaged bodies under right checksums: only the reader of the body stands between.
  fc.assert(
    fc.property(
      record,
      fc.nat(),
      fc.nat({ max: 255 }),
      fc.nat({ max: 6 }),
      (written, at, byte, type) => {
        const effects = Buffer.alloc(recordSizeBytes(written))
        writeRecord(effects, 0, written)
        const body = effects.subarray(13)
        if (body.byteLength > 0) body[at % body.byteLength] = byte
        const forged = forge(type, body.subarray(0, body.byteLength - (at % 3)))
        try {
          readRecord(forged, 0)
        } catch (error) {
          expect(error).toBeInstanceOf(StoredFormatError)
        }
      },
    ),
  )
})

/** A record with this type and body, as the record of an entry that carries both. */
function forge(type: number, body: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(13), body])
  bytes.writeUInt32LE(body.byteLength, 0)
  bytes[8] = type
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
  return bytes
}

test('an unknown type of record and an unknown format of journal are refused', () => {
  expect(() => readRecord(forge(9, Buffer.alloc(0)), 0)).toThrow('unknown type 9')
  const newer = Buffer.alloc(8)
  newer.writeUInt16LE(2)
  expect(() => readRecord(forge(1, newer), 0)).toThrow('Journal format 2 is unknown')
})

test('a store id is the same text after 16 bytes', () => {
  const text = '0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId
  expect(encodeStoreId(text).byteLength).toBe(16)
  expect(decodeStoreId(encodeStoreId(text))).toBe(text)
})

test('the largest epoch, seq and partition fit', () => {
  const largest: JournalRecord = {
    kind: 'entry',
    entry: {
      partition: 0xffffffff as PartitionId,
      ballot: { epoch: (2 ** 48 - 1) as Epoch, activation: 0xffffffff },
      seq: (2 ** 48 - 1) as Seq,
      opId: new Uint8Array(16),
      payload: new Uint8Array(0),
    },
  }
  const target = Buffer.alloc(recordSizeBytes(largest))
  writeRecord(target, 0, largest)
  expect(plain(readRecord(target, 0).record)).toEqual(plain(largest))
})
