import OssClient from 'ali-oss/lib/client.js'
import XML from '@alicloud/tea-xml'
import type { AccountUid, BucketName, DataSetId, ObjectKey } from '../../../model/identifiers.ts'
import type { ObjectSummary } from '../../../model/query.ts'
import { NULL_VERSION } from '../../../model/version-id.ts'
import { XML_PROLOG } from '../../xml-writer.ts'
import { writeCompleteMultipartUpload } from './complete-multipart-upload.ts'
import { writeInitiateMultipartUpload } from './initiate-multipart-upload.ts'
import { writeListObjects, writeListObjectsV2 } from './list-objects.ts'
import { writeListParts } from './list-parts.ts'
import { writeListUploads } from './list-uploads.ts'
import { writeListVersions } from './list-versions.ts'

const TIME_MS = Date.UTC(2026, 0, 2, 3, 4, 5)
const TIME = '2026-01-02T03:04:05.000Z'
const bucket = { name: 'bkt' as BucketName, owner: '1234567890123456' as AccountUid }
const OWNER = `<Owner><ID>${bucket.owner}</ID><DisplayName>${bucket.owner}</DisplayName></Owner>`

function summary(key: string): ObjectSummary {
  return {
    key: key as ObjectKey,
    type: 'Normal',
    storageClass: 'Standard',
    sizeBytes: 7,
    lastModifiedMs: TIME_MS,
    etag: 'AB',
    restore: undefined,
    checksum: undefined,
  }
}

/** What ali-oss makes of an answer with this document. */
function asAliOss(document: string, method: string, ...args: unknown[]) {
  const answer = { status: 200, headers: {}, data: Buffer.from(document), res: {} }
  const client = new OssClient({
    region: 'oss-cn-hangzhou',
    bucket: 'bkt',
    accessKeyId: 'a',
    accessKeySecret: 'b',
    urllib: { request: () => Promise.resolve(answer) },
  })
  return client[method]?.(...args)
}

const contents = (key: string, owner: string) =>
  `<Contents><Key>${key}</Key><LastModified>${TIME}</LastModified><ETag>"AB"</ETag><Type>Normal</Type><Size>7</Size><StorageClass>Standard</StorageClass>${owner}</Contents>`

const nowMs = TIME_MS + 60_000
const options = { bucket, prefix: 'a<', delimiter: '/', maxKeys: 3, urlEncoding: false, nowMs }
const page = {
  objects: [summary('a<b'), summary('a<\u0001')],
  commonPrefixes: ['a<c/'],
  isTruncated: true,
  next: 'a<c/',
}

test('a page of ListObjects names everything in its order', () => {
  expect(writeListObjects({ ...options, marker: 'a', page })).toBe(
    `${XML_PROLOG}<ListBucketResult><Name>bkt</Name><Prefix>a&lt;</Prefix><Marker>a</Marker>` +
      '<MaxKeys>3</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated>' +
      `<NextMarker>a&lt;c/</NextMarker>${contents('a&lt;b', OWNER)}${contents('a&lt;&#x1;', OWNER)}` +
      '<CommonPrefixes><Prefix>a&lt;c/</Prefix></CommonPrefixes></ListBucketResult>',
  )
})

test.each([
  ['under way', { readyMs: nowMs + 1, expiresMs: nowMs + 2 }, 'ongoing-request="true"'],
  [
    'done',
    { readyMs: nowMs, expiresMs: nowMs + 60_000 },
    'ongoing-request="false", expiry-date="Fri, 02 Jan 2026 03:06:05 GMT"',
  ],
  ['over', { readyMs: nowMs - 1, expiresMs: nowMs }, undefined],
])('a restore that is %s is told behind the class', (_state, restore, text) => {
  const objects = [{ ...summary('a<b'), restore }]
  const told = text === undefined ? '' : `<RestoreInfo>${text}</RestoreInfo>`
  const list = writeListObjects({ ...options, marker: '', page: { ...page, objects } })
  expect(list).toContain(`<StorageClass>Standard</StorageClass>${told}<Owner>`)
  const version = { versionId: NULL_VERSION, isDeleteMarker: false, isLatest: true }
  const versions = [{ ...summary('a<b'), ...version, restore }]
  const versionPage = { ...page, versions, nextVersionId: undefined }
  const markers = { keyMarker: '', versionIdMarker: '' }
  expect(writeListVersions({ ...options, ...markers, page: versionPage })).toContain(
    `<StorageClass>Standard</StorageClass>${told}<Owner>`,
  )
})

