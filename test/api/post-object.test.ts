/**
 * PostObject: forms that browsers send, and what becomes of wrong ones (oss.md 2.6).
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssResponse } from '../support/oss-request.ts'
import type { Field, FormFile } from '../support/post-form.ts'
import { formRequest, policyOf, signedV1 } from '../support/post-form.ts'

const bucket = 'forms'
const file: FormFile = { content: 'Granary keeps grain\n', contentType: 'text/x-grain' }
let api: TestApi
let count = 0
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

/** Fields signed by the owner, under a policy with these conditions. */
function signed(fields: readonly Field[], conditions: readonly unknown[] = []): Field[] {
  const { accessKeyId, accessKeySecret } = api.owner
  return [
    ...fields,
    ...signedV1(accessKeyId, accessKeySecret, policyOf([{ bucket }, ...conditions])),
  ]
}

function post(fields: readonly Field[], sent: FormFile | undefined = file): Promise<OssResponse> {
  return api.send(formRequest(bucket, fields, sent))
}

/** A key that no other test has. */
function newKey(): string {
  return `form-${count++}`
}

function get(key: string): Promise<OssResponse> {
  return api.send({ method: 'GET', bucket, key })
}

test('a signed form makes an object with what its fields say', async () => {
  const key = newKey()
  const answer = await post(
    signed([
      ['key', key],
      ['Cache-Control', 'max-age=7'],
      ['x-oss-meta-colour', 'gold'],
    ]),
  )
  expect([answer.status, answer.body.toString()]).toEqual([204, ''])
  const stored = await get(key)
  expect(stored.body.toString()).toBe(file.content)
  expect(stored.headers).toMatchObject({
    etag: answer.headers.etag,
    'x-oss-hash-crc64ecma': answer.headers['x-oss-hash-crc64ecma'],
    'content-type': 'text/x-grain',
    'cache-control': 'max-age=7',
    'x-oss-meta-colour': 'gold',
  })
})

test('a file of many chunks is stored as it was sent', async () => {
  const key = newKey()
  const content = Buffer.alloc(9 * 1024 ** 2 + 7)
  for (let at = 0; at < content.byteLength; at++) content[at] = (at * 7 + (at >> 8)) % 251
  expect(outcomeOf(await post(signed([['key', key]]), { content }))).toBe('204')
  expect((await get(key)).body.equals(content)).toBe(true)
})

test('only the file is left out of what a policy says of names and sizes', async () => {
  const key = newKey()
  const conditions = [
    ['starts-with', '$key', 'form-'],
    ['content-length-range', 20, 20],
    ['in', '$content-type', ['text/x-grain']],
  ]
  expect(outcomeOf(await post(signed([['key', key]], conditions)))).toBe('204')
  const longer = { ...file, content: `${String(file.content)}x` }
  expect(outcomeOf(await post(signed([['key', newKey()]], conditions), longer))).toBe(
    '400 EntityTooLarge',
  )
  const shorter = { ...file, content: 'x' }
  expect(outcomeOf(await post(signed([['key', newKey()]], conditions), shorter))).toBe(
    '400 EntityTooSmall',
  )
  const other = { ...file, contentType: 'text/html' }
  expect(outcomeOf(await post(signed([['key', newKey()]], conditions), other))).toBe(
    '403 AccessDenied',
  )
})

test('a large file is refused as soon as it is larger than its policy allows', async () => {
  const key = newKey()
  const content = Buffer.alloc(6 * 1024 ** 2)
  const fields = signed([['key', key]], [['content-length-range', 0, 5 * 1024 ** 2]])
  expect(outcomeOf(await post(fields, { content }))).toBe('400 EntityTooLarge')
  expect(outcomeOf(await get(key))).toBe('404 NoSuchKey')
})

