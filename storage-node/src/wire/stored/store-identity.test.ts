import fc from 'fast-check'
import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import {
  decodeStoreIdentity,
  decodeWatermark,
  encodeStoreIdentity,
  encodeWatermark,
} from './store-identity.ts'
import { StoredFormatError } from './stored-format-error.ts'

const storeId = '0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId
const identity = { formatVersion: 1, storeId, incarnation: 42 as Incarnation }

test('STORE and the watermark read back as they were written', () => {
  expect(decodeStoreIdentity(encodeStoreIdentity(identity))).toEqual(identity)
  const mark = { storeId, group: 2 ** 40 }
  expect(decodeWatermark(encodeWatermark(mark))).toEqual(mark)
  expect(decodeWatermark(Buffer.concat([encodeWatermark(mark), Buffer.alloc(100)]))).toEqual(mark)
})

test('of a newer format only the number is read', () => {
  const newer = encodeStoreIdentity({ ...identity, formatVersion: 7 })
  expect(decodeStoreIdentity(newer)).toEqual({ newerFormatVersion: 7 })
})

test('a changed bit or a missing byte is refused', () => {
  for (const [whole, decode] of [
    [encodeStoreIdentity(identity), decodeStoreIdentity],
    [encodeWatermark({ storeId, group: 5 }), decodeWatermark],
  ] as const) {
    for (let at = 0; at < whole.byteLength; at++) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 0x10
      expect(() => decode(changed)).toThrow(StoredFormatError)
      expect(() => decode(whole.subarray(0, at))).toThrow(StoredFormatError)
    }
  }
})

test('arbitrary bytes are refused with the one error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(() => decodeStoreIdentity(bytes)).toThrow(StoredFormatError)
      expect(() => decodeWatermark(bytes)).toThrow(StoredFormatError)
    }),
  )
})