test('a last page has no NextMarker', () => {
  const last = { objects: [], commonPrefixes: [], isTruncated: false, next: 'k' }
  expect(writeListObjects({ ...options, marker: '', page: last })).not.toContain('NextMarker')
})

test('url encoding reaches every name and says so', () => {
  const text = writeListObjects({ ...options, urlEncoding: true, marker: 'a b', page })
  expect(text).toContain('<Prefix>a%3C</Prefix><Marker>a%20b</Marker>')
  expect(text).toContain('<Delimiter>%2F</Delimiter><EncodingType>url</EncodingType>')
  expect(text).toContain('<NextMarker>a%3Cc%2F</NextMarker>')
  expect(text).toContain('<Key>a%3C%01</Key>')
  expect(text).toContain('<CommonPrefixes><Prefix>a%3Cc%2F</Prefix></CommonPrefixes>')
})

test('ListObjectsV2 echoes its token, counts, and shows owners only when asked', () => {
  const list = {
    ...options,
    startAfter: '',
    continuationToken: 't',
    nextContinuationToken: 'n',
    page,
  }
  expect(writeListObjectsV2({ ...list, fetchOwner: false })).toBe(
    `${XML_PROLOG}<ListBucketResult><Name>bkt</Name><Prefix>a&lt;</Prefix><MaxKeys>3</MaxKeys>` +
      '<Delimiter>/</Delimiter><IsTruncated>true</IsTruncated><ContinuationToken>t</ContinuationToken>' +
      '<NextContinuationToken>n</NextContinuationToken><KeyCount>3</KeyCount>' +
      `${contents('a&lt;b', '')}${contents('a&lt;&#x1;', '')}` +
      '<CommonPrefixes><Prefix>a&lt;c/</Prefix></CommonPrefixes></ListBucketResult>',
  )
  const owned = { ...list, startAfter: 's', continuationToken: undefined, fetchOwner: true }
  expect(writeListObjectsV2(owned)).toContain(`<StartAfter>s</StartAfter>`)
  expect(writeListObjectsV2(owned)).toContain(contents('a&lt;b', OWNER))
  expect(writeListObjectsV2(owned)).not.toContain('<ContinuationToken>')
})

test('ali-oss reads both kinds of list', async () => {
  const v1 = await asAliOss(
    writeListObjects({ ...options, marker: '', page: { ...page, objects: [summary('k')] } }),
    'list',
    {},
    {},
  )
  expect(v1).toMatchObject({
    isTruncated: true,
    nextMarker: 'a<c/',
    prefixes: ['a<c/'],
    objects: [
      {
        name: 'k',
        lastModified: TIME,
        etag: '"AB"',
        type: 'Normal',
        size: 7,
        storageClass: 'Standard',
        owner: { id: bucket.owner, displayName: bucket.owner },
      },
    ],
  })
  const document = writeListObjectsV2({
    ...options,
    startAfter: '',
    continuationToken: undefined,
    nextContinuationToken: 'n',
    fetchOwner: false,
    page: { ...page, objects: [summary('k'), summary('l')] },
  })
  const v2 = await asAliOss(document, 'listV2', {}, {})
  expect(v2).toMatchObject({ keyCount: 3, isTruncated: true, nextContinuationToken: 'n' })
  expect(v2?.['objects']).toHaveLength(2)
})

test('the TEA parser finds the same names', () => {
  const text = writeListObjects({
    ...options,
    marker: '',
    page: { ...page, objects: [summary('k')] },
  })
  expect(XML.parseXml(text, null)).toMatchObject({
    ListBucketResult: { Name: 'bkt', Contents: { Key: 'k', ETag: '"AB"' }, IsTruncated: 'true' },
  })
})

const upload = { bucket: bucket.name, key: 'dir/k' as ObjectKey, uploadId: 'AB01' }

