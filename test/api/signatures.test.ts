/**
 * Who may do nothing: signatures that are wrong, missing, expired, skewed or given twice.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { startApi, outcomeOf } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest, signedHeaders } from '../support/oss-request.ts'
import type { Access, OssRequest } from '../support/oss-request.ts'

const MINUTE_MS = 60_000
const bucket = 'signed'
const key = 'object'
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
  await api.send({ method: 'PUT', bucket, key, body: 'kept' })
})
afterAll(async () => {
  // Whatever was tried, the object is as it was.
  expect((await api.send({ method: 'GET', bucket, key })).body.toString()).toBe('kept')
  expect(api.bugs).toEqual([])
  await api.stop()
})

/** Sends a PUT that would overwrite the object, with these headers and query. */
async function attempt(
  headers: Record<string, string>,
  query: Record<string, string> = {},
): Promise<string> {
  const spec = { method: 'PUT', bucket, key, body: 'overwritten', anonymous: true, headers, query }
  return outcomeOf(await sendOssRequest(api.owner, spec))
}

const signed = (access: Access, headers: Record<string, string> = {}) =>
  signedHeaders(access, { method: 'PUT', bucket, key, headers })
const dateAt = (offsetMs: number) => new Date(Date.now() + offsetMs).toUTCString()

