/**
 * A request that fails changes nothing: objects with their tags and ACLs, versions, uploads with their parts,
 * the bucket's settings and its counters are what they were, after any sequence of good and bad requests.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { formRequest, policyOf, signedV1 } from '../support/post-form.ts'

const RUN_COUNT = 20
const TIMEOUT_MS = 240_000
/** Sequences in which hardly anything was refused, or hardly anything done, would prove nothing. */
const SHARE_MIN = 0.2

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const keys = ['a', 'b', 'dir/c']
const md5Of = (text: string) => createHash('md5').update(text).digest('base64')

/** What a request is made of; each takes what it needs. */
interface Choice {
  readonly name: string
  readonly key: string
  readonly other: string
  readonly text: string
  readonly pick: number
}

/** What the requests before have made. */
interface Made {
  readonly bucket: string
  readonly uploadIds: readonly string[]
  readonly versionIds: readonly string[]
  readonly etags: readonly string[]
}

type Maker = (choice: Choice, made: Made) => Omit<OssRequest, 'bucket'> | OssRequest

/** One of the values, so chosen that bad ones come as often as good ones. */
const oneOf = (values: readonly string[], pick: number) => values[pick % values.length] ?? ''

const ACLS = ['private', 'default', 'public-read', 'publik', 'PRIVATE']
const TAGS = ['a=1', 'a=1&b=2', 'a=1&a=2', `k=${'v'.repeat(300)}`, 'a'.repeat(200)]
const CLASSES = ['Standard', 'IA', 'Glacier', 'standard']

/** Headers of anything that writes an object, some of them wrong. */
function writeHeaders({ text, pick }: Choice): Record<string, string> {
  const all: Record<string, string>[] = [
    {},
    { 'x-oss-forbid-overwrite': 'true' },
    { 'content-md5': md5Of(text) },
    { 'content-md5': md5Of(`${text}!`) },
    { 'content-md5': 'no digest' },
    { 'x-oss-object-acl': oneOf(ACLS, pick) },
    { 'x-oss-tagging': oneOf(TAGS, pick) },
    { 'x-oss-storage-class': oneOf(CLASSES, pick) },
    { 'x-oss-meta-grain': 'b'.repeat(pick % 2 === 0 ? 10 : 8_200) },
    { 'x-oss-hash-crc64ecma': '1' },
  ]
  return all[pick % all.length] ?? {}
}

const tagsDocument = (names: readonly string[]) =>
  `<Tagging><TagSet>${names.map((name) => `<Tag><Key>${name}</Key><Value>v</Value></Tag>`).join('')}</TagSet></Tagging>`
const TAG_DOCUMENTS = [
  tagsDocument(['x']),
  tagsDocument(['x', 'x']),
  tagsDocument(Array.from({ length: 25 }, (_, at) => `t${at}`)),
  '<Tagging><TagSet>',
  'no document',
]

const objectMakers: Record<string, Maker> = {
  put: (choice) => ({
    ...{ method: 'PUT', key: choice.key, body: choice.text },
    headers: writeHeaders(choice),
  }),
  copy: (choice, { bucket, etags }) => ({
    ...{ method: 'PUT', key: choice.key },
    headers: {
      ...writeHeaders(choice),
      'x-oss-copy-source': `/${bucket}/${choice.other}`,
      ...(choice.pick % 3 === 0 && {
        'x-oss-copy-source-if-match': oneOf(['"none"', ...etags], choice.pick),
      }),
      ...(choice.pick % 4 === 0 && { 'x-oss-metadata-directive': 'REPLACED' }),
    },
  }),
  append: ({ key, text, pick }) => ({
    ...{ method: 'POST', key, body: text },
    query: { append: '', position: oneOf(['0', '1', '5', '-1', 'x'], pick) },
  }),
  seal: ({ key, pick }) => ({
    ...{ method: 'POST', key },
    query: { seal: '', position: oneOf(['0', '5', '99', 'x'], pick) },
  }),
  symlink: ({ key, other, pick }) => ({
    ...{ method: 'PUT', key, query: { symlink: '' } },
    headers: pick % 3 === 0 ? {} : { 'x-oss-symlink-target': oneOf([other, '', '/x'], pick) },
  }),
  acl: ({ key, pick }) => ({
    ...{ method: 'PUT', key, query: { acl: '' } },
    headers: { 'x-oss-object-acl': oneOf(ACLS, pick) },
  }),
  tag: ({ key, pick }, { versionIds }) => ({
    ...{ method: 'PUT', key, body: oneOf(TAG_DOCUMENTS, pick) },
    query: { tagging: '', ...(pick % 3 === 0 && { versionId: oneOf(versionIds, pick) }) },
  }),
  untag: ({ key }) => ({ method: 'DELETE', key, query: { tagging: '' } }),
  remove: ({ key, pick }, { versionIds }) => ({
    ...{ method: 'DELETE', key },
    query: pick % 2 === 0 ? {} : { versionId: oneOf(['none', ...versionIds], pick) },
  }),
  removeMany: ({ key, other, pick }) => {
    const good = `<Delete><Object><Key>${key}</Key></Object><Object><Key>${other}</Key></Object></Delete>`
    const body = oneOf([good, good.slice(0, -9), '<Delete></Delete>', `${good}x`], pick)
    const headers = { 'content-md5': md5Of(pick % 5 === 0 ? `${body} ` : body) }
    return { method: 'POST', query: { delete: '' }, body, headers }
  },
  form: ({ key, text, pick }, { bucket }) => {
    const conditions = [{ bucket: pick % 3 === 0 ? 'another' : bucket }]
    const extra: [string, string][] =
      pick % 2 === 0 ? [] : [['x-oss-object-acl', oneOf(ACLS, pick)]]
    const signed = signedV1('owner', 'owner-secret', policyOf(conditions))
    const request = formRequest(bucket, [['key', key], ...extra, ...signed], { content: text })
    return pick % 7 === 0 && Buffer.isBuffer(request.body)
      ? { ...request, body: request.body.subarray(0, -20) }
      : request
  },
}

