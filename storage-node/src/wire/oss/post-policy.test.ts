import fc from 'fast-check'
import type { OssError } from '../../model/errors.ts'
import { policyRefusal, readPostPolicy, unboundRefusal } from './post-policy.ts'

const EXPIRATION = '2026-12-01T12:00:00.000Z'
const NOW_MS = Date.parse(EXPIRATION) - 1

function encoded(conditions: unknown, expiration: unknown = EXPIRATION): string {
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
}

function verdict(conditions: readonly unknown[], fields: Record<string, string>, nowMs = NOW_MS) {
  const refusal = policyRefusal(readPostPolicy(encoded(conditions)), (name) => fields[name], nowMs)
  return refusal === undefined ? 'allowed' : refusal.code
}

const key = { key: 'photos/1.jpg' }
test.each<[readonly unknown[], Record<string, string>, string]>([
  [[], {}, 'allowed'],
  [[{ key: 'photos/1.jpg' }], key, 'allowed'],
  [[{ KEY: 'photos/1.jpg' }], key, 'allowed'],
  [[{ key: 'photos/2.jpg' }], key, 'AccessDenied'],
  [[{ key: 'photos/1.jpg', bucket: 'other' }], key, 'AccessDenied'],
  [[['eq', '$key', 'photos/1.jpg']], key, 'allowed'],
  [[['eq', '$Key', 'photos']], key, 'AccessDenied'],
  [[['starts-with', '$key', 'photos/']], key, 'allowed'],
  [[['starts-with', '$key', '']], key, 'allowed'],
  [[['starts-with', '$key', 'videos/']], key, 'AccessDenied'],
  [[['in', '$key', ['a', 'photos/1.jpg']]], key, 'allowed'],
  [[['in', '$key', ['a', 'photos/']]], key, 'AccessDenied'],
  [[['in', '$key', []]], key, 'AccessDenied'],
  [[['not-in', '$key', ['a']]], key, 'allowed'],
  [[['not-in', '$key', ['a', 'photos/1.jpg']]], key, 'AccessDenied'],
  [[['eq', '$x-oss-meta-a', 'b']], key, 'AccessDenied'],
  [[['eq', '$x-oss-meta-a', 'ü']], { 'x-oss-meta-a': 'Ã¼' }, 'allowed'],
  [[['content-length-range', 0, 1], { key: 'photos/1.jpg' }], key, 'allowed'],
])('%j for %j is %s', (conditions, fields, expected) => {
  expect(verdict(conditions, fields)).toBe(expected)
})

test('a policy ends with its last millisecond', () => {
  expect(verdict([], {}, NOW_MS + 1)).toBe('allowed')
  expect(verdict([], {}, NOW_MS + 2)).toBe('AccessDenied')
})

test('of several ranges of sizes all hold', () => {
  const range = (conditions: unknown) => readPostPolicy(encoded(conditions)).sizeRange
  expect(range([])).toEqual({ min: 0, max: Number.MAX_SAFE_INTEGER })
  expect(range([['content-length-range', 1, 9]])).toEqual({ min: 1, max: 9 })
  const both = [
    ['content-length-range', 1, 9],
    ['content-length-range', 4, 20],
  ]
  expect(range(both)).toEqual({ min: 4, max: 9 })
})

test.each<[string, string]>([
  ['no base64', '%%%%'],
  ['no JSON', Buffer.from('{').toString('base64')],
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('base64')],
  ['a list', Buffer.from('[]').toString('base64')],
  ['null', Buffer.from('null').toString('base64')],
  ['without expiration', encoded([], null)],
  ['a local expiration', encoded([], '2026-12-01T12:00:00')],
  ['an expiration on no day', encoded([], '2026-13-41T12:00:00Z')],
  ['no list of conditions', encoded({})],
  ['a condition that is a text', encoded(['x'])],
  ['a condition that is null', encoded([null])],
  ['an empty condition', encoded([{}])],
  ['a value that is no text', encoded([{ key: 1 }])],
  ['an unknown operator', encoded([['ends-with', '$key', 'x']])],
  ['an operator that is no text', encoded([[1, '$key', 'x']])],
  ['a field without $', encoded([['eq', 'key', 'x']])],
  ['a condition of two', encoded([['eq', '$key']])],
  ['in without a list', encoded([['in', '$key', 'x']])],
  ['sizes that are texts', encoded([['content-length-range', '1', '2']])],
  ['sizes below nothing', encoded([['content-length-range', -1, 2]])],
  ['sizes the wrong way round', encoded([['content-length-range', 2, 1]])],
  ['one size', encoded([['content-length-range', 2]])],
])('%s is no policy', (_name, text) => {
  expect(() => readPostPolicy(text)).toThrow(
    expect.objectContaining({ code: 'InvalidPolicyDocument' }),
  )
})

test('a field whose value the policy says is bound, any other is not', () => {
  const refusal = (conditions: unknown) =>
    unboundRefusal(readPostPolicy(encoded(conditions)), ['bucket'])?.code
  expect(refusal([{ bucket: 'b' }])).toBeUndefined()
  expect(refusal([['in', '$bucket', ['b']]])).toBeUndefined()
  expect(refusal([['starts-with', '$bucket', '']])).toBe('AccessDenied')
  expect(refusal([['not-in', '$bucket', ['x']]])).toBe('AccessDenied')
  expect(refusal([])).toBe('AccessDenied')
})

test('any document is read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      try {
        readPostPolicy(Buffer.from(json).toString('base64'))
      } catch (error) {
        expect((error as OssError).code).toBe('InvalidPolicyDocument')
      }
    }),
  )
})
