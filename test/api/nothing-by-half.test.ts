/**
 * A request that fails changes nothing: objects with their tags and ACLs, versions, uploads with their parts,
 * the bucket's settings and its counters are what they were, after any sequence of good and bad requests.
 *
 * Every row of the store is compared after each request that failed. What clients see, which gateways may keep
 * in memory, costs a hundred times as much, and is compared after some of them.
 *
 * `GRANARY_TEST_RUNS=200` tries so many sequences.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { formRequest, policyOf, signedV1 } from '../support/post-form.ts'

const RUN_COUNT = Number(process.env['GRANARY_TEST_RUNS'] ?? 6)
const TIMEOUT_MS = 240_000
/** One request in so many is looked at from outside, too. */
const LOOK_PERIOD = 50
const PAUSE_MS = 7
/** Of rows that a bucket, its objects, uploads and counters have, what waits for deletion included. */
const ROW_NAMESPACES = new Set([...'OIVMDGKSBP'].map((name) => name.charCodeAt(0)))
const EVERY_ROW = { start: new Uint8Array(), end: new Uint8Array([0xff]) }
/** Sequences in which hardly anything was refused, or hardly anything done, would prove nothing. */
const SHARE_MIN = 0.2

let api: TestApi
beforeAll(async () => {
  // A restore takes no time, and ends after a few requests.
  const restoreLengths = { delayMs: 2 * PAUSE_MS, dayMs: 6 * PAUSE_MS }
  api = await startApi(undefined, undefined, undefined, { restoreLengths })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const FROZEN_KEY = 'frozen'
const LOG_KEY = 'log'
const keys = ['a', 'b', FROZEN_KEY, LOG_KEY]
const md5Of = (text: string) => createHash('md5').update(text).digest('base64')

/** What a request is made of; each takes what it needs. */
interface Choice {
  readonly name: string
  readonly key: string
  readonly other: string
  readonly text: string
  readonly pick: number
  /** Chance for a second choice within the first. */
  readonly twist: number
  /** Whether what clients see is compared. */
  readonly isSeen: boolean
}

/** What the requests before have made. */
interface Made {
  readonly bucket: string
  /** The latest of each key. */
  readonly uploads: Map<string, string>
  readonly versionIds: string[]
  readonly etags: string[]
}

type Maker = (choice: Choice, made: Made) => Omit<OssRequest, 'bucket'> | OssRequest

/** One of the values, so chosen that bad ones come as often as good ones. */
const oneOf = (values: readonly string[], pick: number) => values[pick % values.length] ?? ''

/** Of what `fill` writes. */
const WHEAT_ETAG = `"${createHash('md5').update('wheat').digest('hex').toUpperCase()}"`
const ACLS = ['private', 'default', 'public-read', 'publik', 'PRIVATE']
const TAGS = ['a=1', 'a=1&b=2', 'a=1&a=2', `k=${'v'.repeat(300)}`, 'a'.repeat(200)]
const CLASSES = ['Standard', 'IA', 'Archive', 'ColdArchive', 'Glacier', 'standard']

/** Headers of anything that writes an object, some of them wrong. */
function writeHeaders({ text, pick, twist }: Choice): Record<string, string> {
  const all: Record<string, string>[] = [
    {},
    { 'x-oss-forbid-overwrite': 'true' },
    { 'content-md5': md5Of(text) },
    { 'content-md5': md5Of(`${text}!`) },
    { 'content-md5': 'no digest' },
    { 'x-oss-object-acl': oneOf(ACLS, twist) },
    { 'x-oss-tagging': oneOf(TAGS, twist) },
    { 'x-oss-storage-class': oneOf(CLASSES, twist) },
    { 'x-oss-meta-grain': 'b'.repeat(twist % 2 === 0 ? 10 : 8_200) },
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

const RESTORES = ['1', '2', '8', '0', 'x'].map(
  (days) => `<RestoreRequest><Days>${days}</Days></RestoreRequest>`,
)

/** Mostly the key of which something can come. */
const keyFor = (fitting: string, { key, twist }: Choice) => (twist % 4 === 0 ? key : fitting)

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
      ...(choice.twist % 3 === 0 && {
        'x-oss-copy-source-if-match': oneOf(['"none"', ...etags], choice.pick),
      }),
      ...(choice.twist % 2 === 0 && { 'x-oss-metadata-directive': 'REPLACE' }),
    },
  }),
  append: (choice) => ({
    ...{ method: 'POST', key: keyFor(LOG_KEY, choice), body: choice.text },
    query: { append: '', position: oneOf(['0', '5', '10', '-1', 'x'], choice.pick) },
  }),
  seal: (choice) => ({
    ...{ method: 'POST', key: keyFor(LOG_KEY, choice) },
    query: { seal: '', position: oneOf(['5', '99', 'x', '0', '10'], choice.pick) },
  }),
  symlink: ({ key, other, pick, twist }) => ({
    ...{ method: 'PUT', key, query: { symlink: '' } },
    headers: {
      ...(pick % 5 !== 0 && { 'x-oss-symlink-target': oneOf([other, '', '/x', other], twist) }),
      ...(pick % 3 === 0 && { 'x-oss-forbid-overwrite': 'true' }),
      ...(pick % 4 === 0 && { 'x-oss-storage-class': oneOf(CLASSES, twist) }),
    },
  }),
  acl: ({ key, pick, twist }, { versionIds }) => ({
    ...{ method: 'PUT', key },
    query: { acl: '', ...(pick % 4 === 0 && { versionId: oneOf(versionIds, twist) }) },
    headers: { 'x-oss-object-acl': oneOf(ACLS, twist) },
  }),
  tag: ({ key, pick, twist }, { versionIds }) => ({
    ...{ method: 'PUT', key, body: oneOf(TAG_DOCUMENTS, twist) },
    query: { tagging: '', ...(pick % 4 === 0 && { versionId: oneOf(versionIds, twist) }) },
  }),
  untag: ({ key }) => ({ method: 'DELETE', key, query: { tagging: '' } }),
  restore: (choice) => ({
    ...{ method: 'POST', key: keyFor(FROZEN_KEY, choice), query: { restore: '' } },
    body: oneOf(['', ...RESTORES], choice.pick),
  }),
  clean: (choice) => ({
    ...{ method: 'POST', key: keyFor(FROZEN_KEY, choice), query: { cleanRestoredObject: '' } },
  }),
  remove: ({ key, pick, twist }, { versionIds }) => ({
    ...{ method: 'DELETE', key },
    query: pick % 3 === 0 ? {} : { versionId: oneOf(['none', ...versionIds], twist) },
  }),
  removeMany: ({ key, other, pick, twist }, { versionIds }) => {
    const version = `<VersionId>${oneOf(versionIds, twist)}</VersionId>`
    const good = `<Delete><Object><Key>${key}</Key></Object><Object><Key>${other}</Key></Object></Delete>`
    const one = `<Delete><Object><Key>${key}</Key>${version}</Object></Delete>`
    const body = oneOf([good, one, good.slice(0, -9), '<Delete></Delete>', `${good}x`], twist)
    const headers = { 'content-md5': md5Of(pick % 5 === 0 ? `${body} ` : body) }
    return { method: 'POST', query: { delete: '' }, body, headers }
  },
  form: ({ key, text, pick, twist }, { bucket }) => {
    const conditions = [{ bucket: pick % 3 === 0 ? 'another' : bucket }]
    const extra: [string, string][] =
      pick % 2 === 0 ? [] : [['x-oss-object-acl', oneOf(ACLS, twist)]]
    const signed = signedV1('owner', 'owner-secret', policyOf(conditions))
    const request = formRequest(bucket, [['key', key], ...extra, ...signed], { content: text })
    return pick % 7 === 0 && Buffer.isBuffer(request.body)
      ? { ...request, body: request.body.subarray(0, -20) }
      : request
  },
}