test('answers are as a form asks: status, document, redirection', async () => {
  const key = `${newKey()}/ü&`
  const fields = (...more: Field[]) => signed([['key', key], ...more])
  const empty = await post(fields(['success_action_status', '200']))
  expect([empty.status, empty.body.toString()]).toEqual([200, ''])
  const document = await post(fields(['success_action_status', '201']))
  expect(document.body.toString()).toContain(`<Key>${key.replace('&', '&amp;')}</Key>`)
  expect((await post(fields(['success_action_status', '500']))).status).toBe(204)
  const sent = await post(fields(['success_action_redirect', 'http://example.com/done?a=1#end']))
  expect(sent.status).toBe(303)
  const target = new URL(String(sent.headers.location))
  expect([target.origin, target.hash]).toEqual(['http://example.com', '#end'])
  expect(Object.fromEntries(target.searchParams)).toEqual({
    a: '1',
    bucket,
    key,
    etag: sent.headers.etag,
  })
})

test('what is in front of the file counts, what is behind it does not', async () => {
  const key = newKey()
  const request = formRequest(
    bucket,
    signed([
      ['KEY', key],
      ['key', 'second'],
    ]),
    file,
  )
  const late = '--\r\n'
  const body = Buffer.from(request.body as Uint8Array).toString('latin1')
  const boundary = body.slice(0, body.indexOf('\r\n'))
  const field = `${boundary}\r\nContent-Disposition: form-data; name="x-oss-meta-late"\r\n\r\nv\r\n`
  const end = `${boundary}${late}`
  const longer = Buffer.from(`${body.slice(0, -end.length)}${field}${end}epilogue`, 'latin1')
  expect(outcomeOf(await api.send({ ...request, body: longer }))).toBe('204')
  const stored = await get(key)
  expect(stored.body.toString()).toBe(file.content)
  expect(stored.headers['x-oss-meta-late']).toBeUndefined()
})

describe('refused, with nothing stored:', () => {
  const key = 'refused'
  const over = (bytes: number) => 'x'.repeat(bytes)
  test.each<[string, () => readonly Field[], string, (FormFile | undefined)?]>([
    ['nobody signed it', () => [['key', key]], '403 AccessDenied'],
    [
      'a stranger signed it',
      () => [['key', key], ...signedV1('stranger', 'stranger-secret', policyOf([]))],
      '403 AccessDenied',
    ],
    [
      'an unknown key signed it',
      () => [['key', key], ...signedV1('nobody', 'x', policyOf([]))],
      '403 InvalidAccessKeyId',
    ],
    [
      'a wrong secret signed it',
      () => [['key', key], ...signedV1('owner', 'x', policyOf([]))],
      '403 SignatureDoesNotMatch',
    ],
    [
      'half a signature',
      () => [
        ['key', key],
        ['OSSAccessKeyId', 'owner'],
      ],
      '400 InvalidArgument',
    ],
    [
      'a token that nobody issued',
      () => [['x-oss-security-token', 'x'], ...signed([['key', key]])],
      '403 InvalidSecurityToken',
    ],
    [
      'an expired policy',
      () => [['key', key], ...signedV1('owner', 'owner-secret', policyOf([], -1))],
      '403 AccessDenied',
    ],
    [
      'a signed text that is no policy',
      () => [['key', key], ...signedV1('owner', 'owner-secret', 'e30=')],
      '400 InvalidPolicyDocument',
    ],
    ['an unmet condition', () => signed([['key', key]], [{ key: 'other' }]), '403 AccessDenied'],
    ['another bucket', () => signed([['key', key]], [{ bucket: 'other' }]), '403 AccessDenied'],
    ['no key', () => signed([]), '400 InvalidArgument'],
    [
      'tags',
      () =>
        signed([
          ['key', key],
          ['x-oss-tagging', 'a=b'],
        ]),
      '400 NotImplemented',
    ],
    [
      'encryption',
      () =>
        signed([
          ['key', key],
          ['x-oss-server-side-encryption', 'AES256'],
        ]),
      '400 NotImplemented',
    ],
    [
      'a wrong ACL',
      () =>
        signed([
          ['key', key],
          ['x-oss-object-acl', 'wrong'],
        ]),
      '400 InvalidArgument',
    ],
    [
      'a header with a line feed',
      () =>
        signed([
          ['key', key],
          ['x-oss-meta-a', 'b\r\nc: d'],
        ]),
      '400 InvalidArgument',
    ],
    [
      'a wrong redirection',
      () =>
        signed([
          ['key', key],
          ['success_action_redirect', 'x'],
        ]),
      '400 InvalidArgument',
    ],
    ['no file', () => signed([['key', key]]), '400 IncorrectNumberOfFilesInPOSTRequest', undefined],
    [
      'a long name of a field',
      () =>
        signed([
          ['key', key],
          [over(8 * 1024 + 1), 'x'],
        ]),
      '400 FieldItemTooLong',
    ],
    [
      'a long field',
      () =>
        signed([
          ['key', key],
          ['x', over(2 * 1024 ** 2 + 1)],
        ]),
      '400 FieldItemTooLong',
    ],
    [
      'long fields',
      () =>
        signed([
          ['key', key],
          ...['a', 'b', 'c'].map((name): Field => [name, over(2 * 1024 ** 2)]),
        ]),
      '400 MaxPOSTPreDataLengthExceededError',
    ],
    [
      'many fields',
      () =>
        signed([['key', key], ...Array.from({ length: 1000 }, (_, at): Field => [`f${at}`, 'x'])]),
      '400 MaxPOSTPreDataLengthExceededError',
    ],
  ])('%s', async (...row) => {
    const [, fields, expected] = row
    const answer = await api.send(formRequest(bucket, fields(), row.length > 3 ? row[3] : file))
    expect(outcomeOf(answer)).toBe(expected)
    expect(outcomeOf(await get(key))).toBe('404 NoSuchKey')
  })
})

