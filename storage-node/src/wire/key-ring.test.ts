/**
 * A key ring is taken whole or not at all, and no mistake tells a key.
 *
 * @module
 */

import { readKeyRing, tokenKeyOf } from './key-ring.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const OTHER = Buffer.alloc(32, 8).toString('base64')

test('the first key is the first that is listed', () => {
  const outcome = readKeyRing(
    JSON.stringify({
      keys: [
        { id: 'k2', key: OTHER },
        { id: 'k1', key: KEY },
      ],
    }),
  )
  expect(outcome).toEqual({
    kind: 'read',
    ring: {
      keys: [
        { id: 'k2', key: Buffer.alloc(32, 8) },
        { id: 'k1', key: Buffer.alloc(32, 7) },
      ],
    },
  })
})

test.each([
  [`{"keys":[{"id":"k1","key":"${KEY}"`, 'It must be JSON'],
  ['[]', 'keys must be a list of 1 to 100 keys'],
  ['{"keys":[]}', 'keys must be a list of 1 to 100 keys'],
  ['{"keys":[7]}', 'Key 1 must be a JSON object'],
  [`{"keys":[{"key":"${KEY}"}]}`, 'id of Key 1 must be a text that matches ^[A-Za-z0-9._-]{1,64}$'],
  ['{"keys":[{"id":"k1","key":"c2hvcnQ="}]}', 'key of Key 1 must be 32 bytes in base64'],
  [
    `{"keys":[{"id":"k1","key":"${KEY}"},{"id":"k1","key":"${OTHER}"}]}`,
    'No two keys may have one id',
  ],
])('%s is not taken', (text, mistake) => {
  const outcome = readKeyRing(text)
  expect(outcome).toEqual({ kind: 'mistaken', mistakes: [mistake] })
  expect(JSON.stringify(outcome)).not.toContain(KEY.slice(0, 8))
})

test('the key of security tokens follows from the first key, and is not it', () => {
  const ring = { keys: [{ id: 'k1', key: Buffer.alloc(32, 7) }] }
  const longer = { keys: [...ring.keys, { id: 'k0', key: Buffer.alloc(32, 1) }] }
  expect(tokenKeyOf(longer)).toEqual(tokenKeyOf(ring))
  expect(tokenKeyOf(ring)).toHaveLength(32)
  expect(tokenKeyOf(ring)).not.toEqual(ring.keys[0]?.key)
})
