import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { toHex } from './bytes.ts'
import { crc32, md5, openChecksums } from './checksums.ts'

const CHECK = Buffer.from('123456789')

test('the check values of CRC-32, CRC-64/XZ and MD5 come out', async () => {
  const checksums = await openChecksums()
  expect(crc32(CHECK)).toBe(0xcbf43926)
  expect(checksums.crc64(CHECK)).toBe(11051210869376104954n)
  expect(checksums.crc64(new Uint8Array())).toBe(0n)
  expect(toHex(md5(CHECK))).toBe('25f9e794323b453885f5181f1b624d0b')
})

test('a body has the same checksums as a whole, in pieces, and as a stream', async () => {
  const checksums = await openChecksums()
  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 })
  fc.assert(
    fc.property(pieces, (parts) => {
      const whole = Buffer.concat(parts)
      const stream = checksums.startBody()
      for (const part of parts) stream.update(part)
      expect(stream.crc64SoFar()).toBe(checksums.crc64(whole))
      const streamed = stream.finish()
      const collected = checksums.ofBody(parts)
      expect(collected.crc64).toBe(streamed.crc64)
      expect(toHex(collected.md5)).toBe(toHex(streamed.md5))
      expect(toHex(collected.md5)).toBe(createHash('md5').update(whole).digest('hex'))
      expect(collected.crc64).toBe(checksums.ofBody([whole]).crc64)
    }),
  )
})
