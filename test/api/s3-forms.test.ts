/**
 * Upload forms of S3 clients: their policies, signed with V4 and V2, and what they do not cover.
 *
 * @module
 */

import { createHash, createHmac } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { formRequest, policyOf } from '../support/post-form.ts'
import type { Field } from '../support/post-form.ts'
import { covering, signedS3Form } from '../support/s3-form.ts'
import { sendS3Request } from '../support/s3-frames.ts'
import type { Signing } from '../support/s3-form.ts'

const bucket = 's3-forms'
const content = 'barley'
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const signedV4 = (fields: readonly Field[], signing: Signing = {}) =>
  signedS3Form(api.owner, bucket, fields, signing)

function signedV2(fields: readonly Field[]): Field[] {
  const { accessKeyId, accessKeySecret } = api.owner
  const policy = policyOf(covering(bucket, fields))
  const signature = createHmac('sha1', accessKeySecret).update(policy).digest('base64')
  return [...fields, ['AWSAccessKeyId', accessKeyId], ['policy', policy], ['signature', signature]]
}

const post = async (fields: readonly Field[]) =>
  outcomeOf(await api.send(formRequest(bucket, fields, { content })))

test.each([
  ['V4', (fields: readonly Field[]) => signedV4(fields)],
  ['V2', signedV2],
])('a form that is signed with %s makes the object that it describes', async (version, sign) => {
  const key = `by/${version}`
  const fields: Field[] = [
    ['key', key],
    ['Content-Type', 'text/x-grain'],
    ['x-amz-meta-colour', 'gold'],
    ['acl', 'public-read'],
    ['success_action_status', '201'],
  ]
  expect(await post(sign(fields))).toBe('201')
  const { body, headers } = await api.send({ method: 'GET', bucket, key, anonymous: true })
  expect(body.toString()).toBe(content)
  expect(headers).toMatchObject({ 'content-type': 'text/x-grain', 'x-oss-meta-colour': 'gold' })
})

/** CRC-32 of what the file holds. */
const crc = Buffer.from(crc32(content).toString(16).padStart(8, '0'), 'hex').toString('base64')

test('the tags and the checksum of a form are kept with its object', async () => {
  const document =
    '<Tagging><TagSet><Tag><Key>crop</Key><Value>rye</Value></Tag></TagSet></Tagging>'
  const tagged: Field[] = [
    ['key', 'tagged'],
    ['tagging', document],
    ['x-amz-checksum-crc32', crc],
  ]
  const answer = await api.send(formRequest(bucket, signedV4(tagged), { content }))
  // As S3 has them, though the host is not one of its own.
  const etag = `"${createHash('md5').update(content).digest('hex')}"`
  expect(answer.headers).toMatchObject({ etag, 'x-amz-checksum-crc32': crc })
  const location = new URL(String(answer.headers.location))
  expect(location.pathname).toBe(`/${bucket}/tagged`)
  const asked = { method: 'GET', bucket, key: 'tagged', query: { tagging: '' } }
  expect((await api.send(asked)).body.toString()).toContain('<Key>crop</Key><Value>rye</Value>')
  const headers = { 'x-amz-checksum-mode': 'ENABLED' }
  const request = { method: 'HEAD', target: `/${bucket}/tagged`, headers }
  const head = await sendS3Request(api.owner, request)
  expect(head.headers['x-amz-checksum-crc32']).toBe(crc)
  const made: Field[] = [
    ['key', 'made'],
    ['x-amz-checksum-algorithm', 'CRC32'],
  ]
  const other = await api.send(formRequest(bucket, signedV4(made), { content }))
  expect(other.headers['x-amz-checksum-crc32']).toBe(crc)
})

const key = ['key', 'refused'] as const

test.each<[what: string, fields: () => readonly Field[], outcome: string]>([
  [
    'a field that it does not cover',
    () => [...signedV4([key]), ['acl', 'public-read']],
    '403 AccessDenied',
  ],
  [
    'a field of the other dialect',
    () => [...signedV4([key]), ['x-oss-object-acl', 'private']],
    '403 AccessDenied',
  ],
  ['another key', () => [['key', 'other'], ...signedV4([key]).slice(1)], '403 AccessDenied'],
  [
    'a changed signature',
    () => [...signedV4([key]).slice(0, -1), ['x-amz-signature', '0'.repeat(64)]],
    '403 SignatureDoesNotMatch',
  ],
  ['half a signature', () => signedV4([key]).slice(0, -1), '400 InvalidArgument'],
  ['two signatures', () => [...signedV4([key]), ['signature', 'a']], '400 InvalidArgument'],
  [
    'the region of another place',
    () => signedV4([key], { region: 'eu-west-1' }),
    '400 AuthorizationQueryParametersError',
  ],
  [
    'a file that is too large',
    () => signedV4([key], { conditions: [['content-length-range', 0, 5]] }),
    '400 EntityTooLarge',
  ],
  ['a policy whose time is over', () => signedV4([key], { lifeMs: -1000 }), '403 AccessDenied'],
  ['no document of tags', () => signedV4([key, ['tagging', '<Tagging/>']]), '400 MalformedXML'],
  [
    'the checksum of another file',
    () => signedV4([key, ['x-amz-checksum-crc32', 'AAAAAA==']]),
    '400 BadDigest',
  ],
  [
    'two checksums',
    () => signedV4([key, ['x-amz-checksum-crc32', crc], ['x-amz-checksum-crc32c', crc]]),
    '400 InvalidRequest',
  ],
  [
    'encryption',
    () => signedV4([key, ['x-amz-server-side-encryption', 'AES256']]),
    '400 NotImplemented',
  ],
])('with %s it is refused and leaves nothing', async (_what, fields, outcome) => {
  expect(await post(fields())).toBe(outcome)
  for (const name of ['refused', 'other']) {
    expect((await api.send({ method: 'HEAD', bucket, key: name })).status).toBe(404)
  }
})

test('fields that are meant for others need no condition', async () => {
  expect(
    await post([['key', 'kept'], ...signedV4([['key', 'kept']]).slice(1), ['x-ignore-a', 'a']]),
  ).toBe('204')
})

test('a header of the request says nothing of the object', async () => {
  const request = formRequest(bucket, signedV4([['key', 'private']]), { content })
  const headers = { ...request.headers, 'x-oss-object-acl': 'public-read' }
  expect(outcomeOf(await api.send({ ...request, headers }))).toBe('204')
  const read = await api.send({ method: 'GET', bucket, key: 'private', anonymous: true })
  expect(outcomeOf(read)).toBe('403 AccessDenied')
})

test('where nothing else is spoken than S3, forms are taken, too', async () => {
  const request = formRequest(bucket, signedV4([['key', 'by-host']]), { content })
  const send = (changed: object) =>
    api.send({ ...request, ...changed, headers: { ...request.headers, host: 's3.localhost' } })
  expect(outcomeOf(await send({}))).toBe('204')
  const refused = await send({ body: formRequest(bucket, [['key', 'a']], { content }).body })
  expect(outcomeOf(refused)).toBe('403 AccessDenied')
  expect(refused.headers['x-amz-request-id']).toBeDefined()
})
