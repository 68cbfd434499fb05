/**
 * PostObject: forms that browsers send, and what becomes of wrong ones (oss.md 2.6).
 *
 * @module
 */

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
