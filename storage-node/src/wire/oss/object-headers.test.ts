import type { ObjectKey, VersionSeq } from '../../model/identifiers.ts'
import type { ObjectRecord } from '../../model/object.ts'
import { plainVersion } from '../../model/object.ts'
import {
  copiedMetadata,
  objectHeaders,
  objectMetaHeaders,
  readContentMd5,
  readForbidOverwrite,
  readObjectMetadata,
  readReplacesMetadata,
} from './object-headers.ts'
import { parseHeaders } from './request-head.ts'

const bucket = { storageClass: 'IA' } as const
const key = 'dir/photo.JPG' as ObjectKey

test('a plain request has the defaults of its key and bucket', () => {
  expect(readObjectMetadata({}, key, bucket)).toEqual({
    contentType: 'image/jpeg',
    headers: [],
    userMetadata: [],
    storageClass: 'IA',
    acl: 'default',
    tags: [],
  })
})

test.each([
  ['a.html', undefined, 'text/html'],
  ['a.tar.gz', undefined, 'application/gzip'],
  ['no-extension', undefined, 'application/octet-stream'],
  ['dir.html/file', undefined, 'application/octet-stream'],
  ['a.html', '', ''],
  ['a.html', 'x/y; charset=UTF-8', 'x/y; charset=UTF-8'],
])('the type of %s sent as %j is %s', (name, sent, type) => {
  const headers = { 'content-type': sent }
  expect(readObjectMetadata(headers, name as ObjectKey, bucket).contentType).toBe(type)
})

test('everything a client says is kept as it came', () => {
  const raw = ['Cache-Control', 'no-cache', 'Expires', 'x', 'Content-Encoding', 'gzip']
  raw.push('x-oss-meta-Author', 'é%20', 'X-Oss-Meta-2-b', '', 'x-oss-storage-class', 'Archive')
  raw.push('x-oss-object-acl', 'public-read', 'Content-Language', 'de', 'Range', 'bytes=0-1')
  expect(readObjectMetadata(parseHeaders(raw), key, bucket)).toEqual({
    contentType: 'image/jpeg',
    headers: [
      ['cache-control', 'no-cache'],
      ['content-encoding', 'gzip'],
      ['content-language', 'de'],
      ['expires', 'x'],
    ],
    userMetadata: [
      ['author', 'é%20'],
      ['2-b', ''],
    ],
    storageClass: 'Archive',
    acl: 'public-read',
    tags: [],
  })
})

test('user metadata may be 8 KB with its names, and not a byte more', () => {
  const headers = { 'x-oss-meta-a': 'x'.repeat(4000), 'x-oss-meta-b': 'x'.repeat(8192 - 4000 - 24) }
  expect(readObjectMetadata(headers, key, bucket).userMetadata).toHaveLength(2)
  const larger = { ...headers, 'x-oss-meta-a': 'x'.repeat(4001) }
  expect(() => readObjectMetadata(larger, key, bucket)).toThrow(/at most 8192 bytes, is 8193/)
})

test.each([
  [{ 'x-oss-meta-a_b': '1' }],
  [{ 'x-oss-meta-': '1' }],
  [{ 'x-oss-meta-a.b': '1' }],
  [{ 'x-oss-storage-class': 'Glacier' }],
  [{ 'x-oss-object-acl': 'open' }],
])('%j is refused', (headers) => {
  expect(() => readObjectMetadata(headers, key, bucket)).toThrow(
    expect.objectContaining({ code: 'InvalidArgument' }),
  )
})

test.each([
  [undefined, false],
  ['true', true],
  ['TRUE', true],
  ['false', false],
])('x-oss-forbid-overwrite %j means %s', (text, forbids) => {
  expect(readForbidOverwrite({ 'x-oss-forbid-overwrite': text })).toBe(forbids)
})

test.each(['', 'yes', '1'])('x-oss-forbid-overwrite %j is refused', (text) => {
  expect(() => readForbidOverwrite({ 'x-oss-forbid-overwrite': text })).toThrow(/true or false/)
})

