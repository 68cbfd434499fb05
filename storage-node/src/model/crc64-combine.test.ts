import fc from 'fast-check'
import { openChecksums, type Checksums } from '../base/checksums.ts'
import { combineCrc64 } from './crc64-combine.ts'

let checksums: Checksums

beforeAll(async () => {
  checksums = await openChecksums()
})

test('combining the CRCs of pieces gives the CRC of the whole, empty pieces included', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
  fc.assert(
    fc.property(pieces, (parts) => {
      let crc = 0n
      for (const part of parts) crc = combineCrc64(crc, checksums.crc64(part), part.byteLength)
      expect(crc).toBe(checksums.crc64(Buffer.concat(parts)))
    }),
    { numRuns: 500 },
  )
})

test('the check value is reached from its digits', () => {
  let crc = 0n
  for (const digit of '123456789') crc = combineCrc64(crc, checksums.crc64(Buffer.from(digit)), 1)
  expect(crc).toBe(11051210869376104954n)
})

test.each([0n, 1n, 0xffff_ffff_ffff_ffffn, 11051210869376104954n])(
  'an empty piece behind %d changes nothing, nor does one before',
  (crc) => {
    expect(combineCrc64(crc, 0n, 0)).toBe(crc)
    expect(combineCrc64(0n, crc, 9)).toBe(crc)
  },
)

test('pieces of any length can be combined: zeros counted by doubling', () => {
  // 2^k zero bytes made of two halves, up to the size of the largest object.
  let crc = checksums.crc64(new Uint8Array(1))
  let direct = new Uint8Array(1)
  for (let sizeBytes = 1; sizeBytes < 2 ** 46; sizeBytes *= 2) {
    const halves = combineCrc64(crc, crc, sizeBytes)
    if (sizeBytes < 2 ** 20) {
      direct = new Uint8Array(sizeBytes * 2)
      expect(halves).toBe(checksums.crc64(direct))
    }
    // Associativity: (a+a)+a = a+(a+a).
    expect(combineCrc64(halves, crc, sizeBytes)).toBe(combineCrc64(crc, halves, sizeBytes * 2))
    crc = halves
  }
})