test('the documents of an upload are read by ali-oss', async () => {
  const begun = writeInitiateMultipartUpload({ ...upload, urlEncoding: false })
  expect(begun).toBe(
    `${XML_PROLOG}<InitiateMultipartUploadResult><Bucket>bkt</Bucket><Key>dir/k</Key><UploadId>AB01</UploadId></InitiateMultipartUploadResult>`,
  )
  expect(await asAliOss(begun, 'initMultipartUpload', 'dir/k')).toMatchObject({
    bucket: 'bkt',
    name: 'dir/k',
    uploadId: 'AB01',
  })
  const completed = writeCompleteMultipartUpload({
    ...upload,
    etag: 'AB-2',
    location: 'http://bkt.e/dir/k',
    urlEncoding: true,
  })
  expect(completed).toBe(
    `${XML_PROLOG}<CompleteMultipartUploadResult><Location>http://bkt.e/dir/k</Location><Bucket>bkt</Bucket><Key>dir%2Fk</Key><ETag>"AB-2"</ETag><EncodingType>url</EncodingType></CompleteMultipartUploadResult>`,
  )
})

test('ListParts names the last part, and carries CRCs', async () => {
  const metadata = {
    contentType: '',
    headers: [],
    userMetadata: [],
    storageClass: 'IA',
    acl: 'default',
    tags: [],
  } as const
  const record = {
    initiatedMs: TIME_MS,
    metadata,
    forbidOverwrite: false,
    isSequential: false,
    running: undefined,
    partCount: 1,
    partBytes: 7,
  }
  const parts = [{ partNumber: 4, sizeBytes: 7, md5: 'ab', crc64: 9n, lastModifiedMs: TIME_MS }]
  const list = { ...upload, after: 1, maxParts: 2, urlEncoding: false }
  const text = writeListParts({ ...list, page: { upload: record, parts, isTruncated: true } })
  expect(text).toBe(
    `${XML_PROLOG}<ListPartsResult><Bucket>bkt</Bucket><Key>dir/k</Key><UploadId>AB01</UploadId>` +
      '<StorageClass>IA</StorageClass><PartNumberMarker>1</PartNumberMarker>' +
      '<NextPartNumberMarker>4</NextPartNumberMarker><MaxParts>2</MaxParts>' +
      `<IsTruncated>true</IsTruncated><Part><PartNumber>4</PartNumber><LastModified>${TIME}</LastModified>` +
      '<ETag>"AB"</ETag><Size>7</Size><HashCrc64ecma>9</HashCrc64ecma></Part></ListPartsResult>',
  )
  expect(await asAliOss(text, 'listParts', 'dir/k', 'AB01')).toMatchObject({
    uploadId: 'AB01',
    nextPartNumberMarker: '4',
    isTruncated: 'true',
    parts: { PartNumber: '4', ETag: '"AB"' },
  })
  const empty = writeListParts({ ...list, page: { upload: record, parts: [], isTruncated: false } })
  expect(empty).toContain('<NextPartNumberMarker>1</NextPartNumberMarker>')
})

test('ListMultipartUploads names everything in its order', async () => {
  const text = writeListUploads({
    bucket: bucket.name,
    prefix: 'd',
    delimiter: '/',
    keyMarker: 'a b',
    uploadIdMarker: 'A',
    maxUploads: 2,
    urlEncoding: true,
    page: {
      uploads: [
        {
          key: upload.key,
          uploadId: 'AB01' as DataSetId,
          initiatedMs: TIME_MS,
          storageClass: 'IA',
        },
      ],
      commonPrefixes: ['e/'],
      isTruncated: false,
      nextKeyMarker: 'dir/k',
      nextUploadIdMarker: 'AB01',
    },
  })
  expect(text).toBe(
    `${XML_PROLOG}<ListMultipartUploadsResult><Bucket>bkt</Bucket><EncodingType>url</EncodingType>` +
      '<KeyMarker>a%20b</KeyMarker><UploadIdMarker>A</UploadIdMarker><NextKeyMarker>dir%2Fk</NextKeyMarker>' +
      '<NextUploadIdMarker>AB01</NextUploadIdMarker><Delimiter>%2F</Delimiter><Prefix>d</Prefix>' +
      '<MaxUploads>2</MaxUploads><IsTruncated>false</IsTruncated><Upload><Key>dir%2Fk</Key>' +
      `<UploadId>AB01</UploadId><StorageClass>IA</StorageClass><Initiated>${TIME}</Initiated></Upload>` +
      '<CommonPrefixes><Prefix>e%2F</Prefix></CommonPrefixes></ListMultipartUploadsResult>',
  )
  expect(await asAliOss(text, 'listUploads', {})).toMatchObject({
    nextUploadIdMarker: 'AB01',
    isTruncated: false,
    uploads: [{ uploadId: 'AB01', initiated: TIME }],
  })
})
