/**
 * Both dialects see one object: whatever one of them writes, tags, lists or deletes, the other finds.
 *
 * @module
 */

import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { sendS3 } from '../support/s3-anonymous.ts'

const RUN_COUNT = 12
const KEYS = ['barn/barley', 'barn/oats', 'rye']
let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

type Dialect = 'oss' | 's3'
const otherThan = { oss: 's3', s3: 'oss' } as const
const PREFIX = { oss: 'x-oss-', s3: 'x-amz-' }

function send(dialect: Dialect, request: OssRequest): Promise<OssResponse> {
  return dialect === 's3' ? sendS3(api, request) : api.send(request)
}

/** What a key should hold. */
interface Held {
  readonly text: string
  readonly colour: string
  readonly tag: string | undefined
}

const step = fc.record({
  dialect: fc.constantFrom<Dialect>('oss', 's3'),
  kind: fc.constantFrom('put', 'put', 'copy', 'delete', 'deleteMany', 'tag', 'upload'),
  key: fc.constantFrom(...KEYS),
  text: fc.string({ maxLength: 20 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Does it, and says what should be there afterwards. */
async function perform(
  bucket: string,
  { dialect, kind, key, text }: Step,
  held: ReadonlyMap<string, Held>,
): Promise<ReadonlyMap<string, Held>> {
  const prefix = PREFIX[dialect]
  const found = held.get(key)
  const after = new Map(held)
  const colour = `${dialect}-${text.length}`
  const headers = { [`${prefix}meta-colour`]: colour }
  const ask = (request: Omit<OssRequest, 'bucket'>) => send(dialect, { bucket, ...request })
  switch (kind) {
    case 'put':
      await ask({ method: 'PUT', key, body: text, headers })
      return after.set(key, { text, colour, tag: undefined })
    case 'copy': {
      const source = { [`${prefix}copy-source`]: `/${bucket}/${key}` }
      await ask({ method: 'PUT', key: 'copy', headers: source })
      return found === undefined ? after : after.set('copy', found)
    }
    case 'delete':
      await ask({ method: 'DELETE', key })
      break
    case 'deleteMany': {
      const body = `<Delete><Object><Key>${key}</Key></Object></Delete>`
      const digest = { 'content-md5': createHash('md5').update(body).digest('base64') }
      await ask({ method: 'POST', query: { delete: '' }, body, headers: digest })
      break
    }
    case 'tag': {
      const tag = `t${text.length}`
      const set = `<TagSet><Tag><Key>a</Key><Value>${tag}</Value></Tag></TagSet>`
      const body = `<Tagging>${set}</Tagging>`
      // Public access is no right to tag: the owner does it.
      await api.send({ method: 'PUT', bucket, key, query: { tagging: '' }, body })
      return found === undefined ? after : after.set(key, { ...found, tag })
    }
    case 'upload':
      await upload(ask, key, text, headers)
      return after.set(key, { text, colour, tag: undefined })
  }
  after.delete(key)
  return after
}

async function upload(
  ask: (request: Omit<OssRequest, 'bucket'>) => Promise<OssResponse>,
  key: string,
  body: string,
  headers: Record<string, string>,
): Promise<void> {
  const begun = await ask({ method: 'POST', key, query: { uploads: '' }, headers })
  const uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? ''
  const part = await ask({ method: 'PUT', key, query: { partNumber: '1', uploadId }, body })
  const etag = String(part.headers.etag)
  const list = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`
  const document = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`
  await ask({ method: 'POST', key, query: { uploadId }, body: document })
}

/** What a dialect shows of everything in the bucket. */
async function shownBy(dialect: Dialect, bucket: string): Promise<ReadonlyMap<string, Held>> {
  const shown = new Map<string, Held>()
  const { body } = await send(dialect, { method: 'GET', bucket, query: { 'list-type': '2' } })
  const entries = body.toString().matchAll(/<Key>(.*?)<\/Key>.*?<ETag>"(.*?)"<\/ETag>/g)
  for (const [, key = '', etag] of entries) {
    const { headers, body: text } = await send(dialect, { method: 'GET', bucket, key })
    expect(headers.etag).toBe(`"${etag}"`)
    const colour = String(headers[`${PREFIX[dialect]}meta-colour`])
    const tags = await api.send({ method: 'GET', bucket, key, query: { tagging: '' } })
    const tag = /<Value>(\w+)</.exec(tags.body.toString())?.[1]
    shown.set(key, { text: text.toString(), colour, tag })
  }
  return shown
}

let bucketCount = 0

test('what one dialect did, both show', async () => {
  const steps = fc.array(step, { minLength: 3, maxLength: 12 })
  const runs = { numRuns: RUN_COUNT }
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const bucket = `two-dialects-${(bucketCount += 1)}`
      await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read-write' } })
      let held: ReadonlyMap<string, Held> = new Map()
      for (const each of list) held = await perform(bucket, each, held)
      const last = list.at(-1)?.dialect ?? 'oss'
      for (const dialect of [otherThan[last], last]) {
        const shown = await shownBy(dialect, bucket)
        expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(held))
      }
    }),
    runs,
  )
})

test('versions that one dialect made, the other lists and deletes', async () => {
  const bucket = 'two-dialects-versions'
  await api.send({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read-write' } })
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  await api.send({ method: 'PUT', bucket, query: { versioning: '' }, body })
  const key = 'rye'
  const byOss = await api.send({ method: 'PUT', bucket, key, body: 'one' })
  const byS3 = await sendS3(api, { method: 'PUT', bucket, key, body: 'two' })
  const removed = await sendS3(api, { method: 'DELETE', bucket, key })
  expect(removed.headers['x-amz-delete-marker']).toBe('true')
  const ids = [
    ...[byOss.headers['x-oss-version-id'], byS3.headers['x-amz-version-id']],
    removed.headers['x-amz-version-id'],
  ]
  const list = await sendS3(api, { method: 'GET', bucket, query: { versions: '' } })
  const listed = [...list.body.toString().matchAll(/<VersionId>(.*?)</g)].map(([, id]) => id)
  expect(listed).toEqual([...ids].reverse())
  for (const [at, id] of ids.entries()) {
    const dialect = at === 1 ? 'oss' : 's3'
    await send(dialect, { method: 'DELETE', bucket, key, query: { versionId: String(id) } })
  }
  const gone = await api.send({ method: 'GET', bucket, query: { versions: '' } })
  expect(gone.body.toString()).not.toContain('<VersionId>')
})