test('the longest fields are taken', async () => {
  const key = newKey()
  const fields = signed([
    ['key', key],
    ['x'.repeat(8 * 1024), 'x'],
    ['y', 'y'.repeat(2 * 1024 ** 2)],
  ])
  expect(outcomeOf(await post(fields))).toBe('204')
})

test('the largest fields together are taken, and no byte more', async () => {
  const key = newKey()
  const plain = signed([['key', key]])
  const others = plain.reduce((sum, [, value]) => sum + Buffer.byteLength(value), 0)
  const withRest = (restBytes: number): Field[] => [
    ...plain,
    ['x', 'x'.repeat(2 * 1024 ** 2)],
    ['y', 'y'.repeat(restBytes)],
  ]
  const restBytes = 2 * 1024 ** 2 - others
  expect(outcomeOf(await post(withRest(restBytes + 1)))).toBe(
    '400 MaxPOSTPreDataLengthExceededError',
  )
  expect(outcomeOf(await post(withRest(restBytes)))).toBe('204')
})

test('a thousand parts are taken, the file among them, and none more', async () => {
  const plain = signed([['key', newKey()]])
  const ofCount = (count: number): Field[] => [
    ...plain,
    ...Array.from({ length: count - plain.length }, (_, at): Field => [`f${at}`, 'x']),
  ]
  expect(outcomeOf(await post(ofCount(1000)))).toBe('400 MaxPOSTPreDataLengthExceededError')
  expect(outcomeOf(await post(ofCount(999)))).toBe('204')
})

test('a request that is no form, or a broken one, is refused', async () => {
  const form = formRequest(bucket, signed([['key', 'broken']]), file)
  const body = form.body as Uint8Array
  const send = (change: object) => api.send({ ...form, ...change }).then(outcomeOf)
  const json = { 'content-type': 'application/json' }
  expect(await send({ headers: json })).toBe('400 RequestIsNotMultiPartContent')
  expect(await send({ headers: {} })).toBe('400 RequestIsNotMultiPartContent')
  const without = { 'content-type': 'multipart/form-data' }
  expect(await send({ headers: without })).toBe('400 MalformedPOSTRequest')
  for (const length of [body.byteLength - 5, body.byteLength - 60, 300, 1]) {
    expect(await send({ body: body.subarray(0, length) })).toBe('400 MalformedPOSTRequest')
  }
  expect(await send({ body: '' })).toBe('400 MalformedPOSTRequest')
  expect(await send({ bucket: 'absent' })).toBe('404 NoSuchBucket')
  expect(outcomeOf(await get('broken'))).toBe('404 NoSuchKey')
})

