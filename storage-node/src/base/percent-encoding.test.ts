import fc from 'fast-check'
import { decodePercent, encodePercent, encodePercentPath } from './percent-encoding.ts'

const text = fc.string({ unit: 'binary' })

test('what is encoded is decoded to the same text', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(decodePercent(encodePercent(value))).toBe(value)
      expect(decodePercent(encodePercentPath(value))).toBe(value)
      expect(encodePercent(value)).toMatch(/^([A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/)
    }),
  )
})

test.each([
  ['a%2Fb+c', 'a/b+c'],
  ['%e4%bd%a0', '你'],
  ['\u00e4\u00bd\u00a0', '你'],
  ['%00%1f', '\u0000\u001f'],
  ['..//', '..//'],
])('%j decodes to %j', (raw, decoded) => expect(decodePercent(raw)).toBe(decoded))

test.each(['%', 'a%2', '%zz', '%-1', '%ff', '%c3', '%ed%a0%80', '\u0100'])('%j is refused', (raw) =>
  expect(decodePercent(raw)).toBeUndefined(),
)