/** Mostly one of the key that goes on. */
const uploadOf = ({ key, other, twist }: Choice, { uploads }: Made) =>
  uploads.get(twist % 5 === 0 ? other : key) ?? '0'.repeat(32)

const uploadMakers: Record<string, Maker> = {
  initiate: (choice) => ({
    ...{ method: 'POST', key: choice.key },
    query: { uploads: '', ...(choice.twist % 4 === 0 && { sequential: '' }) },
    headers: writeHeaders({ ...choice, text: '' }),
  }),
  part: (choice, made) => ({
    ...{ method: 'PUT', key: choice.key, body: choice.text },
    query: {
      partNumber: oneOf(['1', '2', '0', '10001', 'x', '1'], choice.pick),
      uploadId: uploadOf(choice, made),
    },
    headers: choice.twist % 4 === 1 ? { 'content-md5': md5Of('other') } : {},
  }),
  partCopy: (choice, made) => ({
    ...{ method: 'PUT', key: choice.key },
    query: { partNumber: oneOf(['1', '2', '0'], choice.pick), uploadId: uploadOf(choice, made) },
    headers: {
      'x-oss-copy-source': `/${made.bucket}/${choice.pick % 5 === 0 ? 'missing' : choice.other}`,
      ...(choice.twist % 2 === 0 && {
        'x-oss-copy-source-range': oneOf(['bytes=0-2', 'bytes=9-1'], choice.pick),
      }),
    },
  }),
  complete: (choice, made) => {
    const { key, pick, twist } = choice
    const part = (number: number, etag: string) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`
    const [one, two] = [oneOf([WHEAT_ETAG, '"0"', ...made.etags], pick), oneOf(made.etags, pick)]
    const lists = [part(1, one), part(1, one) + part(2, two), part(2, two) + part(1, one), '']
    return {
      ...{ method: 'POST', key, query: { uploadId: uploadOf(choice, made) } },
      ...(pick % 3 === 0
        ? { headers: { 'x-oss-complete-all': 'yes' }, body: twist % 2 === 0 ? '' : 'x' }
        : {
            headers: pick % 4 === 0 ? { 'x-oss-forbid-overwrite': 'true' } : {},
            body: `<CompleteMultipartUpload>${oneOf(lists, twist)}</CompleteMultipartUpload>`,
          }),
    }
  },
  abort: (choice, made) => ({
    ...{ method: 'DELETE', key: choice.key, query: { uploadId: uploadOf(choice, made) } },
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
    '{"Version":"1","Statement":[{"Effect":"Deny","Action":["oss:Put*","oss:Restore*"],"Principal":["*"],"Resource":["*"]}]}',
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
  setting: ({ pick, twist }) => {
    const name = oneOf(Object.keys(SETTINGS), pick)
    return { method: 'PUT', query: { [name]: '' }, body: oneOf(SETTINGS[name] ?? [], twist) }
  },
  unset: ({ pick }) => {
    return { method: 'DELETE', query: { [oneOf(['tagging', 'cors', 'policy'], pick)]: '' } }
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
  twist: fc.nat(1000),
  isSeen: fc.nat(LOOK_PERIOD - 1).map((number) => number === 0),
})

/** Everything that a client can see of the bucket. */
async function visibleOf(bucket: string): Promise<readonly string[]> {
  const ask = (key: string | undefined, query: Record<string, string>) =>
    api.send({ method: 'GET', bucket, query, ...(key !== undefined && { key }) })
  const answers: OssResponse[] = []
  for (const query of ['bucketInfo', 'stat', 'acl', ...Object.keys(SETTINGS)]) {
    answers.push(await ask(undefined, { [query]: '' }))
  }
  const versions = await ask(undefined, { versions: '' })
  const uploads = await ask(undefined, { uploads: '' })
  answers.push(versions, uploads)
  for (const key of keys) {
    for (const versionId of ['', ...all(versions, 'VersionId')]) {
      answers.push(await ask(key, versionId === '' ? {} : { versionId }))
    }
    for (const query of ['acl', 'tagging', 'symlink']) answers.push(await ask(key, { [query]: '' }))
    for (const uploadId of all(uploads, 'UploadId')) answers.push(await ask(key, { uploadId }))
  }
  return answers.map(seenOf)
}

/** Every row of every bucket. */
async function rowsNow(): Promise<readonly string[]> {
  const rows = await api.engine.scan(EVERY_ROW, { limit: Infinity })
  const ofBuckets = rows.filter(({ key }) => ROW_NAMESPACES.has(key[0] ?? 0))
  return ofBuckets.map(({ key, value }) => `${latin1(key)} = ${latin1(value)}`)
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

/** Rows that only one of the two has: quickly when there are none. */
function differences(before: readonly string[], after: readonly string[]): string[] {
  if (before.join() === after.join()) return []
  const [was, is] = [new Set(before), new Set(after)]
  const gone = before.filter((row) => !is.has(row)).map((row) => `- ${JSON.stringify(row)}`)
  const come = after.filter((row) => !was.has(row)).map((row) => `+ ${JSON.stringify(row)}`)
  return [...gone, ...come]
}

/** Remembers what later requests can name. */
function learn({ uploads, versionIds, etags }: Made, answer: OssResponse): void {
  const [uploadId] = all(answer, 'UploadId')
  if (uploadId !== undefined) uploads.set(all(answer, 'Key')[0] ?? '', uploadId)
  const { etag, 'x-oss-version-id': versionId } = answer.headers
  if (etag !== undefined) etags.push(etag)
  if (typeof versionId === 'string') versionIds.push(versionId)
}

/** Something to be damaged: every key with tags and an ACL of its own, and uploads with a part. */
async function fill(made: Made, isVersioned: boolean): Promise<void> {
  const { bucket } = made
  const send = async (request: OssRequest) => learn(made, await api.send({ ...request, bucket }))
  await send({ method: 'PUT' })
  const [enabled = ''] = SETTINGS['versioning'] ?? []
  if (isVersioned) await send({ method: 'PUT', query: { versioning: '' }, body: enabled })
  const headers = { 'x-oss-tagging': 'a=1', 'x-oss-object-acl': 'public-read' }
  for (const key of [FROZEN_KEY, 'a', 'b']) {
    const storageClass = key === FROZEN_KEY ? 'Archive' : 'IA'
    const all = { ...headers, 'x-oss-storage-class': storageClass }
    await send({ method: 'PUT', key, headers: all, body: 'wheat' })
  }
  const query = { append: '', position: '0' }
  await send({ method: 'POST', key: LOG_KEY, headers, query, body: 'wheat' })
  for (const key of keys) {
    await send({ method: 'POST', key, query: { uploads: '' } })
    const part = { partNumber: '1', uploadId: made.uploads.get(key) ?? '' }
    await send({ method: 'PUT', key, query: part, body: 'wheat' })
  }
}

function all({ body }: OssResponse, element: string): string[] {
  const found = body.toString().matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'g'))
  return [...new Set([...found].map(([, text = '']) => text))]
}

/** Without what names the answer. */
function seenOf({ status, headers, body }: OssResponse): string {
  const rest: Record<string, unknown> = { ...headers }
  for (const name of ['date', 'x-oss-request-id', 'x-oss-server-time', 'x-oss-err']) {
    delete rest[name]
  }
  const text = body.toString().replace(/<RequestId>.*?<\/RequestId>/, '')
  return `${status} ${JSON.stringify(rest)} ${text}`
}

/** As the owner mostly, and as somebody who may not. */
function sendAs({ pick }: Choice, request: OssRequest): Promise<OssResponse> {
  if (pick % 11 === 0) return sendOssRequest(api.stranger, request)
  if (pick % 13 === 0) return sendOssRequest(api.disabled, request)
  return api.send(pick % 17 === 0 ? { ...request, anonymous: true } : request)
}

/** The document says what the headers say (oss.md 3.1). */
function expectWellFormed(choice: Choice, { headers, body }: OssResponse): void {
  const element = (name: string) =>
    new RegExp(`<${name}>(.+?)</${name}>`).exec(body.toString())?.[1]
  const [code, ec] = [element('Code'), element('EC')]
  expect([choice, code, ec, element('RequestId')]).toEqual([
    choice,
    expect.stringMatching(/^[A-Z]\w+$/),
    expect.stringMatching(/^\d{4}-\d{8}$/),
    headers['x-oss-request-id'],
  ])
  expect([choice, headers['x-oss-ec']]).toEqual([choice, ec])
}

const isRefusal = ({ status }: OssResponse) => status >= 300

/** Sends one request; whether it was refused, and changed nothing then. */
async function tryOne(choice: Choice, made: Made): Promise<OssResponse> {
  const { bucket } = made
  const request = makers[choice.name]?.(choice, made) ?? { method: 'GET' }
  const [rowsBefore, seenBefore] = [await rowsNow(), choice.isSeen ? await visibleOf(bucket) : []]
  const answer = await sendAs(choice, { bucket, ...request })
  expect([answer.status < 500, answer.body.toString()]).toEqual([true, expect.any(String)])
  if (!isRefusal(answer)) {
    learn(made, answer)
    return answer
  }
  expectWellFormed(choice, answer)
  expect([choice, differences(rowsBefore, await rowsNow())]).toEqual([choice, []])
  if (choice.isSeen) expect([choice, await visibleOf(bucket)]).toEqual([choice, seenBefore])
  return answer
}

test(
  'a request that is refused leaves everything as it was',
  async () => {
    const counts = { done: 0, refused: 0 }
    const sequence = fc.array(choices, { minLength: 25, maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(fc.uuid(), fc.boolean(), sequence, async (id, isVersioned, steps) => {
        const bucket = `half-${id}`
        const made: Made = { bucket, uploads: new Map(), versionIds: [], etags: [] }
        await fill(made, isVersioned)
        for (const choice of steps) {
          api.clock.advance(PAUSE_MS)
          const answer = await tryOne(choice, made)
          counts[isRefusal(answer) ? 'refused' : 'done']++
          if (choice.name === 'removeBucket' && !isRefusal(answer)) return
        }
      }),
      { numRuns: RUN_COUNT, endOnFailure: true },
    )
    const share = counts.refused / (counts.done + counts.refused)
    expect([share > SHARE_MIN, share < 1 - SHARE_MIN]).toEqual([true, true])
  },
  TIMEOUT_MS,
)
