/**
 * Storage classes: who is of which, what is frozen, and what a restore does about it (oss.md 5.15).
 *
 * The region's clock stands still unless a test lets it go on; a day of this region takes 20 seconds.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import { formRequest, policyOf, signedV1 } from '../support/post-form.ts'

const bucket = 'classes'
const DAY_MS = 20_000
const DELAY_MS = 1_000

let api: TestApi
beforeAll(async () => {
  const restoreLengths = { delayMs: DELAY_MS, dayMs: DAY_MS }
  api = await startApi(undefined, undefined, undefined, { restoreLengths })
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const send = (request: Partial<OssRequest>) => api.send({ method: 'PUT', bucket, ...request })
const put = (key: string, storageClass: string, more: Partial<OssRequest> = {}) =>
  send({ key, body: 'barley', headers: { 'x-oss-storage-class': storageClass }, ...more })
const get = (key: string, query: Record<string, string> = {}, headers = {}) =>
  send({ method: 'GET', key, query, headers })
const head = (key: string, query: Record<string, string> = {}) =>
  send({ method: 'HEAD', key, query })
const restore = (key: string, body = '', query: Record<string, string> = {}) =>
  send({ method: 'POST', key, query: { restore: '', ...query }, body })

const uploadIdOf = ({ body }: OssResponse) => /<UploadId>(\w+)</.exec(body.toString())?.[1] ?? ''
const classOf = (storageClass: string) => ({ 'x-oss-storage-class': storageClass })
const classes = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']
const frozenClasses = classes.slice(2)
const FROZEN = '403 InvalidObjectState'

test('a frozen object is not read until it is restored, and is frozen again after a day', async () => {
  expect(outcomeOf(await put('frozen', 'Archive'))).toBe('200')
  expect(outcomeOf(await get('frozen'))).toBe('403 InvalidObjectState')
  const { headers: before } = await head('frozen')
  expect([before['x-oss-storage-class'], before['x-oss-restore']]).toEqual(['Archive', undefined])

  expect(outcomeOf(await restore('frozen'))).toBe('202')
  expect((await head('frozen')).headers['x-oss-restore']).toBe('ongoing-request="true"')
  expect(outcomeOf(await get('frozen'))).toBe('403 InvalidObjectState')
  expect(outcomeOf(await restore('frozen'))).toBe('409 RestoreAlreadyInProgress')

  const until = new Date(api.clock.nowMs() + DELAY_MS + DAY_MS).toUTCString()
  api.clock.advance(DELAY_MS)
  expect((await head('frozen')).headers['x-oss-restore']).toBe(
    `ongoing-request="false", expiry-date="${until}"`,
  )
  expect((await get('frozen')).body.toString()).toBe('barley')

  api.clock.advance(DAY_MS)
  expect(outcomeOf(await get('frozen'))).toBe('403 InvalidObjectState')
  expect((await head('frozen')).headers['x-oss-restore']).toBeUndefined()
})

/** Restores the object and waits until it can be read. */
async function restoreNow(key: string, query: Record<string, string> = {}): Promise<void> {
  expect(outcomeOf(await restore(key, '', query))).toBe('202')
  api.clock.advance(3 * DELAY_MS)
}

