import fc from 'fast-check'
import { createHmac } from 'node:crypto'
import { HmacKey } from './hmac-key.ts'

test('an HMAC is that of Node, whatever the key and the text, and again with the same key', () => {
  const lengths = fc.constantFrom(0, 1, 20, 63, 64, 65, 200)
  const texts = fc.array(fc.constantFrom(0, 1, 55, 56, 447, 448, 511, 512, 513, 2000), {
    ...{ minLength: 1, maxLength: 3 },
  })
  fc.assert(
    fc.property(fc.constantFrom('sha1', 'sha256'), lengths, texts, fc.nat(255), (...drawn) => {
      const [algorithm, keyBytes, sizes, first] = drawn
      const secret = Buffer.alloc(keyBytes).map((_, at) => first + at * 7)
      const key = new HmacKey(algorithm, secret)
      for (const size of sizes) {
        const text = Buffer.from(Buffer.alloc(size).map((_, at) => first ^ (at * 31)))
        const expected = createHmac(algorithm, secret).update(text).digest()
        const latin1 = text.toString('latin1')
        expect(key.digest(latin1, 'hex')).toBe(expected.toString('hex'))
        expect(key.digest(latin1, 'base64')).toBe(expected.toString('base64'))
      }
    }),
    { numRuns: 60 },
  )
})
