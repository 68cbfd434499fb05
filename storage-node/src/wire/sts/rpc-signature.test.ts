import { createHmac } from 'node:crypto'
import { isRpcSigned, rpcStringToSign } from './rpc-signature.ts'

const parameters = new Map([
  ['Timestamp', '2026-01-02T03:04:05Z'],
  ['Action', 'AssumeRole'],
  ['Policy', '{"a": "*~ é"}'],
  ['Signature', 'left out'],
])

test('the text to sign is encoded twice and sorted', () => {
  expect(rpcStringToSign('POST', parameters)).toBe(
    'POST&%2F&Action%3DAssumeRole%26Policy%3D%257B%2522a%2522%253A%2520%2522%252A~%2520%25C3%25A9%2522%257D' +
      '%26Timestamp%3D2026-01-02T03%253A04%253A05Z',
  )
})

test('only the secret that was signed with fits', () => {
  const text = rpcStringToSign('POST', parameters)
  const signature = createHmac('sha1', 'secret&').update(text).digest('base64')
  const signed = new Map(parameters).set('Signature', signature)
  expect(isRpcSigned('POST', signed, 'secret')).toBe(true)
  expect(isRpcSigned('GET', signed, 'secret')).toBe(false)
  expect(isRpcSigned('POST', signed, 'Secret')).toBe(false)
  expect(isRpcSigned('POST', new Map(signed).set('Action', 'Other'), 'secret')).toBe(false)
  signed.delete('Signature')
  expect(isRpcSigned('POST', signed, 'secret')).toBe(false)
})