describe('the class of an object is the one that is asked for', () => {
  const made: [string, (key: string, headers: Record<string, string>) => Promise<OssResponse>][] = [
    ['put', (key, headers) => send({ key, headers, body: 'x' })],
    [
      'copied',
      (key, headers) =>
        send({ key, headers: { ...headers, 'x-oss-copy-source': `/${bucket}/source` } }),
    ],
    ['uploaded in parts', uploaded],
    [
      'posted',
      (key, headers) => {
        const fields = Object.entries({ key, ...headers })
        const signed = signedV1('owner', 'owner-secret', policyOf([{ bucket }]))
        return api.send(formRequest(bucket, [...fields, ...signed], { content: 'x' }))
      },
    ],
  ]
  beforeAll(() => send({ key: 'source', body: 'x' }))

  async function uploaded(key: string, headers: Record<string, string>): Promise<OssResponse> {
    const begun = await send({ method: 'POST', key, headers, query: { uploads: '' } })
    const uploadId = uploadIdOf(begun)
    await send({ key, body: 'x', query: { partNumber: '1', uploadId } })
    const all = { 'x-oss-complete-all': 'yes' }
    return send({ method: 'POST', key, headers: all, query: { uploadId } })
  }

  test.each(made.flatMap(([how, make]) => classes.map((of) => [how, of, make] as const)))(
    '%s as %s',
    async (how, storageClass, make) => {
      const key = `${how}/${storageClass}`
      expect(outcomeOf(await make(key, classOf(storageClass)))).toMatch(/^20[04]$/)
      expect((await head(key)).headers['x-oss-storage-class']).toBe(storageClass)
      const list = await send({ method: 'GET', query: { prefix: key } })
      expect(list.body.toString()).toContain(`<StorageClass>${storageClass}</StorageClass>`)
      const isFrozen = frozenClasses.includes(storageClass)
      expect(outcomeOf(await get(key))).toBe(isFrozen ? FROZEN : '200')
    },
  )

  test.each([
    ['a put', {}],
    ['an upload', { method: 'POST', query: { uploads: '' } }],
    ['an append', { method: 'POST', query: { append: '', position: '0' } }],
    ['a link', { query: { symlink: '' } }],
  ])('%s with a class that nobody knows is refused', async (_name, request) => {
    const headers = { ...classOf('Dusty'), 'x-oss-symlink-target': 'source' }
    const wrong = await send({ key: 'dusty', body: '', headers, ...request })
    expect(outcomeOf(wrong)).toBe('400 InvalidArgument')
  })
})

test.each(classes)('a bucket of class %s says so, and gives it to what names none', async (of) => {
  const own = `of-${of.toLowerCase()}`
  const body = `<CreateBucketConfiguration><StorageClass>${of}</StorageClass></CreateBucketConfiguration>`
  expect(outcomeOf(await api.send({ method: 'PUT', bucket: own, body }))).toBe('200')
  const shown = `<StorageClass>${of}</StorageClass>`
  const info = await api.send({ method: 'GET', bucket: own, query: { bucketInfo: '' } })
  const list = await api.send({ method: 'GET', query: { prefix: own } })
  expect([info, list].map(({ body }) => body.toString().includes(shown))).toEqual([true, true])

  await send({ bucket: own, key: 'plain', body: 'x' })
  await send({ bucket: own, key: 'warm', body: 'x', headers: classOf('Standard') })
  await send({ bucket: own, key: 'link', query: { symlink: '' }, headers: linkTo('warm') })
  const ofKey = async (key: string) =>
    (await send({ method: 'HEAD', bucket: own, key })).headers['x-oss-storage-class']
  expect([await ofKey('plain'), await ofKey('warm')]).toEqual([of, 'Standard'])
  // No link is of the two coldest classes.
  expect(await ofKey('link')).toBe(of.endsWith('dArchive') ? 'Standard' : of)
  const read = await send({ method: 'GET', bucket: own, key: 'link' })
  expect(read.body.toString()).toBe('x')
})

const linkTo = (target: string) => ({ 'x-oss-symlink-target': target })

test('GetBucketStat counts each class by itself', async () => {
  const own = 'counted'
  await api.send({ method: 'PUT', bucket: own })
  for (const [at, of] of classes.entries()) {
    for (let copy = 0; copy <= at; copy++) {
      await put(`${of}/${copy}`, of, { bucket: own, body: 'x'.repeat(10 ** at) })
    }
  }
  await send({ method: 'DELETE', bucket: own, key: 'DeepColdArchive/0' })
  const { body } = await api.send({ method: 'GET', bucket: own, query: { stat: '' } })
  const stat = (name: string) => Number(new RegExp(`<${name}>(\\d+)<`).exec(body.toString())?.[1])
  expect([stat('StandardObjectCount'), stat('StandardStorage')]).toEqual([1, 1])
  const rows = ['InfrequentAccess', 'Archive', 'ColdArchive', 'DeepColdArchive'].map((name) => {
    return [`${name}ObjectCount`, `${name}Storage`, `${name}RealStorage`].map(stat)
  })
  expect(rows).toEqual([
    [2, 20, 20],
    [3, 300, 300],
    [4, 4000, 4000],
    [4, 40_000, 40_000],
  ])
  expect(stat('ObjectCount')).toBe(14)
})

