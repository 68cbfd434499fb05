import * as fc from 'fast-check'
import { openToken, sealToken, TOKEN_KEY_BYTES, TOKEN_NONCE_BYTES } from './security-token.ts'
import type { SealedSession } from './security-token.ts'

const key = Buffer.alloc(TOKEN_KEY_BYTES, 7)
const nonce = Buffer.alloc(TOKEN_NONCE_BYTES, 9)
const session: SealedSession = {
  ...{ accessKeyId: 'STS.a', accessKeySecret: 'secret', account: '1', role: 'miller' },
  ...{ roleId: '2', sessionName: 'friday', expiresMs: 5, policy: '{}' },
}

test('a token tells those who have the key what was sealed', () => {
  const text = fc.string({ unit: 'grapheme' })
  const sessions = fc.record({
    ...{ accessKeyId: text, accessKeySecret: text, account: text, role: text, roleId: text },
    ...{ sessionName: text, expiresMs: fc.maxSafeNat() },
    policy: fc.option(text, { nil: undefined }),
  })
  fc.assert(
    fc.property(sessions, fc.uint8Array({ minLength: 12, maxLength: 12 }), (sealed, random) => {
      const token = sealToken(sealed, key, random)
      expect({ policy: undefined, ...openToken(token, key) }).toEqual(sealed)
    }),
  )
})

test('a token shows nobody what is in it', () => {
  const bytes = Buffer.from(sealToken(session, key, nonce), 'base64').toString('latin1')
  for (const part of ['secret', 'miller', 'friday']) expect(bytes).not.toContain(part)
})

test('a token that was changed anywhere, cut or sealed with another key is none', () => {
  const token = sealToken(session, key, nonce)
  const bytes = Buffer.from(token, 'base64')
  for (let at = 0; at < bytes.byteLength; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(openToken(changed.toString('base64'), key)).toBeUndefined()
    expect(openToken(bytes.subarray(0, at).toString('base64'), key)).toBeUndefined()
  }
  expect(openToken(token, Buffer.alloc(TOKEN_KEY_BYTES, 8))).toBeUndefined()
  for (const text of ['', 'AQ==', `${token}\n`, `${token}A`, 'é', 'A'.repeat(20_000)]) {
    expect(openToken(text, key)).toBeUndefined()
  }
})