const uploadMakers: Record<string, Maker> = {
  initiate: (choice) => ({
    ...{ method: 'POST', key: choice.key, query: { uploads: '' } },
    headers: writeHeaders({ ...choice, text: '' }),
  }),
  part: ({ key, text, pick }, { uploadIds }) => ({
    ...{ method: 'PUT', key, body: text },
    query: {
      partNumber: oneOf(['1', '2', '0', '10001', 'x'], pick),
      uploadId: oneOf(['none', ...uploadIds], pick),
    },
    headers: pick % 4 === 0 ? { 'content-md5': md5Of('other') } : {},
  }),
  complete: ({ key, pick }, { uploadIds, etags }) => {
    const part = (number: number, etag: string) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`
    const [one, two] = [oneOf(['"0"', ...etags], pick), oneOf(etags, pick + 1)]
    const lists = [part(1, one), part(1, one) + part(2, two), part(2, two) + part(1, one), '']
    return {
      ...{ method: 'POST', key, query: { uploadId: oneOf(['none', ...uploadIds], pick) } },
      ...(pick % 3 === 0
        ? { headers: { 'x-oss-complete-all': 'yes' }, body: pick % 2 === 0 ? '' : 'x' }
        : {
            body: `<CompleteMultipartUpload>${oneOf(lists, pick)}</CompleteMultipartUpload>`,
          }),
    }
  },
  abort: ({ key, pick }, { uploadIds }) => ({
    ...{ method: 'DELETE', key },
    query: { uploadId: oneOf(['none', ...uploadIds], pick) },
  }),
}

const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  versioning: ['Enabled', 'Suspended', 'Off'].map(
    (status) => `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`,
  ),
  tagging: TAG_DOCUMENTS,
  cors: ['GET', 'PATCH', ''].map(
    (method) =>
      `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>${method}</AllowedMethod></CORSRule></CORSConfiguration>`,
  ),
  policy: [
    '{"Version":"1","Statement":[]}',
    '{"Version":"1","Statement":[{"Effect":"Perhaps"}]}',
    '{',
  ],
  requestPayment: ['BucketOwner', 'Nobody'].map(
    (payer) => `<RequestPaymentConfiguration><Payer>${payer}</Payer></RequestPaymentConfiguration>`,
  ),
  publicAccessBlock: ['true', 'false', 'perhaps'].map(
    (value) =>
      `<PublicAccessBlockConfiguration><BlockPublicAccess>${value}</BlockPublicAccess></PublicAccessBlockConfiguration>`,
  ),
}

const bucketMakers: Record<string, Maker> = {
  setting: ({ pick }) => {
    const name = oneOf(Object.keys(SETTINGS), pick)
    return { method: 'PUT', query: { [name]: '' }, body: oneOf(SETTINGS[name] ?? [], pick >> 3) }
  },
  bucketAcl: ({ pick }) => ({
    ...{ method: 'PUT', query: { acl: '' } },
    headers: { 'x-oss-acl': oneOf(['private', 'public-read', 'default', 'x'], pick) },
  }),
  removeBucket: () => ({ method: 'DELETE' }),
}

const makers = { ...objectMakers, ...uploadMakers, ...bucketMakers }

const choices = fc.record({
  name: fc.constantFrom(...Object.keys(objectMakers), ...Object.keys(makers)),
  key: fc.constantFrom(...keys),
  other: fc.constantFrom(...keys),
  text: fc.constantFrom('', 'grain', 'barley and rye'),
  pick: fc.nat(1000),
})

/** Everything that a client can see of the bucket. */
async function stateOf(bucket: string): Promise<{ seen: readonly string[]; made: Made }> {
  const ask = (key: string | undefined, query: Record<string, string>) =>
    api.send({ method: 'GET', bucket, query, ...(key !== undefined && { key }) })
  const answers: OssResponse[] = []
  for (const query of ['bucketInfo', 'stat', 'acl', ...Object.keys(SETTINGS)]) {
    answers.push(await ask(undefined, { [query]: '' }))
  }
  const versions = await ask(undefined, { versions: '' })
  const uploads = await ask(undefined, { uploads: '' })
  const versionIds = all(versions, 'VersionId')
  const uploadIds = all(uploads, 'UploadId')
  answers.push(versions, uploads)
  for (const key of keys) {
    for (const versionId of ['', ...versionIds]) {
      answers.push(await ask(key, versionId === '' ? {} : { versionId }))
    }
    for (const query of ['acl', 'tagging', 'symlink']) answers.push(await ask(key, { [query]: '' }))
    for (const uploadId of uploadIds) answers.push(await ask(key, { uploadId }))
  }
  const etags = answers.flatMap((answer) => all(answer, 'ETag')).map(unescaped)
  return { seen: answers.map(seenOf), made: { bucket, uploadIds, versionIds, etags } }
}

function all({ body }: OssResponse, element: string): string[] {
  const found = body.toString().matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'g'))
  return [...new Set([...found].map(([, text = '']) => text))]
}

const unescaped = (text: string) => text.replaceAll('&quot;', '"')

/** Without what names the answer. */
function seenOf({ status, headers, body }: OssResponse): string {
  const rest: Record<string, unknown> = { ...headers }
  for (const name of ['date', 'x-oss-request-id', 'x-oss-server-time', 'x-oss-err']) {
    delete rest[name]
  }
  const text = body.toString().replace(/<RequestId>.*?<\/RequestId>/, '')
  return `${status} ${JSON.stringify(rest)} ${text}`
}

/** Something to be damaged: every key with tags and an ACL of its own, and uploads with a part. */
async function fill(bucket: string): Promise<void> {
  await api.send({ method: 'PUT', bucket })
  const headers = { 'x-oss-tagging': 'a=1', 'x-oss-object-acl': 'public-read' }
  for (const key of keys) {
    await api.send({ method: 'PUT', bucket, key, headers, body: 'wheat' })
    const begun = await api.send({ method: 'POST', bucket, key, query: { uploads: '' } })
    const query = { partNumber: '1', uploadId: all(begun, 'UploadId')[0] ?? '' }
    await api.send({ method: 'PUT', bucket, key, query, body: 'wheat' })
  }
}

test(
  'a request that is refused leaves everything as it was',
  async () => {
    const counts = { done: 0, refused: 0 }
    const sequence = fc.array(choices, { minLength: 10, maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(fc.uuid(), sequence, async (id, steps) => {
        const bucket = `half-${id}`
        await fill(bucket)
        let before = await stateOf(bucket)
        for (const choice of steps) {
          const request = makers[choice.name]?.(choice, before.made) ?? { method: 'GET' }
          const { status, body } = await api.send({ bucket, ...request })
          expect([status < 500, body.toString()]).toEqual([true, expect.any(String)])
          const after = await stateOf(bucket)
          if (status >= 400) expect([choice, after.seen]).toEqual([choice, before.seen])
          counts[status >= 400 ? 'refused' : 'done']++
          if (choice.name === 'removeBucket' && status === 204) return
          before = after
        }
      }),
      { numRuns: RUN_COUNT, endOnFailure: true },
    )
    const share = counts.refused / (counts.done + counts.refused)
    expect([share > SHARE_MIN, share < 1 - SHARE_MIN]).toEqual([true, true])
  },
  TIMEOUT_MS,
)
