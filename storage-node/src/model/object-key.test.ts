import { decodeObjectKey, parseObjectKey } from './object-key.ts'

test.each([
  ['a%2Fb', 'a/b'],
  ['a+b', 'a+b'],
  ['a%20b', 'a b'],
  ['a//b/', 'a//b/'],
  ['../..', '../..'],
  ['.', '.'],
  ['%01%7f%0A', '\u0001\u007f\n'],
  ['%E4%BD%A0', '你'],
  ['a%5Cb', 'a\\b'],
])('path %s is key %j', (raw, key) => expect(decodeObjectKey(raw)).toBe(key))

test.each([['x'.repeat(1023)], ['%E4%BD%A0'.repeat(341)], ['%41'.repeat(1023)]])(
  'a key of 1,023 bytes is a key',
  (raw) => {
    expect(Buffer.byteLength(decodeObjectKey(raw))).toBe(1023)
  },
)

test.each([
  ['x'.repeat(1024)],
  [`${'%E4%BD%A0'.repeat(341)}x`],
  ['%41'.repeat(1024)],
  [''],
  ['/a'],
  ['%2Fa'],
  ['\\a'],
  ['%5Ca'],
  ['//'],
  ['a%'],
  ['a%zz'],
  ['a%ff'],
  ['%ed%a0%80'],
])('path %s is no key', (raw) => {
  expect(() => decodeObjectKey(raw)).toThrow(expect.objectContaining({ code: 'InvalidObjectName' }))
})

test('a key that is decoded already is not decoded again', () => {
  expect(parseObjectKey('a%2Fb')).toBe('a%2Fb')
})
