/**
 * Versions of objects, delete markers and `null`, as clients see them (oss.md 5.7).
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const bucket = 'versions'
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

type Query = Readonly<Record<string, string>>

async function setVersioning(status: 'Enabled' | 'Suspended', name = bucket): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`
  const request = { method: 'PUT', bucket: name, query: { versioning: '' }, body }
  expect(outcomeOf(await api.send(request))).toBe('200')
}

const put = (key: string, body: string, headers: OssRequest['headers'] = {}) =>
  api.send({ method: 'PUT', bucket, key, body, headers })
const get = (key: string, versionId?: string) =>
  api.send({ method: 'GET', bucket, key, query: versionId === undefined ? {} : { versionId } })
const remove = (key: string, versionId?: string) =>
  api.send({ method: 'DELETE', bucket, key, query: versionId === undefined ? {} : { versionId } })

const versionOf = ({ headers }: OssResponse) => headers['x-oss-version-id'] as string | undefined
const isMarker = ({ headers }: OssResponse) => headers['x-oss-delete-marker'] === 'true'
const textOf = ({ body }: OssResponse) => body.toString()

/** Versions and delete markers as they are listed: `v` or `d`, the identifier, `*` for the latest. */
async function list(query: Query = {}, name = bucket): Promise<string[]> {
  const answer = await api.send({ method: 'GET', bucket: name, query: { versions: '', ...query } })
  expect(answer.status).toBe(200)
  const entries = textOf(answer).matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/g)
  return [...entries].map(([, element, content = '']) => {
    const [, id] = /<VersionId>(.*?)</.exec(content) ?? []
    const latest = content.includes('<IsLatest>true<') ? '*' : ''
    return `${element === 'Version' ? 'v' : 'd'} ${id}${latest}`
  })
}

describe('a bucket in which versions were never kept', () => {
  test('says nothing of versions, and calls the only one null', async () => {
    const made = await put('plain', 'one')
    expect(versionOf(made)).toBeUndefined()
    expect(versionOf(await get('plain'))).toBeUndefined()
    expect(textOf(await get('plain', 'null'))).toBe('one')
    expect(outcomeOf(await get('plain', 'A'.repeat(26)))).toBe('404 NoSuchVersion')
    expect(await list({ prefix: 'plain' })).toEqual(['v null*'])
    const removed = await remove('plain')
    expect([versionOf(removed), isMarker(removed)]).toEqual([undefined, false])
    expect(await list({ prefix: 'plain' })).toEqual([])
  })
})

