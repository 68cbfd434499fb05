import fc from 'fast-check'
import type { VersionSeq } from './identifiers.ts'
import {
  NULL_VERSION,
  formatVersionId,
  parseVersionId,
  placeMarkerOf,
  saltOf,
  versionIdOf,
  versionSeqOf,
} from './version-id.ts'

const salts = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
const seqs = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((seq) => seq as VersionSeq)

test('an identifier says where its version lies, and comes back from its text', () => {
  fc.assert(
    fc.property(seqs, salts, (seq, salt) => {
      const versionId = versionIdOf(seq, salt)
      expect(versionSeqOf(versionId)).toBe(seq)
      expect(saltOf(versionId)).toBe(salt)
      expect(parseVersionId('versionId', formatVersionId(versionId))).toBe(versionId)
      expect(versionSeqOf(placeMarkerOf(seq))).toBe(seq)
    }),
  )
})

test('null is null to clients too', () => {
  expect(formatVersionId(NULL_VERSION)).toBe('null')
  expect(parseVersionId('versionId', 'null')).toBe(NULL_VERSION)
  expect(NULL_VERSION).not.toBe(versionIdOf(0n as VersionSeq, '0'.repeat(16)))
})

test.each(['', 'NULL', 'nul', '123', 'A'.repeat(25), `${'A'.repeat(25)}B`, '../../x', '\0'])(
  '%p never was an identifier',
  (text) => {
    expect(() => parseVersionId('versionId', text)).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        details: [
          { name: 'ArgumentName', value: 'versionId' },
          { name: 'ArgumentValue', value: text },
        ],
      }),
    )
  },
)