describe('what is frozen', () => {
  test.each(frozenClasses)('of class %s is no source of a copy or of a part', async (of) => {
    const key = `frozen/${of}`
    await put(key, of)
    const source = { 'x-oss-copy-source': `/${bucket}/${key}` }
    const begun = await send({ method: 'POST', key: 'parts', query: { uploads: '' } })
    const query = { partNumber: '1', uploadId: uploadIdOf(begun) }
    const reads = async () => [
      outcomeOf(await send({ key: 'copy', headers: { ...source, ...classOf('Standard') } })),
      outcomeOf(await send({ key, headers: { ...source, ...classOf('Standard') } })),
      outcomeOf(await send({ key: 'parts', query, headers: source })),
      outcomeOf(await get(key, {}, { range: 'bytes=0-1' })),
    ]
    expect(await reads()).toEqual([FROZEN, FROZEN, FROZEN, FROZEN])
    await restore(key)
    expect(await reads()).toEqual([FROZEN, FROZEN, FROZEN, FROZEN])
    expect(outcomeOf(await head('copy'))).toBe('404 NoSuchKey')
    expect((await head(key)).headers['x-oss-storage-class']).toBe(of)
    api.clock.advance(3 * DELAY_MS)
    // The second copy makes it one that is never frozen.
    expect(await reads()).toEqual(['200', '200', '200', '206'])
    expect((await head(key)).headers['x-oss-storage-class']).toBe('Standard')
    for (const done of ['copy', key]) await send({ method: 'DELETE', key: done })
  })

  test('is told apart and deleted as everything else, and replaced', async () => {
    const { headers } = await put('other', 'Archive')
    const same = { 'if-none-match': String(headers.etag) }
    expect((await get('other', {}, same)).status).toBe(304)
    expect(outcomeOf(await put('other', 'IA'))).toBe('200')
    expect(outcomeOf(await get('other'))).toBe('200')
    await put('other', 'Archive')
    expect((await send({ method: 'DELETE', key: 'other' })).status).toBe(204)
  })

  test('is frozen to those who come by a link', async () => {
    await put('target', 'Archive')
    const headers = { ...linkTo('target'), ...classOf('Archive') }
    await send({ key: 'link', query: { symlink: '' }, headers })
    expect(outcomeOf(await get('link'))).toBe(FROZEN)
    expect((await head('link')).headers['x-oss-storage-class']).toBe('Archive')
    // The link has nothing to restore.
    expect(outcomeOf(await restore('link'))).toBe('400 OperationNotSupported')
    await restoreNow('target')
    expect((await get('link')).body.toString()).toBe('barley')
  })

  test('says nothing of it to those who may not read it', async () => {
    await put('secret', 'Archive')
    const ask = (request: Partial<OssRequest>) =>
      sendOssRequest(api.stranger, { method: 'GET', bucket, key: 'secret', ...request })
    expect(outcomeOf(await ask({}))).toBe('403 AccessDenied')
    expect(outcomeOf(await ask({ method: 'POST', query: { restore: '' } }))).toBe(
      '403 AccessDenied',
    )
    expect(outcomeOf(await restore('secret'))).toBe('202')
    const clean = { method: 'POST', query: { cleanRestoredObject: '' } }
    expect(outcomeOf(await ask(clean))).toBe('403 AccessDenied')
  })
})