describe('a bucket that keeps versions', () => {
  let first: string | undefined
  let second: string | undefined
  beforeAll(async () => {
    await put('old', 'before')
    await setVersioning('Enabled')
    first = versionOf(await put('k', 'one'))
    second = versionOf(await put('k', 'two'))
  })

  test('has each of them under its own identifier', async () => {
    expect(first).toMatch(/^[A-Z2-7]{26}$/)
    expect(second).not.toBe(first)
    const current = await get('k')
    expect([textOf(current), versionOf(current)]).toEqual(['two', second])
    const older = await get('k', first)
    expect([textOf(older), versionOf(older)]).toEqual(['one', first])
    expect(await list({ prefix: 'k' })).toEqual([`v ${second}*`, `v ${first}`])
    const head = await api.send({ method: 'HEAD', bucket, key: 'k', query: { versionId: first! } })
    expect([head.status, versionOf(head), head.headers['content-length']]).toEqual([
      200,
      first,
      '3',
    ])
    const query = { objectMeta: '', versionId: first! }
    expect(versionOf(await api.send({ method: 'HEAD', bucket, key: 'k', query }))).toBe(first)
  })

  test('calls what was there before null, and keeps it', async () => {
    expect(versionOf(await get('old'))).toBe('null')
    const made = versionOf(await put('old', 'after'))
    expect(await list({ prefix: 'old' })).toEqual([`v ${made}*`, 'v null'])
    expect(textOf(await get('old', 'null'))).toBe('before')
    expect(outcomeOf(await remove('old', 'null'))).toBe('204')
    expect(outcomeOf(await get('old', 'null'))).toBe('404 NoSuchVersion')
    expect(await list({ prefix: 'old' })).toEqual([`v ${made}*`])
  })

  test('hides a deleted object behind a marker, and shows it again when the marker is gone', async () => {
    const marked = await remove('k')
    const marker = versionOf(marked)
    expect([marked.status, isMarker(marked)]).toEqual([204, true])
    expect(await list({ prefix: 'k' })).toEqual([`d ${marker}*`, `v ${second}`, `v ${first}`])
    for (const method of ['GET', 'HEAD']) {
      const gone = await api.send({ method, bucket, key: 'k' })
      expect(outcomeOf(gone)).toBe('404 NoSuchKey')
      expect([isMarker(gone), versionOf(gone)]).toEqual([true, marker])
      const named = await api.send({ method, bucket, key: 'k', query: { versionId: marker! } })
      expect(outcomeOf(named)).toBe('405 MethodNotAllowed')
      expect([named.headers.allow, isMarker(named)]).toEqual(['DELETE', true])
    }
    expect(textOf(await get('k', second))).toBe('two')
    const names = await api.send({ method: 'GET', bucket, query: { prefix: 'k' } })
    expect(textOf(names)).not.toContain('<Contents>')
    const unmarked = await remove('k', marker)
    expect([isMarker(unmarked), versionOf(unmarked)]).toEqual([true, marker])
    expect(textOf(await get('k'))).toBe('two')
  })

  test('removes a version for good, and makes the newest of the others current', async () => {
    const removed = await remove('k', second)
    expect([removed.status, isMarker(removed), versionOf(removed)]).toEqual([204, false, second])
    expect(textOf(await get('k'))).toBe('one')
    expect(outcomeOf(await get('k', second))).toBe('404 NoSuchVersion')
    expect(outcomeOf(await remove('k', second))).toBe('204')
    expect(await list({ prefix: 'k' })).toEqual([`v ${first}*`])
  })

  test('restores a version by copying it onto its own key', async () => {
    const newer = versionOf(await put('k', 'three', { 'x-oss-meta-grain': 'rye' }))
    const source = `/${bucket}/k?versionId=${first}`
    const copied = await put('k', '', { 'x-oss-copy-source': source })
    expect(copied.headers['x-oss-copy-source-version-id']).toBe(first)
    const made = versionOf(copied)
    expect(await list({ prefix: 'k' })).toEqual([`v ${made}*`, `v ${newer}`, `v ${first}`])
    const current = await get('k')
    expect([textOf(current), current.headers['x-oss-meta-grain']]).toEqual(['one', undefined])
  })

  test('copies from a version to another key, and not from a delete marker', async () => {
    const source = `/${bucket}/k?versionId=${first}`
    await put('copy', '', { 'x-oss-copy-source': source })
    expect(textOf(await get('copy'))).toBe('one')
    const marker = versionOf(await remove('copy'))
    const from = (version: string) => ({ 'x-oss-copy-source': `/${bucket}/copy${version}` })
    expect(outcomeOf(await put('again', '', from('')))).toBe('404 NoSuchKey')
    const named = await put('again', '', from(`?versionId=${marker}`))
    expect(outcomeOf(named)).toBe('404 NoSuchKey')
  })

  test('says which version a part was copied from, and its ETag in a header', async () => {
    const begun = await api.send({ method: 'POST', bucket, key: 'joined', query: { uploads: '' } })
    const uploadId = /<UploadId>(.*?)</.exec(textOf(begun))?.[1] ?? ''
    const query = { partNumber: '1', uploadId }
    const headers = { 'x-oss-copy-source': `/${bucket}/k?versionId=${first}` }
    const copied = await api.send({ method: 'PUT', bucket, key: 'joined', query, headers })
    expect(copied.headers['x-oss-copy-source-version-id']).toBe(first)
    expect(textOf(copied)).toContain(copied.headers['etag'] ?? 'no ETag')
    await api.send({ method: 'DELETE', bucket, key: 'joined', query: { uploadId } })
  })

  test('takes the version of a part in the query, too, where it is the same', async () => {
    const [first, second] = [
      versionOf(await put('wheat', 'one')),
      versionOf(await put('wheat', 'two')),
    ]
    const begun = await api.send({
      method: 'POST',
      bucket,
      key: 'wheat flour',
      query: { uploads: '' },
    })
    const uploadId = /<UploadId>(.*?)</.exec(textOf(begun))?.[1] ?? ''
    const copy = (versionId: string, source: string) =>
      api.send({
        ...{ method: 'PUT', bucket, key: 'wheat flour' },
        query: { uploadId, partNumber: '1', versionId },
        headers: { 'x-oss-copy-source': `/${bucket}/wheat${source}` },
      })
    expect(outcomeOf(await copy(first!, ''))).toBe('400 InvalidArgument')
    expect(outcomeOf(await copy(first!, `?versionId=${second}`))).toBe('400 InvalidArgument')
    expect(outcomeOf(await copy(first!, `?versionId=${first}`))).toBe('200')
    const headers = { 'x-oss-complete-all': 'yes' }
    await api.send({ method: 'POST', bucket, key: 'wheat flour', query: { uploadId }, headers })
    expect(textOf(await get('wheat flour'))).toBe('one')
  })

  test('copies no version when an empty one is named', async () => {
    await put('rye', 'one')
    const headers = { 'x-oss-copy-source': `/${bucket}/rye?versionId=` }
    const answer = await api.send({ method: 'PUT', bucket, key: 'rye flour', headers })
    expect(outcomeOf(answer)).toBe('400 InvalidArgument')
    expect(outcomeOf(await get('rye flour'))).toBe('404 NoSuchKey')
  })

  test('ignores that an overwrite is forbidden', async () => {
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    expect(outcomeOf(await put('k', 'four', headers))).toBe('200')
  })

  test('keeps both bodies whatever their size', async () => {
    const large = 'x'.repeat(200_000)
    const before = versionOf(await put('large', large))
    await put('large', 'small')
    expect(textOf(await get('large', before))).toBe(large)
    const range = await api.send({
      ...{ method: 'GET', bucket, key: 'large', query: { versionId: before! } },
      headers: { range: 'bytes=199998-' },
    })
    expect([range.status, textOf(range)]).toEqual([206, 'xx'])
  })

  test('makes a version of a completed upload', async () => {
    await put('parts', 'one')
    const begun = await api.send({ method: 'POST', bucket, key: 'parts', query: { uploads: '' } })
    const uploadId = /<UploadId>(.*?)</.exec(textOf(begun))?.[1] ?? ''
    const part = { method: 'PUT', bucket, key: 'parts', query: { partNumber: '1', uploadId } }
    await api.send({ ...part, body: 'two' })
    const headers = { 'x-oss-complete-all': 'yes' }
    const end = { method: 'POST', bucket, key: 'parts', query: { uploadId }, headers }
    const made = versionOf(await api.send(end))
    expect(await list({ prefix: 'parts' })).toEqual([`v ${made}*`, expect.stringMatching(/^v /)])
    expect(textOf(await get('parts'))).toBe('two')
  })

  test('appends to the null version, and never to a version or a marker', async () => {
    const append = (key: string, position: number, body: string) => {
      const query = { append: '', position: String(position) }
      return api.send({ method: 'POST', bucket, key, query, body })
    }
    expect(versionOf(await append('log', 0, 'ab'))).toBe('null')
    expect(versionOf(await append('log', 2, 'cd'))).toBe('null')
    expect(await list({ prefix: 'log' })).toEqual(['v null*'])
    const made = versionOf(await put('log', 'whole'))
    expect(outcomeOf(await append('log', 5, 'x'))).toBe('409 ObjectNotAppendable')
    expect(textOf(await get('log', 'null'))).toBe('abcd')
    await remove('log', made)
    expect(textOf(await get('log'))).toBe('abcd')
    expect(outcomeOf(await append('log', 4, 'x'))).toBe('409 ObjectNotAppendable')
    await remove('log')
    expect(outcomeOf(await append('log', 0, 'x'))).toBe('409 ObjectNotAppendable')
  })
})

