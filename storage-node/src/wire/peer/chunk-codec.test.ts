import fc from 'fast-check'
import { joinBytes } from '../../base/bytes.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { BucketId, DataId, ObjectKey } from '../../model/identifiers.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { chunkCodecs, GET_BYTES_MAX, REMOVALS_PER_REQUEST } from './chunk-codec.ts'
import type { ChunkRequests } from './chunk-messages.ts'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './message-codecs.ts'
import type { PeerAnswer, PeerRequest } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

const dataId = '0192f0c4a5b6ffeeddccbbaa99887766' as DataId
const owner = { bucketId: '00112233445566ff' as BucketId, key: 'ü/\0' as ObjectKey }
const store = '0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId
const checks = Buffer.alloc(8, 3)
const bulk = [Buffer.alloc(70_000, 1), Buffer.alloc(3, 2)]
const crc64 = 2n ** 64n - 1n
const [first, last] = [0, 2 ** 32 - 1]

const requests: readonly PeerRequest<keyof ChunkRequests>[] = [
  { kind: 'chunkPut', mapVersion: 7, dataId, index: first, owner, crc64, checks, pieces: bulk },
  { kind: 'chunkGet', dataId, index: last, offset: 65_536, length: GET_BYTES_MAX },
  { kind: 'chunkHave', dataId, index: last },
  {
    kind: 'chunkConfirm',
    data: [
      { dataId, chunkCount: 1, lacking: [] },
      { dataId, chunkCount: 1280, lacking: [{ index: 1279, stores: [store, store] }] },
    ],
  },
  { kind: 'chunkRemove', data: [{ dataId, chunkCount: 1280 }], isDurable: true },
]

const answers: readonly {
  readonly [K in keyof ChunkRequests]: readonly [K, PeerAnswer<K>]
}[keyof ChunkRequests][] = [
  ...(['stored', 'full', 'removed', 'otherMap', 'garbled'] as const).map(
    (outcome) => ['chunkPut', { outcome }] as const,
  ),
  ['chunkGet', { outcome: 'found', pieces: bulk, checks }],
  ['chunkGet', { outcome: 'missing' }],
  ['chunkGet', { outcome: 'damaged' }],
  ['chunkHave', { outcome: 'here', owner, lengthBytes: CHUNK_SIZE_BYTES, crc64 }],
  ...(['missing', 'removed', 'damaged'] as const).map(
    (outcome) => ['chunkHave', { outcome }] as const,
  ),
  ['chunkConfirm', { outcome: 'done' }],
  ['chunkRemove', { outcome: 'removed' }],
]

/** Pieces come out as they were received, not as they were cut. */
function joined<T extends object>(message: T): object {
  return 'pieces' in message
    ? { ...message, pieces: joinBytes(message.pieces as Uint8Array[]) }
    : message
}

test.each(requests)('$kind comes back as it was', (request) => {
  expect(joined(decodeRequest(encodeRequest(request)))).toEqual(joined(request))
})

test.each(answers)('the answer to %s comes back as it was', (kind, answer) => {
  const bytes = encodeAnswer(kind, answer)
  expect(joined(decodeAnswer(kind, bytes))).toEqual(joined(answer))
})

test('object bytes are not copied on their way out', () => {
  const [put] = requests
  expect(put && encodeRequest(put).bulk).toEqual(bulk)
  expect(put && encodeRequest(put).bulk.every((piece, at) => piece === bulk[at])).toBe(true)
})

test('any bytes are a message or a ProtocolError, whatever they announce', () => {
  const kinds = Object.keys(chunkCodecs) as (keyof ChunkRequests)[]
  const sample = requests.map((request) => Buffer.from(encodeRequest(request).values))
  fc.assert(
    fc.property(
      fc.constantFrom(...sample),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
      fc.nat(),
      (original, changes, cut) => {
        const values = Buffer.from(original)
        for (const [at, byte] of changes) values[at % values.length] = byte
        const bytes = { values: values.subarray(0, cut % (values.length + 1)), bulk: [] }
        for (const read of [
          () => decodeRequest(bytes),
          ...kinds.map((kind) => () => decodeAnswer(kind, bytes)),
        ]) {
          try {
            read()
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError)
          }
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('a request that names more than one may is refused on both sides', () => {
  const data = Array.from({ length: REMOVALS_PER_REQUEST + 1 }, () => ({ dataId, chunkCount: 1 }))
  expect(() => encodeRequest({ kind: 'chunkRemove', data, isDurable: true })).toThrow(ProtocolError)
})
