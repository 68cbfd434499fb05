import fc from 'fast-check'
import { fromBase32, toBase32 } from './base32.ts'

test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('%p is as RFC 4648 has it', (text, digits) => {
  expect(toBase32(Buffer.from(text))).toBe(digits)
})

test('every identifier comes back, and keeps the order of its bytes where lengths are equal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = toBase32(bytes)
      expect(text).toMatch(/^[A-Z2-7]{26}$/)
      expect(fromBase32(text, 16)).toEqual(Buffer.from(bytes))
    }),
  )
})

test.each([
  ['too short', 'A'.repeat(25)],
  ['too long', 'A'.repeat(27)],
  ['a digit that there is not', `${'A'.repeat(25)}1`],
  ['lower case', 'a'.repeat(26)],
  ['bits beyond the last byte', `${'A'.repeat(25)}B`],
])('a text with %s stands for nothing', (_, text) => {
  expect(fromBase32(text, 16)).toBeUndefined()
})