describe('many at once', () => {
  const many = async (objects: string, query: Query = {}) => {
    const body = `<Delete>${objects}</Delete>`
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
    return api.send({ method: 'POST', bucket, query: { delete: '', ...query }, body, headers })
  }
  const named = (key: string, version = '') =>
    `<Object><Key>${key}</Key>${version && `<VersionId>${version}</VersionId>`}</Object>`

  test('are marked, or removed by their versions', async () => {
    const ids = [versionOf(await put('m1', 'a')), versionOf(await put('m1', 'b'))]
    const marked = await many(named('m1'))
    const [, marker = ''] = /<DeleteMarkerVersionId>(.*?)</.exec(textOf(marked)) ?? []
    expect(textOf(marked)).toContain('<DeleteMarker>true</DeleteMarker>')
    expect(await list({ prefix: 'm1' })).toEqual([`d ${marker}*`, `v ${ids[1]}`, `v ${ids[0]}`])
    const removed = await many([marker, ids[0], ids[1]].map((id) => named('m1', id)).join(''))
    expect(outcomeOf(removed)).toBe('200')
    expect(textOf(removed).match(/<Deleted>/g)).toHaveLength(3)
    expect(await list({ prefix: 'm1' })).toEqual([])
  })

  test('are left alone when one of the versions is none', async () => {
    await put('m2', 'a')
    expect(outcomeOf(await many(named('m2') + named('m2', 'x')))).toBe('400 InvalidArgument')
    expect(await list({ prefix: 'm2' })).toEqual([expect.stringMatching(/^v .*\*$/)])
  })
})