describe('RestoreObject', () => {
  const request = (days?: number | string, tier?: string) => {
    const parameters =
      tier === undefined ? '' : `<JobParameters><Tier>${tier}</Tier></JobParameters>`
    const length = days === undefined ? '' : `<Days>${days}</Days>`
    return `<RestoreRequest>${length}${parameters}</RestoreRequest>`
  }
  const expiry = async (key: string, query = {}) =>
    /expiry-date="(.*)"/.exec(String((await head(key, query)).headers['x-oss-restore']))?.[1]
  const after = (ms: number) => new Date(api.clock.nowMs() + ms).toUTCString()

  test.each([
    ['ColdArchive', undefined, 3],
    ['ColdArchive', 'Expedited', 1],
    ['ColdArchive', 'Standard', 3],
    ['ColdArchive', 'Bulk', 12],
    ['DeepColdArchive', 'Expedited', 1],
    ['DeepColdArchive', 'Standard', 3],
  ])('of class %s with tier %s says its priority and takes %d delays', async (of, tier, delays) => {
    const key = `tier/${of}/${tier}`
    await put(key, of)
    const answer = await restore(key, request(2, tier))
    expect([outcomeOf(answer), answer.headers['x-oss-object-restore-priority']]).toEqual([
      '202',
      tier ?? 'Standard',
    ])
    api.clock.advance(delays * DELAY_MS - 1)
    expect(outcomeOf(await get(key))).toBe(FROZEN)
    api.clock.advance(1)
    expect(outcomeOf(await get(key))).toBe('200')
    expect(await expiry(key)).toBe(after(2 * DAY_MS))
  })

  test('that is done is prolonged, up to seven days for class Archive', async () => {
    await put('longer', 'Archive')
    const first = await restore('longer')
    expect(first.headers['x-oss-object-restore-priority']).toBeUndefined()
    const readyMs = api.clock.nowMs() + DELAY_MS
    api.clock.advance(DELAY_MS + 5_000)
    const again = await restore('longer')
    expect([outcomeOf(again), again.headers['x-oss-object-restore-priority']]).toEqual([
      '200',
      undefined,
    ])
    expect(await expiry('longer')).toBe(new Date(readyMs + 2 * DAY_MS).toUTCString())
    expect(outcomeOf(await restore('longer', request(7)))).toBe('200')
    expect(await expiry('longer')).toBe(new Date(readyMs + 7 * DAY_MS).toUTCString())
  })

  test('leaves the object as it was, but for what lists and heads tell of it', async () => {
    await put('as-it-was', 'Archive')
    const { headers: before } = await head('as-it-was')
    api.clock.advance(2_000)
    await restoreNow('as-it-was')
    const { headers: now } = await head('as-it-was')
    for (const name of ['last-modified', 'etag', 'x-oss-storage-class', 'content-length']) {
      expect([name, now[name]]).toEqual([name, before[name]])
    }
    const told = `<RestoreInfo>${String(now['x-oss-restore'])}</RestoreInfo>`
    for (const query of [{}, { 'list-type': '2' }, { versions: '' }]) {
      const { body } = await send({ method: 'GET', query: { prefix: 'as-it-was', ...query } })
      expect(body.toString()).toContain(told)
    }
    expect((await get('as-it-was')).headers['x-oss-restore']).toBe(now['x-oss-restore'])
  })

  test('outlives new metadata, and not a new class', async () => {
    await put('renewed', 'Archive')
    await restoreNow('renewed')
    const onto = { 'x-oss-copy-source': `/${bucket}/renewed`, 'x-oss-meta-a': 'b' }
    const copy = (of: string) => send({ key: 'renewed', headers: { ...onto, ...classOf(of) } })
    expect(outcomeOf(await copy('Archive'))).toBe('200')
    expect(outcomeOf(await get('renewed'))).toBe('200')
    expect(outcomeOf(await copy('ColdArchive'))).toBe('200')
    expect(outcomeOf(await get('renewed'))).toBe(FROZEN)
    expect((await head('renewed')).headers['x-oss-restore']).toBeUndefined()
    expect(outcomeOf(await copy('Standard'))).toBe(FROZEN)
  })

  test('is undone by CleanRestoredObject once it is done, and may be asked for anew', async () => {
    const clean = async (key: string, query = {}) =>
      outcomeOf(await send({ method: 'POST', key, query: { cleanRestoredObject: '', ...query } }))
    await put('cleaned', 'ColdArchive')
    expect(await clean('cleaned')).toBe('409 ArchiveRestoreFileStale')
    await restore('cleaned')
    expect(await clean('cleaned')).toBe('409 ArchiveRestoreNotFinished')
    api.clock.advance(3 * DELAY_MS)
    expect(await clean('cleaned')).toBe('200')
    expect(outcomeOf(await get('cleaned'))).toBe(FROZEN)
    expect(outcomeOf(await restore('cleaned'))).toBe('202')
    await put('warm', 'Standard')
    expect(await clean('warm')).toBe('400 OperationNotSupported')
    expect(await clean('absent')).toBe('404 NoSuchKey')
  })

  test.each([
    ['Standard', '', '400 OperationNotSupported'],
    ['IA', '', '400 OperationNotSupported'],
    ['Archive', request(1), '202'],
    ['Archive', request(7), '202'],
    ['Archive', request(0), '400 InvalidArgument'],
    ['Archive', request(8), '400 InvalidArgument'],
    ['Archive', request('a'), '400 InvalidArgument'],
    ['Archive', request(5, 'Bulk'), '400 MalformedXML'],
    ['Archive', '<RestoreRequest/>', '202'],
    ['Archive', '<RestoreRequest>', '400 MalformedXML'],
    ['Archive', '<Restore/>', '400 MalformedXML'],
    ['Archive', 'x'.repeat(70_000), '400 MalformedXML'],
    ['ColdArchive', request(365), '202'],
    ['ColdArchive', request(366), '400 InvalidArgument'],
    ['ColdArchive', request('9'.repeat(30)), '400 InvalidArgument'],
    ['ColdArchive', request(1, 'Test'), '400 InvalidArgument'],
    ['DeepColdArchive', request(undefined, 'Bulk'), '400 InvalidArgument'],
    ['DeepColdArchive', request(undefined, 'Expedited'), '202'],
  ])('of class %s with %.60s is %s', async (of, body, expected) => {
    await put('asked', of)
    const { headers: before } = await head('asked')
    expect(outcomeOf(await restore('asked', body))).toBe(expected)
    const { headers: now } = await head('asked')
    expect(now['x-oss-restore'] !== undefined).toBe(expected === '202')
    expect(now['last-modified']).toBe(before['last-modified'])
  })

  test('of what is not there, or was deleted, is refused', async () => {
    expect(outcomeOf(await restore('absent'))).toBe('404 NoSuchKey')
    expect(outcomeOf(await restore('absent', '', { versionId: 'null' }))).toBe('404 NoSuchVersion')
    expect(outcomeOf(await restore('absent', '', { versionId: '?' }))).toBe('400 InvalidArgument')
  })

  test('is of the version that is named', async () => {
    const own = { bucket: 'classes-versions' }
    await api.send({ method: 'PUT', ...own })
    const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await api.send({ method: 'PUT', ...own, query: { versioning: '' }, body })
    const ids: string[] = []
    for (const text of ['old', 'new']) {
      const { headers } = await put('k', 'Archive', { ...own, body: text })
      ids.push(String(headers['x-oss-version-id']))
    }
    const [versionId = '', currentId = ''] = ids
    const read = async (id: string) =>
      outcomeOf(await send({ ...own, method: 'GET', key: 'k', query: { versionId: id } }))
    const act = (subresource: string, id?: string) => {
      const query = { [subresource]: '', ...(id === undefined ? {} : { versionId: id }) }
      return send({ ...own, method: 'POST', key: 'k', query })
    }
    const old = await act('restore', versionId)
    expect([outcomeOf(old), old.headers['x-oss-version-id']]).toEqual(['202', versionId])
    api.clock.advance(DELAY_MS)
    expect([await read(versionId), await read(currentId)]).toEqual(['200', FROZEN])
    expect((await act('restore')).headers['x-oss-version-id']).toBe(currentId)
    api.clock.advance(DELAY_MS)
    expect(outcomeOf(await act('cleanRestoredObject', versionId))).toBe('200')
    expect([await read(versionId), await read(currentId)]).toEqual([FROZEN, '200'])

    const gone = await send({ ...own, method: 'DELETE', key: 'k' })
    const markerId = String(gone.headers['x-oss-version-id'])
    expect(outcomeOf(await act('restore', markerId))).toBe('405 MethodNotAllowed')
    expect(outcomeOf(await act('restore'))).toBe('404 NoSuchKey')
  })
})