describe('in the header', () => {
  test.each<[string, () => Record<string, string>, string]>([
    ['none', () => ({}), '403 AccessDenied'],
    [
      'an unknown key',
      () => signed({ ...api.owner, accessKeyId: 'nobody' }),
      '403 InvalidAccessKeyId',
    ],
    ['a disabled key', () => signed(api.disabled), '403 InvalidAccessKeyId'],
    [
      'a wrong secret',
      () => signed({ ...api.owner, accessKeySecret: 'guess' }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'a header changed afterwards',
      () => ({ ...signed(api.owner), 'x-oss-meta-a': 'b' }),
      '403 SignatureDoesNotMatch',
    ],
    ['a stranger', () => signed(api.stranger), '403 AccessDenied'],
    [
      'a clock 16 min ahead',
      () => signed(api.owner, { date: dateAt(16 * MINUTE_MS) }),
      '403 RequestTimeTooSkewed',
    ],
    [
      'a clock 16 min behind',
      () => signed(api.owner, { date: dateAt(-16 * MINUTE_MS) }),
      '403 RequestTimeTooSkewed',
    ],
    ['no date', () => signed(api.owner, { date: '' }), '403 AccessDenied'],
    ['a date that is none', () => signed(api.owner, { date: 'yesterday' }), '403 AccessDenied'],
    ['no signature behind the key', () => ({ authorization: 'OSS owner' }), '400 InvalidArgument'],
    ['an empty signature', () => ({ authorization: 'OSS owner:' }), '400 InvalidArgument'],
    ['another scheme', () => ({ authorization: 'Basic b3duZXI6eA==' }), '400 InvalidArgument'],
    [
      "half of the S3 dialect's V4",
      () => ({ authorization: 'AWS4-HMAC-SHA256 x' }),
      '400 AuthorizationHeaderMalformed',
    ],
    ['half of V4', () => ({ authorization: 'OSS4-HMAC-SHA256 x' }), '400 InvalidArgument'],
    [
      'a token that nobody issued',
      () => signed(api.owner, { 'x-oss-security-token': 'token' }),
      '403 InvalidSecurityToken',
    ],
  ])('%s is refused', async (_name, headers, expected) => {
    expect(await attempt(headers())).toBe(expected)
  })

  test('a clock 14 min off is not refused', async () => {
    for (const minutes of [-14, 14]) {
      const headers = { date: dateAt(minutes * MINUTE_MS) }
      expect(outcomeOf(await api.send({ method: 'GET', bucket, key, headers }))).toBe('200')
    }
  })

  test('a mismatch shows what was signed, and nothing secret', async () => {
    const wrong = { ...api.owner, accessKeySecret: 'guess' }
    const { body } = await sendOssRequest(wrong, { method: 'GET', bucket, key })
    for (const element of [
      'OSSAccessKeyId',
      'SignatureProvided',
      'StringToSign',
      'StringToSignBytes',
    ]) {
      expect(body.toString()).toContain(`<${element}>`)
    }
    expect(body.toString()).not.toContain('owner-secret')
  })
})

describe('in the URL', () => {
  const v4 = {
    ...{ 'x-oss-signature-version': 'OSS4-HMAC-SHA256', 'x-oss-date': '20261122T000000Z' },
    ...{ 'x-oss-expires': '60', 'x-oss-signature': 'x' },
  }
  const scope = 'owner/20261122/cn-elsewhere/oss/aliyun_v4_request'
  const seconds = (offsetMs: number) => String(Math.floor((Date.now() + offsetMs) / 1000))

  test.each<[string, () => Record<string, string>, string]>([
    ['a signature of its own', () => presigned(seconds(MINUTE_MS)), '200'],
    ['an expired one', () => presigned(seconds(-MINUTE_MS)), '403 AccessDenied'],
    ['Expires that is no number', () => presigned('soon'), '403 AccessDenied'],
    ['no Expires', () => without('Expires'), '403 AccessDenied'],
    ['no Signature', () => without('Signature'), '403 AccessDenied'],
    ['no OSSAccessKeyId', () => without('OSSAccessKeyId'), '403 AccessDenied'],
    ['another verb', () => presigned(seconds(MINUTE_MS), 'PUT'), '403 SignatureDoesNotMatch'],
    ['another key', () => presigned(seconds(MINUTE_MS), 'GET', 'x'), '403 SignatureDoesNotMatch'],
    ['one for another region', () => ({ ...v4, 'x-oss-credential': scope }), '400 InvalidArgument'],
  ])('%s', async (_name, query, expected) => {
    const spec = { method: 'GET', bucket, key, anonymous: true, query: query() }
    expect(outcomeOf(await sendOssRequest(api.owner, spec))).toBe(expected)
  })

  test('and in the header as well is refused', async () => {
    expect(await attempt(signed(api.owner), presigned(seconds(MINUTE_MS), 'PUT'))).toBe(
      '400 InvalidArgument',
    )
  })

  function without(name: string): Record<string, string> {
    const query = presigned(seconds(MINUTE_MS))
    delete query[name]
    return query
  }

  function presigned(expires: string, method = 'GET', signedKey = key): Record<string, string> {
    const text = `${method}\n\n\n${expires}\n/${bucket}/${signedKey}`
    return {
      OSSAccessKeyId: api.owner.accessKeyId,
      Expires: expires,
      Signature: createHmac('sha1', api.owner.accessKeySecret).update(text).digest('base64'),
    }
  }
})

describe('whether a bucket is there comes before who asks', () => {
  const absent = 'not-there'
  test.each([
    ['an unknown key', () => ({ ...api.owner, accessKeyId: 'nobody' })],
    ['a wrong secret', () => ({ ...api.owner, accessKeySecret: 'guess' })],
  ])('with %s', async (_name, access) => {
    const by = async (request: OssRequest) => outcomeOf(await sendOssRequest(access(), request))
    for (const request of [
      { method: 'GET', bucket: absent, query: { acl: '' } },
      { method: 'PUT', bucket: absent, key, body: 'new' },
    ]) {
      expect(await by(request)).toBe('404 NoSuchBucket')
      expect(await by({ ...request, bucket })).toMatch(/^403 (InvalidAccessKeyId|Signature)/)
    }
    expect(await by({ method: 'PUT', bucket: absent })).toMatch(/^403 /)
    expect(await by({ method: 'GET' })).toMatch(/^403 /)
  })

  test('a signature that cannot be read is a mistake everywhere', async () => {
    const headers = { authorization: 'OSS nothing' }
    const request = { method: 'GET', bucket: absent, headers, anonymous: true }
    expect(outcomeOf(await sendOssRequest(api.owner, request))).toBe('400 InvalidArgument')
  })
})