describe('wrong identifiers', () => {
  test.each(['x', 'NULL', 'A'.repeat(25), `${'A'.repeat(25)}B`, '..%2F'])(
    '%s',
    async (versionId) => {
      for (const method of ['GET', 'HEAD', 'DELETE']) {
        const request = { method, bucket, key: 'k', query: { versionId } }
        expect(outcomeOf(await api.send(request))).toBe('400 InvalidArgument')
      }
      const headers = { 'x-oss-copy-source': `/${bucket}/k?versionId=${versionId}` }
      expect(outcomeOf(await put('wrong', '', headers))).toBe('400 InvalidArgument')
      expect(outcomeOf(await get('wrong'))).toBe('404 NoSuchKey')
    },
  )

  test('of a key that there is not, and of another key', async () => {
    const id = versionOf(await put('mine', 'a'))
    expect(outcomeOf(await get('nothing', id))).toBe('404 NoSuchVersion')
    await put('yours', 'b')
    expect(outcomeOf(await get('yours', id))).toBe('404 NoSuchVersion')
    expect(outcomeOf(await remove('yours', id))).toBe('204')
    expect(textOf(await get('yours'))).toBe('b')
  })

  test('a guess of the place of a version does not name it', async () => {
    const id = versionOf(await put('guessed', 'a')) ?? ''
    const other = (id.at(-3) === 'A' ? 'B' : 'A') + id.slice(-2)
    expect(outcomeOf(await get('guessed', id.slice(0, -3) + other))).toBe('404 NoSuchVersion')
  })

  test('a version goes on in a list only with its key', async () => {
    const query = { versions: '', 'version-id-marker': 'A'.repeat(26) }
    const answer = await api.send({ method: 'GET', bucket, query })
    expect(outcomeOf(answer)).toBe('400 InvalidArgument')
    const wrong = { versions: '', 'key-marker': 'k', 'version-id-marker': 'x' }
    expect(outcomeOf(await api.send({ method: 'GET', bucket, query: wrong }))).toBe(
      '400 InvalidArgument',
    )
  })
})

