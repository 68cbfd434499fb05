import { createHash } from 'node:crypto'
import type { ObjectMetadata } from '../../../model/object.ts'
import { bucket, headerOf, record, requestOf, servicesOf } from '../operation-fixtures.ts'
import { copyObject, deleteMultipleObjects, deleteObject, putObject } from './object-basic.ts'

describe('PutObject', () => {
  const put = async (headers: Record<string, string>, body: string | undefined) => {
    const asked: unknown[] = []
    const services = servicesOf({
      objects: {
        put(_bucket, _key, request) {
          asked.push(request)
          return Promise.resolve(record)
        },
      },
    })
    const fixture = { method: 'PUT', headers, ...(body === undefined ? {} : { body }) }
    return { asked, answer: await putObject.handle(requestOf(fixture), services) }
  }

  test('passes on what the headers say and answers the checksums', async () => {
    const { asked, answer } = await put(
      { 'x-oss-forbid-overwrite': 'true', 'x-oss-meta-a': 'b', 'x-oss-object-acl': 'private' },
      'hello',
    )
    const metadata = { acl: 'private', userMetadata: [['a', 'b']] }
    expect(asked).toMatchObject([{ forbidOverwrite: true, metadata }])
    expect(headerOf(answer, 'Content-MD5')).toBe('XUFAKrxLKna5cZ2REBfFkg==')
  })

  test.each<[Record<string, string>, string | undefined, string]>([
    [{}, undefined, 'MissingContentLength'],
    [{ 'content-md5': 'x' }, 'hello', 'InvalidDigest'],
    [{ 'x-oss-forbid-overwrite': 'maybe' }, 'hello', 'InvalidArgument'],
    [{ 'x-oss-storage-class': 'Dusty' }, 'hello', 'InvalidArgument'],
  ])('%j with body %s is %s', async (headers, body, code) => {
    await expect(put(headers, body)).rejects.toMatchObject({ code })
  })
})

describe('CopyObject', () => {
  const TYPE = { 'content-type': 'text/x' }
  const copy = async (source: string, headers: Record<string, string> = {}, type = {}) => {
    let made: ObjectMetadata | undefined
    const services = servicesOf({
      buckets: { find: () => Promise.resolve(bucket) },
      objects: {
        copy(_bucket, _key, request) {
          request.check(record)
          made = request.metadata(record)
          return Promise.resolve({ record, source: record })
        },
      },
    })
    const all = { 'x-oss-copy-source': source, ...type, ...headers }
    const answer = await copyObject.handle(requestOf({ method: 'PUT', headers: all }), services)
    return { made, answer }
  }

  test('keeps the metadata of its source, but neither class nor ACL', async () => {
    const acl = { 'x-oss-object-acl': 'public-read' }
    const { made, answer } = await copy('/grain/oats', acl, TYPE)
    expect(made).toMatchObject({ contentType: 'text/plain', acl: 'public-read' })
    expect(answer.body).toContain('<CopyObjectResult>')
  })

  test.each([
    ['/grain/oats', { 'x-oss-metadata-directive': 'REPLACE' }],
    ['/grain/barley', {}],
  ])('from %s with %j takes what was sent', async (source, headers) => {
    const { made } = await copy(source, headers as Record<string, string>, TYPE)
    expect(made).toMatchObject({ contentType: 'text/x', userMetadata: [] })
  })

  test('onto itself keeps what nothing was sent for, unless it is to be replaced', async () => {
    const bare = { 'x-oss-storage-class': 'IA' }
    const kept = await copy('/grain/barley', bare)
    expect(kept.made).toMatchObject({ contentType: 'text/plain', storageClass: 'IA' })
    const replaced = await copy('/grain/barley', { ...bare, 'x-oss-metadata-directive': 'REPLACE' })
    expect(replaced.made).toMatchObject({ contentType: 'application/octet-stream' })
  })

  test.each<[Record<string, string>, string]>([
    [{ 'x-oss-copy-source-if-match': 'x' }, 'PreconditionFailed'],
    [{ 'x-oss-copy-source-if-none-match': record.etag }, 'NotModified'],
    [{ 'x-oss-metadata-directive': 'MERGE' }, 'InvalidArgument'],
  ])('with %j is %s', async (headers, code) => {
    await expect(copy('/grain/oats', headers)).rejects.toMatchObject({ code })
  })
})

test('DeleteObject answers 204 whatever was there', async () => {
  const objects = { delete: () => Promise.resolve({ versionId: undefined, isDeleteMarker: false }) }
  const answer = await deleteObject.handle(requestOf({ method: 'DELETE' }), servicesOf({ objects }))
  expect(answer.status).toBe(204)
})

describe('DeleteMultipleObjects', () => {
  const remove = async (document: string) => {
    const deleted: string[] = []
    const services = servicesOf({
      objects: {
        delete(_bucket, key) {
          deleted.push(key)
          return Promise.resolve({ versionId: undefined, isDeleteMarker: false })
        },
      },
    })
    const md5 = createHash('md5').update(document).digest('base64')
    const fixture = { method: 'POST', headers: { 'content-md5': md5 }, body: document }
    const { body } = await deleteMultipleObjects.handle(requestOf(fixture), services)
    return { deleted, body: String(body) }
  }

  test('deletes each key and names it', async () => {
    const keys = Array.from({ length: 250 }, (_, index) => `k${index}`)
    const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')
    const { deleted, body } = await remove(`<Delete>${objects}</Delete>`)
    expect(deleted).toEqual(keys)
    expect(body.match(/<Deleted>/g)).toHaveLength(250)
  })

  test('refuses what is no version before anything is deleted', async () => {
    const document =
      '<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>x</VersionId></Object></Delete>'
    await expect(remove(document)).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})