describe('what GetBucketArchiveDirectRead shows and PutBucketArchiveDirectRead sets', () => {
  const query = { bucketArchiveDirectRead: '' }
  const set = (text: string, own = bucket) =>
    send({
      ...{ bucket: own, query },
      body: `<ArchiveDirectReadConfiguration><Enabled>${text}</Enabled></ArchiveDirectReadConfiguration>`,
    })
  const enabled = async () => {
    const { body } = await send({ method: 'GET', query })
    return /<Enabled>(\w+)</.exec(body.toString())?.[1]
  }

  test('lets class Archive be read and copied, and no colder one', async () => {
    for (const of of frozenClasses) await put(`direct/${of}`, of)
    const read = () =>
      Promise.all(frozenClasses.map(async (of) => outcomeOf(await get(`direct/${of}`))))
    expect([await enabled(), await read()]).toEqual(['false', [FROZEN, FROZEN, FROZEN]])
    expect(outcomeOf(await set('true'))).toBe('200')
    expect([await enabled(), await read()]).toEqual(['true', ['200', FROZEN, FROZEN]])
    const source = { 'x-oss-copy-source': `/${bucket}/direct/Archive` }
    expect(outcomeOf(await send({ key: 'copied', headers: source }))).toBe('200')
    // It is the bucket that is read from that says so.
    await api.send({ method: 'PUT', bucket: 'indirect' })
    await put('archived', 'Archive', { bucket: 'indirect' })
    const back = { 'x-oss-copy-source': '/indirect/archived' }
    expect(outcomeOf(await send({ key: 'back', headers: back }))).toBe(FROZEN)
    expect(outcomeOf(await set('false'))).toBe('200')
    expect([await enabled(), await read()]).toEqual(['false', [FROZEN, FROZEN, FROZEN]])
  })

  test.each(['', 'yes', 'TRUE'])('set to "%s" is malformed', async (text) => {
    expect(outcomeOf(await set(text))).toBe('400 MalformedXML')
  })

  test('is for the owner to set', async () => {
    const stranger = await sendOssRequest(api.stranger, { method: 'GET', bucket, query })
    expect(outcomeOf(stranger)).toBe('403 AccessDenied')
  })
})