describe('pages of versions', () => {
  test.each([1, 2, 3, 100])('of %d follow each other without a gap', async (count) => {
    const whole = await list({ 'max-keys': '1000' })
    const seen: string[] = []
    let query: Query = { 'max-keys': String(count) }
    for (;;) {
      const answer = await api.send({ method: 'GET', bucket, query: { versions: '', ...query } })
      seen.push(...(await list(query)))
      const text = textOf(answer)
      const [, key] = /<NextKeyMarker>(.*?)</.exec(text) ?? []
      const [, version = ''] = /<NextVersionIdMarker>(.*?)</.exec(text) ?? []
      expect(text).toContain(`<IsTruncated>${key !== undefined}<`)
      if (key === undefined) break
      query = { 'max-keys': String(count), 'key-marker': key, 'version-id-marker': version }
    }
    expect(seen).toEqual(whole)
    expect(seen.length).toBeGreaterThan(10)
  })

  test('group by a delimiter, whether current or not', async () => {
    await put('dir/a', '1')
    await put('dir/b', '1')
    await remove('dir/b')
    const query = { versions: '', prefix: 'd', delimiter: '/' }
    const text = textOf(await api.send({ method: 'GET', bucket, query }))
    expect(text).toContain('<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>')
    expect(text).not.toMatch(/<Version>|<DeleteMarker>/)
  })
})

describe('a bucket in which versions are suspended', () => {
  test('has one null version, and leaves the others alone', async () => {
    const kept = versionOf(await put('s', 'kept'))
    await setVersioning('Suspended')
    expect(versionOf(await put('s', 'one'))).toBe('null')
    expect(versionOf(await put('s', 'two'))).toBe('null')
    expect(await list({ prefix: 's' })).toEqual(['v null*', `v ${kept}`])
    const marked = await remove('s')
    expect([versionOf(marked), isMarker(marked)]).toEqual(['null', true])
    expect(await list({ prefix: 's' })).toEqual(['d null*', `v ${kept}`])
    expect(outcomeOf(await get('s', 'null'))).toBe('405 MethodNotAllowed')
    await remove('s', 'null')
    expect(textOf(await get('s'))).toBe('kept')
  })

  test('replaces the metadata of the null version in its place', async () => {
    await put('meta', 'same')
    const headers = {
      'x-oss-copy-source': `/${bucket}/meta`,
      'x-oss-metadata-directive': 'REPLACE',
      'x-oss-meta-grain': 'oats',
    }
    expect(versionOf(await put('meta', '', headers))).toBe('null')
    const current = await get('meta')
    expect([textOf(current), current.headers['x-oss-meta-grain']]).toEqual(['same', 'oats'])
    expect(await list({ prefix: 'meta' })).toEqual(['v null*'])
  })
})

describe('a bucket with versions left', () => {
  const name = 'versions-left'
  const statOf = async () => {
    const answer = await api.send({ method: 'GET', bucket: name, query: { stat: '' } })
    const count = (element: string) =>
      Number(new RegExp(`<${element}>(\\d+)<`).exec(textOf(answer))?.[1])
    return ['ObjectCount', 'Storage', 'DeleteMarkerCount'].map(count)
  }

  test('is not removed, and counts them', async () => {
    await api.send({ method: 'PUT', bucket: name })
    await setVersioning('Enabled', name)
    const key = 'k'
    const id = versionOf(await api.send({ method: 'PUT', bucket: name, key, body: 'grain' }))
    const marker = versionOf(await api.send({ method: 'DELETE', bucket: name, key }))
    expect(await statOf()).toEqual([1, 5, 1])
    expect(outcomeOf(await api.send({ method: 'DELETE', bucket: name }))).toBe('409 BucketNotEmpty')
    const removeOne = (versionId: string | undefined) =>
      api.send({ method: 'DELETE', bucket: name, key, query: { versionId: versionId ?? '' } })
    await removeOne(id)
    expect(await statOf()).toEqual([0, 0, 1])
    expect(outcomeOf(await api.send({ method: 'DELETE', bucket: name }))).toBe('409 BucketNotEmpty')
    await removeOne(marker)
    expect(await statOf()).toEqual([0, 0, 0])
    expect(outcomeOf(await api.send({ method: 'DELETE', bucket: name }))).toBe('204')
  })
})

test('a stranger does not learn which versions there are', async () => {
  const id = versionOf(await put('secret', 'a')) ?? ''
  for (const versionId of [id, 'A'.repeat(26), 'null']) {
    const request = { method: 'GET', bucket, key: 'secret', query: { versionId } }
    expect(outcomeOf(await sendOssRequest(api.stranger, request))).toBe('403 AccessDenied')
  }
})
