/**
 * A V4 signature for another region is refused alike wherever it is sent: in the header, in the URL, in a form.
 *
 * @module
 */

import { createHash, createHmac } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest } from '../support/oss-request.ts'
import { formRequest, policyOf } from '../support/post-form.ts'

const ALGORITHM = 'OSS4-HMAC-SHA256'
const PAYLOAD = 'UNSIGNED-PAYLOAD'
const bucket = 'signed'
const key = 'object'
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key, body: 'barley' })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

/** What all three forms are made of, right for this region and second. */
function signing(region: string) {
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const steps = [timestamp.slice(0, 8), region, 'oss', 'aliyun_v4_request']
  const { accessKeyId, accessKeySecret } = api.owner
  const hmac = (secret: Buffer | string, text: string) =>
    createHmac('sha256', secret).update(text).digest()
  const signingKey = steps.reduce<Buffer>(hmac, Buffer.from(`aliyun_v4${accessKeySecret}`))
  const sign = (text: string) => hmac(signingKey, text).toString('hex')
  const signRequest = (canonical: string) => {
    const digest = createHash('sha256').update(canonical).digest('hex')
    return sign([ALGORITHM, timestamp, steps.join('/'), digest].join('\n'))
  }
  return { timestamp, credential: [accessKeyId, ...steps].join('/'), sign, signRequest }
}

function inHeader(region: string): OssRequest {
  const { timestamp, credential, signRequest } = signing(region)
  const headers = { 'x-oss-content-sha256': PAYLOAD, 'x-oss-date': timestamp }
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const path = `/${bucket}/${key}`
  const signature = signRequest(['GET', path, '', lines.join(''), '', PAYLOAD].join('\n'))
  const authorization = `${ALGORITHM} Credential=${credential},Signature=${signature}`
  return { method: 'GET', bucket, key, anonymous: true, headers: { ...headers, authorization } }
}

function inUrl(region: string): OssRequest {
  const { timestamp, credential, signRequest } = signing(region)
  const query = {
    'x-oss-credential': credential,
    'x-oss-date': timestamp,
    'x-oss-expires': '60',
    'x-oss-signature-version': ALGORITHM,
  }
  const pairs = Object.entries(query).map(([name, value]) => [name, encodeURIComponent(value)])
  const text = pairs.map((pair) => pair.join('=')).join('&')
  const signature = signRequest(['GET', `/${bucket}/${key}`, text, '', '', PAYLOAD].join('\n'))
  const signed = { ...query, 'x-oss-signature': signature }
  return { method: 'GET', bucket, key, anonymous: true, query: signed }
}

function inForm(region: string): OssRequest {
  const { timestamp, credential, sign } = signing(region)
  const bound = {
    'x-oss-signature-version': ALGORITHM,
    'x-oss-credential': credential,
    'x-oss-date': timestamp,
  }
  const policy = policyOf([{ bucket }, bound, { key: 'of-form' }].flatMap(singles))
  const fields = { ...bound, policy, 'x-oss-signature': sign(policy), key: 'of-form' }
  return formRequest(bucket, Object.entries(fields), { content: 'oats' })
}

function singles(conditions: Record<string, string>) {
  return Object.entries(conditions).map(([name, value]) => ({ [name]: value }))
}

const places = [
  ['header', inHeader],
  ['URL', inUrl],
  ['form', inForm],
] as const
const others = ['cn-shanghai', 'oss-cn-hangzhou', 'CN-HANGZHOU', 'cn-hangzhou-internal', '']

describe.each(places)('signed in the %s', (_name, requestFor) => {
  test('for this region it is taken', async () => {
    const { status } = await api.send(requestFor(api.owner.region))
    expect([200, 204]).toContain(status)
  })

  test.each(others)('for %j it is refused', async (region) => {
    const answer = await api.send(requestFor(region))
    expect(outcomeOf(answer)).toBe('400 InvalidArgument')
    const body = answer.body.toString()
    expect(body).toContain('<EC>0002-00000226</EC>')
    expect(body).toContain('<Region>cn-hangzhou</Region>')
  })
})

test('a form that is refused makes nothing', async () => {
  await api.send({ method: 'DELETE', bucket, key: 'of-form' })
  await api.send(inForm('cn-shanghai'))
  const { status } = await api.send({ method: 'HEAD', bucket, key: 'of-form' })
  expect(status).toBe(404)
})