test('Content-MD5 is 16 bytes in base64, or refused', () => {
  expect(readContentMd5({})).toBeUndefined()
  const md5 = readContentMd5({ 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' })
  expect(Buffer.from(md5 ?? []).toString('hex')).toBe('d41d8cd98f00b204e9800998ecf8427e')
  for (const text of [
    '',
    'abc',
    '1B2M2Y8AsgTpgAmY7PhCfg',
    '1B2M2Y8AsgTpgAmY7PhCfh==',
    'A'.repeat(24),
  ]) {
    expect(() => readContentMd5({ 'content-md5': text })).toThrow(
      expect.objectContaining({ code: 'InvalidDigest' }),
    )
  }
})

test('a copy keeps what describes the content, and takes class and ACL from the request', () => {
  const source = readObjectMetadata(
    { 'content-type': 'a/b', 'x-oss-meta-a': '1', 'x-oss-object-acl': 'public-read' },
    key,
    bucket,
  )
  const requested = readObjectMetadata({ 'x-oss-storage-class': 'Standard' }, key, bucket)
  expect(copiedMetadata(source, requested, { metadata: false, tags: false })).toEqual({
    contentType: 'a/b',
    headers: [],
    userMetadata: [['a', '1']],
    storageClass: 'Standard',
    acl: 'default',
    tags: [],
  })
  expect(readReplacesMetadata({})).toBe(false)
  expect(readReplacesMetadata({ 'x-oss-metadata-directive': 'replace' })).toBe(true)
  expect(readReplacesMetadata({ 'x-oss-metadata-directive': 'COPY' })).toBe(false)
  expect(() => readReplacesMetadata({ 'x-oss-metadata-directive': 'MERGE' })).toThrow(/COPY or/)
})

const record: ObjectRecord = {
  contentType: 'text/plain',
  headers: [['cache-control', 'no-cache']],
  userMetadata: [['author', 'a']],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
  type: 'Normal',
  versionSeq: 1n as VersionSeq,
  ...plainVersion,
  sizeBytes: 0,
  etag: 'D41D8CD98F00B204E9800998ECF8427E',
  crc64: 18446744073709551615n,
  lastModifiedMs: 784111777999,
  data: { kind: 'none' },
}

test('a normal object is described by its headers', () => {
  expect(objectHeaders(record)).toEqual([
    ...['Content-Type', 'text/plain', 'Accept-Ranges', 'bytes'],
    ...['ETag', '"D41D8CD98F00B204E9800998ECF8427E"'],
    ...['Last-Modified', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ...['x-oss-hash-crc64ecma', '18446744073709551615'],
    ...['x-oss-object-type', 'Normal', 'x-oss-storage-class', 'Standard'],
    ...['Content-MD5', '1B2M2Y8AsgTpgAmY7PhCfg=='],
    ...['Cache-Control', 'no-cache', 'x-oss-meta-author', 'a'],
  ])
  expect(objectMetaHeaders(record).filter((_, at) => at % 2 === 0)).toEqual([
    'ETag',
    'Last-Modified',
    'x-oss-hash-crc64ecma',
  ])
})

test('of others, only an object of ordered parts has a Content-MD5, only an appendable one a next position', () => {
  const appendable = objectHeaders({ ...record, type: 'Appendable', sizeBytes: 7 })
  expect(appendable).toEqual(expect.arrayContaining(['x-oss-next-append-position', '7']))
  expect(appendable).not.toContain('Content-MD5')
  const multipart = objectHeaders({ ...record, type: 'Multipart' })
  expect(multipart).not.toContain('Content-MD5')
  expect(multipart).not.toContain('x-oss-next-append-position')
  const contentMd5 = '00'.repeat(16)
  const link: ObjectRecord = { ...record, type: 'Symlink' }
  const hashed: ObjectRecord = {
    ...record,
    type: 'Multipart',
    etag: `${'A'.repeat(32)}-2`,
    contentMd5,
  }
  for (const told of [objectHeaders(hashed), objectHeaders(link, hashed)]) {
    expect(told[told.indexOf('Content-MD5') + 1]).toBe('AAAAAAAAAAAAAAAAAAAAAA==')
  }
})