describe('an object that grows', () => {
  const append = (key: string, position: number, of?: string) => {
    const headers = of === undefined ? {} : classOf(of)
    const query = { append: '', position: String(position) }
    return send({ method: 'POST', key, headers, query, body: 'line' })
  }
  const onto = (key: string, of: string) =>
    send({ key, headers: { 'x-oss-copy-source': `/${bucket}/${key}`, ...classOf(of) } })

  test.each([
    ['Standard', '200'],
    ['IA', '200'],
    ['Archive', '200'],
    ['ColdArchive', '400 OperationNotSupported'],
    ['DeepColdArchive', '400 OperationNotSupported'],
  ])('may be of class %s: %s', async (of, expected) => {
    const key = `log/${of}`
    expect(outcomeOf(await append(key, 0, of))).toBe(expected)
    if (expected !== '200') return expect(outcomeOf(await head(key))).toBe('404 NoSuchKey')
    // Only the first says of which class.
    expect(outcomeOf(await append(key, 4, 'DeepColdArchive'))).toBe('200')
    expect((await head(key)).headers['x-oss-storage-class']).toBe(of)
  })

  test('becomes one of the coldest once it is sealed', async () => {
    await append('sealed', 0)
    expect(outcomeOf(await onto('sealed', 'ColdArchive'))).toBe('400 OperationNotSupported')
    expect((await head('sealed')).headers['x-oss-storage-class']).toBe('Standard')
    await send({ method: 'POST', key: 'sealed', query: { seal: '', position: '4' } })
    expect(outcomeOf(await onto('sealed', 'ColdArchive'))).toBe('200')
    expect(outcomeOf(await get('sealed'))).toBe(FROZEN)
  })
})
