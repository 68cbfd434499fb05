import { toHex } from './bytes.ts'
import type { ChecksumAlgorithm } from './object-checksums.ts'
import { CHECKSUM_SIZES_BYTES, startChecksum } from './object-checksums.ts'

test.each<[ChecksumAlgorithm, string]>([
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
  ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
])('the check value of %s comes out, also of streams that take turns', async (algorithm, value) => {
  const [one, other] = [await startChecksum(algorithm), await startChecksum(algorithm)]
  for (const piece of ['12', '', '3456', '789']) {
    one.update(Buffer.from(piece))
    other.update(Buffer.from('other'))
  }
  const checksum = one.finish()
  expect(toHex(checksum)).toBe(value)
  expect(checksum.byteLength).toBe(CHECKSUM_SIZES_BYTES[algorithm])
})