test('a form whose sender goes away leaves nothing', async () => {
  const content = Buffer.alloc(3 * 1024 ** 2)
  const { body } = formRequest(bucket, signed([['key', 'aborted']]), { content })
  const bytes = body as Uint8Array
  const type = formRequest(bucket, [], undefined).headers?.['content-type']
  const head = `POST /${bucket}/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.byteLength}\r\n\r\n`
  const socket = connect(api.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(head)
  await new Promise((written) => socket.write(bytes.subarray(0, -1000), written))
  socket.destroy()
  expect(outcomeOf(await get('aborted'))).toBe('404 NoSuchKey')
})

test('anybody may post to a bucket that everybody may write', async () => {
  const open = 'open-forms'
  await api.send({ method: 'PUT', bucket: open, headers: { 'x-oss-acl': 'public-read-write' } })
  const answer = await api.send(formRequest(open, [['key', 'a']], file))
  expect(outcomeOf(answer)).toBe('204')
})

test('what is signed in the head of a form does not count', async () => {
  const { headers, body } = formRequest(bucket, [['key', 'head']], file)
  const answer = await api.send({
    method: 'POST',
    bucket,
    headers: headers ?? {},
    body: body ?? '',
  })
  expect(outcomeOf(answer)).toBe('403 AccessDenied')
})

test('an object may not be replaced where the form forbids it', async () => {
  const key = newKey()
  const fields = signed([
    ['key', key],
    ['x-oss-forbid-overwrite', 'true'],
  ])
  expect(outcomeOf(await post(fields))).toBe('204')
  expect(outcomeOf(await post(fields))).toBe('409 FileAlreadyExists')
})

describe('a form signed with V4', () => {
  const DAY_MS = 24 * 60 * 60 * 1000

  function signedV4(key: string, signedMs: number, left: readonly string[] = []): Field[] {
    const date = new Date(signedMs).toISOString().replace(/[-:]|\.\d+/g, '')
    const steps = [date.slice(0, 8), api.owner.region, 'oss', 'aliyun_v4_request']
    const named = {
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-credential': `${api.owner.accessKeyId}/${steps.join('/')}`,
      'x-oss-date': date,
    }
    const conditions = Object.entries({ bucket, ...named }).filter(([name]) => !left.includes(name))
    const policy = policyOf(conditions.map(([name, value]) => ({ [name]: value })))
    const hmac = (secret: string | Buffer, text: string) =>
      createHmac('sha256', secret).update(text).digest()
    const start: string | Buffer = `aliyun_v4${api.owner.accessKeySecret}`
    const signingKey = steps.reduce<string | Buffer>(hmac, start)
    const signature = hmac(signingKey, policy).toString('hex')
    return [
      ['key', key],
      ...Object.entries(named),
      ['policy', policy],
      ['x-oss-signature', signature],
    ]
  }

  test.each([
    ['now', 0, [], '204'],
    ['a minute less than 7 days ago', -7 * DAY_MS + 60_000, [], '204'],
    ['more than 7 days ago', -7 * DAY_MS - 60_000, [], '403 AccessDenied'],
    ['14 minutes ahead', 14 * 60_000, [], '204'],
    ['16 minutes ahead', 16 * 60_000, [], '403 AccessDenied'],
    ['without a condition on the bucket', 0, ['bucket'], '403 AccessDenied'],
    ['without a condition on the date', 0, ['x-oss-date'], '403 AccessDenied'],
    ['without a condition on the key pair', 0, ['x-oss-credential'], '403 AccessDenied'],
    ['without a condition on the version', 0, ['x-oss-signature-version'], '403 AccessDenied'],
  ])('%s', async (_name, offsetMs, left, expected) => {
    const fields = signedV4(newKey(), Date.now() + offsetMs, left)
    expect(outcomeOf(await post(fields))).toBe(expected)
  })

  test('has one signature, and all of it', async () => {
    const fields = signedV4(newKey(), Date.now())
    const twice = [...fields, ['Signature', 'x'], ['OSSAccessKeyId', 'owner']] as Field[]
    expect(outcomeOf(await post(twice))).toBe('400 InvalidArgument')
    const half = fields.filter(([name]) => name !== 'x-oss-date')
    expect(outcomeOf(await post(half))).toBe('400 InvalidArgument')
    const wrong = fields.map(([name, value]): Field => [
      name,
      name === 'x-oss-signature' ? 'ab' : value,
    ])
    expect(outcomeOf(await post(wrong))).toBe('403 SignatureDoesNotMatch')
  })
})
