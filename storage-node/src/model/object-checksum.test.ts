import fc from 'fast-check'
import { toHex } from '../base/bytes.ts'
import type { ChecksumAlgorithm } from '../base/object-checksums.ts'
import { CHECKSUM_ALGORITHMS, checksumOfDigests, startChecksum } from '../base/object-checksums.ts'
import { checksumOfParts, isPossible, refuseUnexpected } from './object-checksum.ts'

async function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array) {
  const running = await startChecksum(algorithm)
  running.update(bytes)
  return { algorithm, value: toHex(running.finish()) }
}

const COMBINED = ['CRC32', 'CRC32C', 'CRC64NVME'] as const

test.each(COMBINED)('%s of the whole follows from those of its parts', async (algorithm) => {
  const bytes = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(bytes, async (pieces) => {
      const part = async (piece: Uint8Array) => {
        return { sizeBytes: piece.byteLength, checksum: await checksumOf(algorithm, piece) }
      }
      const parts = await Promise.all(pieces.map(part))
      const whole = await checksumOf(algorithm, Buffer.concat(pieces))
      const type = 'FULL_OBJECT'
      expect(checksumOfParts({ algorithm, type }, parts)).toEqual({ ...whole, type })
    }),
    { numRuns: 30 },
  )
})

test('a composite is the checksum of those of the parts, and needs them all', async () => {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const plan = { algorithm, type: 'COMPOSITE' } as const
    if (!isPossible(plan)) continue
    const [one, two] = [Buffer.from('one'), Buffer.from('two')]
    const parts = [
      { sizeBytes: 3, checksum: await checksumOf(algorithm, one) },
      { sizeBytes: 3, checksum: await checksumOf(algorithm, two) },
    ]
    const values = Buffer.from(parts.map(({ checksum }) => checksum.value).join(''), 'hex')
    const { value } = await checksumOf(algorithm, values)
    expect(checksumOfParts(plan, parts)).toEqual({ ...plan, value })
    expect(toHex(checksumOfDigests(algorithm, values))).toBe(value)
    expect(checksumOfParts(plan, [...parts, { sizeBytes: 3 }])).toBeUndefined()
  }
})

test.each([
  [{ sizeBytes: 4, checksum: undefined }, 'InvalidRequest'],
  [{ sizeBytes: 5, checksum: undefined }, undefined],
  [expected('CRC32', 'cbf43926', undefined), undefined],
  [expected('CRC32', 'cbf43926', 'FULL_OBJECT'), undefined],
  [expected('CRC32', 'cbf43926', 'COMPOSITE'), 'InvalidRequest'],
  [expected('CRC32', '00000000', undefined), 'BadDigest'],
  [expected('CRC32C', 'cbf43926', undefined), 'InvalidRequest'],
])('of an object that is to be %j it is said: %s', (what, code) => {
  const type = 'FULL_OBJECT' as const
  const checksum = { algorithm: 'CRC32', value: 'cbf43926', type } as const
  expect(refuseUnexpected(what, { sizeBytes: 5, checksum })?.code).toBe(code)
})

function expected(
  algorithm: ChecksumAlgorithm,
  value: string,
  type: 'FULL_OBJECT' | 'COMPOSITE' | undefined,
) {
  return { sizeBytes: undefined, checksum: { algorithm, value, type } }
}
