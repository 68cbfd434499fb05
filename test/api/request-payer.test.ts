/**
 * A bucket whose requesters pay: who has to say so, where, and what the answer says.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest } from '../support/oss-request.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const bucket = 'paid'
const key = 'grain'
const pays = { 'x-oss-request-payer': 'requester' }

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  const acl = { 'x-oss-acl': 'public-read-write' }
  await api.send({ method: 'PUT', bucket, headers: acl })
  await api.send({ method: 'PUT', bucket: 'free', headers: acl })
  await api.send({ method: 'PUT', bucket, key, body: 'barley' })
  await setPayer('Requester')
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

function setPayer(payer: string) {
  const body = `<RequestPaymentConfiguration><Payer>${payer}</Payer></RequestPaymentConfiguration>`
  return api.send({ method: 'PUT', bucket, query: { requestPayment: '' }, body })
}

const requests: readonly [string, OssRequest][] = [
  ['a read', { method: 'GET', bucket, key }],
  ['a look', { method: 'HEAD', bucket, key }],
  ['a list', { method: 'GET', bucket }],
  ['a write', { method: 'PUT', bucket, key: 'mine', body: 'x' }],
  ['an append', { method: 'POST', bucket, key: 'log', query: { append: '', position: '0' } }],
  ['an upload', { method: 'POST', bucket, key: 'parts', query: { uploads: '' } }],
  [
    'a copy out of it',
    { method: 'PUT', bucket: 'free', key, headers: { 'x-oss-copy-source': `/${bucket}/${key}` } },
  ],
  ['a removal', { method: 'DELETE', bucket, key: 'mine' }],
]

describe.each(requests)('%s by a stranger', (_name, request) => {
  test('is refused unless it says that the requester pays', async () => {
    const refused = await sendOssRequest(api.stranger, request)
    expect(outcomeOf(refused)).toBe('403 AccessDenied')
    expect(refused.headers['x-oss-request-charged']).toBeUndefined()
    for (const payer of ['owner', '']) {
      const headers = { ...request.headers, 'x-oss-request-payer': payer }
      const answer = await sendOssRequest(api.stranger, { ...request, headers })
      expect(outcomeOf(answer)).toBe('403 AccessDenied')
    }
  })

  test('is served and charged when it says so in a header', async () => {
    const headers = { ...request.headers, ...pays }
    const byHeader = await sendOssRequest(api.stranger, { ...request, headers })
    expect([Math.floor(byHeader.status / 100), byHeader.headers['x-oss-request-charged']]).toEqual([
      2,
      'requester',
    ])
  })

  test('is not charged when the bucket belongs to who asks', async () => {
    if (request.query?.['append'] !== undefined) return
    const answer = await api.send(request)
    expect(Math.floor(answer.status / 100)).toBe(2)
    expect(answer.headers['x-oss-request-charged']).toBeUndefined()
  })
})

test('the query says it too', async () => {
  const request = { method: 'GET', bucket, key, query: pays }
  const answer = await sendOssRequest(api.stranger, request)
  expect([outcomeOf(answer), answer.headers['x-oss-request-charged']]).toEqual(['200', 'requester'])
})

test('nobody in particular can pay', async () => {
  const request = { method: 'GET', bucket, key, anonymous: true }
  expect(outcomeOf(await api.send(request))).toBe('403 AccessDenied')
  expect(outcomeOf(await api.send({ ...request, headers: pays }))).toBe('403 AccessDenied')
})

test('paying opens nothing that was closed', async () => {
  const request = { method: 'GET', bucket, query: { requestPayment: '' }, headers: pays }
  expect(outcomeOf(await sendOssRequest(api.stranger, request))).toBe('403 AccessDenied')
})

test('when the owner pays again, nobody has to say anything', async () => {
  await setPayer('BucketOwner')
  const answer = await api.send({ method: 'GET', bucket, key, anonymous: true })
  expect([outcomeOf(answer), answer.headers['x-oss-request-charged']]).toEqual(['200', undefined])
})
