import { noCounters, unsetSettings, type BucketRecord } from '../../../model/bucket.ts'
import { OssError } from '../../../model/errors.ts'
import type { AccountUid, BucketId, BucketName, ObjectKey } from '../../../model/identifiers.ts'
import { NULL_VERSION, parseVersionId } from '../../../model/version-id.ts'
import { XML_PROLOG } from '../../xml-writer.ts'
import { writeAccessControlPolicy } from './access-control-policy.ts'
import { writeBucketInfo } from './bucket-info.ts'
import { writeBucketLocation } from './bucket-location.ts'
import { writeBucketStat } from './bucket-stat.ts'
import { readCompleteMultipartUpload } from './complete-multipart-upload.ts'
import { writeCopyObjectResult, writeCopyPartResult } from './copy-result.ts'
import { readCreateBucketConfiguration } from './create-bucket-configuration.ts'
import { readDeleteMultiple, writeDeleteMultiple } from './delete-multiple.ts'
import { errorHeaderValue, writeErrorDocument } from './error.ts'
import { writeListBuckets } from './list-buckets.ts'

const TIME_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const owner = '1234567890123456' as AccountUid
const bucket: BucketRecord = {
  name: 'bkt' as BucketName,
  bucketId: '00' as BucketId,
  owner,
  acl: 'private',
  storageClass: 'Standard',
  dataRedundancy: 'LRS',
  createdMs: TIME_MS,
  deletion: undefined,
  ...unsetSettings,
}
const region = {
  region: 'cn-x',
  extranetEndpoint: 'oss-cn-x.e',
  intranetEndpoint: 'oss-cn-x-internal.e',
}
const OWNER = `<Owner><ID>${owner}</ID><DisplayName>${owner}</DisplayName></Owner>`

/** The document without its prolog. */
const body = (document: string) => {
  expect(document.startsWith(XML_PROLOG)).toBe(true)
  return document.slice(XML_PROLOG.length)
}
const bytes = (text: string) => Buffer.from(text)

test('an error document has what every error has, then what this one has', () => {
  const error = new OssError('NoSuchBucket', { details: [{ name: 'BucketName', value: 'a<b' }] })
  const document = writeErrorDocument(error, { requestId: '65A1', hostId: 'bkt.localhost' })
  expect(body(document)).toBe(
    '<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist.</Message>' +
      '<RequestId>65A1</RequestId><HostId>bkt.localhost</HostId><BucketName>a&lt;b</BucketName>' +
      '<EC>0015-00000101</EC></Error>',
  )
  expect(Buffer.from(errorHeaderValue(document), 'base64').toString()).toBe(document)
})

test('a list of buckets shows paging only when it is in play', () => {
  const page = { buckets: [bucket], isTruncated: false, nextMarker: undefined }
  const bucketText =
    '<Bucket><Name>bkt</Name><Location>oss-cn-x</Location>' +
    '<CreationDate>2026-01-02T03:04:05.000Z</CreationDate><StorageClass>Standard</StorageClass>' +
    '<ExtranetEndpoint>oss-cn-x.e</ExtranetEndpoint>' +
    '<IntranetEndpoint>oss-cn-x-internal.e</IntranetEndpoint><Region>cn-x</Region></Bucket>'
  expect(body(writeListBuckets({ owner, region, page, paging: undefined }))).toBe(
    `<ListAllMyBucketsResult>${OWNER}<Buckets>${bucketText}</Buckets></ListAllMyBucketsResult>`,
  )
  const paged = writeListBuckets({
    owner,
    region,
    page: { buckets: [], isTruncated: true, nextMarker: 'c' },
    paging: { prefix: 'a', marker: 'b', maxKeys: 1 },
  })
  expect(body(paged)).toBe(
    '<ListAllMyBucketsResult><Prefix>a</Prefix><Marker>b</Marker><MaxKeys>1</MaxKeys>' +
      `<IsTruncated>true</IsTruncated><NextMarker>c</NextMarker>${OWNER}<Buckets></Buckets></ListAllMyBucketsResult>`,
  )
})

test('a bucket is described as clients expect it', () => {
  const text = body(writeBucketInfo(bucket, region))
  const names = [...text.matchAll(/<([A-Za-z]+)>/g)].map(([, name]) => name)
  expect(names).toEqual(
    (
      'BucketInfo Bucket Name Location CreationDate ExtranetEndpoint IntranetEndpoint StorageClass ' +
      'DataRedundancyType Owner ID DisplayName AccessControlList Grant ServerSideEncryptionRule ' +
      'SSEAlgorithm BucketPolicy LogBucket LogPrefix AccessMonitor TransferAcceleration ' +
      'CrossRegionReplication ResourceGroupId BlockPublicAccess Comment'
    ).split(' '),
  )
  expect(text).toContain('<Grant>private</Grant>')
  expect(text).toContain('<BlockPublicAccess>false</BlockPublicAccess>')
})

test('location, ACL and copies are short', () => {
  expect(body(writeBucketLocation('cn-x'))).toBe(
    '<LocationConstraint>oss-cn-x</LocationConstraint>',
  )
  expect(body(writeAccessControlPolicy(owner, 'public-read'))).toBe(
    `<AccessControlPolicy>${OWNER}<AccessControlList><Grant>public-read</Grant></AccessControlList></AccessControlPolicy>`,
  )
  const copied = { lastModifiedMs: TIME_MS, etag: 'AB' }
  const content = '<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"AB"</ETag>'
  expect(body(writeCopyObjectResult(copied))).toBe(
    `<CopyObjectResult>${content}</CopyObjectResult>`,
  )
  expect(body(writeCopyPartResult(copied))).toBe(`<CopyPartResult>${content}</CopyPartResult>`)
})

test('statistics are exact and complete', () => {
  const text = body(
    writeBucketStat({
      ...noCounters,
      objects: 15,
      objectBytes: 1500,
      uploads: 2,
      parts: 3,
      partBytes: 50,
      standardObjects: 3,
      standardBytes: 300,
      infrequentObjects: 2,
      infrequentBytes: 200,
      archiveObjects: 1,
      archiveBytes: 100,
      coldArchiveObjects: 4,
      coldArchiveBytes: 400,
      deepColdArchiveObjects: 5,
      deepColdArchiveBytes: 500,
      lastModifiedMs: TIME_MS,
    }),
  )
  const values = [...text.matchAll(/<([A-Za-z]+)>(\d+)</g)].map(
    ([, name, value]) => `${name} ${value}`,
  )
  expect(values).toEqual([
    ...['Storage 1500', 'ObjectCount 15', 'MultipartUploadCount 2', 'MultipartPartCount 3'],
    ...['LiveChannelCount 0', 'LastModifiedTime 1767323045', 'DeleteMarkerCount 0'],
    ...['StandardStorage 300', 'StandardObjectCount 3'],
    ...['InfrequentAccessStorage 200', 'InfrequentAccessRealStorage 200'],
    ...['InfrequentAccessObjectCount 2', 'ArchiveStorage 100', 'ArchiveRealStorage 100'],
    ...['ArchiveObjectCount 1', 'ColdArchiveStorage 400', 'ColdArchiveRealStorage 400'],
    ...['ColdArchiveObjectCount 4', 'DeepColdArchiveStorage 500'],
    ...['DeepColdArchiveRealStorage 500', 'DeepColdArchiveObjectCount 5'],
  ])
})

test.each([
  ['', 'Standard', 'LRS'],
  ['<CreateBucketConfiguration/>', 'Standard', 'LRS'],
  [
    '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>',
    'IA',
    'LRS',
  ],
  [
    '<CreateBucketConfiguration xmlns="http://x"><Unknown/><DataRedundancyType>ZRS</DataRedundancyType></CreateBucketConfiguration>',
    'Standard',
    'ZRS',
  ],
  [
    '<CreateBucketConfiguration><LocationConstraint>oss-cn-x</LocationConstraint></CreateBucketConfiguration>',
    'Standard',
    'LRS',
  ],
])('bucket settings %.90s are %s and %s', (text, storageClass, dataRedundancy) => {
  expect(readCreateBucketConfiguration(bytes(text))).toEqual({ storageClass, dataRedundancy })
})

test.each([
  [
    '<CreateBucketConfiguration><StorageClass>X</StorageClass></CreateBucketConfiguration>',
    'InvalidArgument',
  ],
  [
    '<CreateBucketConfiguration><DataRedundancyType>X</DataRedundancyType></CreateBucketConfiguration>',
    'InvalidArgument',
  ],
  ['<BucketConfiguration/>', 'MalformedXML'],
  ['storage=IA', 'MalformedXML'],
])('bucket settings %.90s are refused with %s', (text, code) => {
  expect(() => readCreateBucketConfiguration(bytes(text))).toThrow(
    expect.objectContaining({ code }),
  )
})

test('keys to delete are taken as they stand', () => {
  const text =
    '<Delete><Quiet>true</Quiet><Object><Key> a&amp;b\n</Key></Object><Object><Key>a%2Fb</Key><VersionId>null</VersionId></Object></Delete>'
  expect(readDeleteMultiple(bytes(text))).toEqual({
    quiet: true,
    objects: [
      { key: ' a&b\n', versionId: undefined },
      { key: 'a%2Fb', versionId: 'null' },
    ],
  })
})

const objects = (count: number) =>
  `<Delete>${'<Object><Key>k</Key></Object>'.repeat(count)}</Delete>`

test('one to a thousand keys can be deleted at once', () => {
  expect(readDeleteMultiple(bytes(objects(1))).quiet).toBe(false)
  expect(readDeleteMultiple(bytes(objects(1000))).objects).toHaveLength(1000)
})

test.each([
  [objects(0), 'MalformedXML'],
  [objects(1001), 'MalformedXML'],
  ['', 'MalformedXML'],
  ['<Delete><Object/></Delete>', 'MalformedXML'],
  ['<Delete><Quiet>maybe</Quiet><Object><Key>k</Key></Object></Delete>', 'MalformedXML'],
  ['<Delete><Object><Key></Key></Object></Delete>', 'InvalidObjectName'],
  ['<Delete><Object><Key>/k</Key></Object></Delete>', 'InvalidObjectName'],
  ['<Delete><Object><Key>k</Key><VersionId>x</VersionId></Object></Delete>', 'InvalidArgument'],
])('delete %.70s is refused with %s', (text, code) => {
  expect(() => readDeleteMultiple(bytes(text))).toThrow(expect.objectContaining({ code }))
})

test('what was deleted is named unless the client wants quiet', () => {
  const plain = { named: undefined, versionId: undefined, isDeleteMarker: false }
  const keys = ['a/b', 'c<\u0001'] as ObjectKey[]
  const deleted = keys.map((key) => ({ key, ...plain }))
  expect(body(writeDeleteMultiple({ deleted, quiet: false, urlEncoding: false }))).toBe(
    '<DeleteResult><Deleted><Key>a/b</Key></Deleted><Deleted><Key>c&lt;&#x1;</Key></Deleted></DeleteResult>',
  )
  expect(body(writeDeleteMultiple({ deleted, quiet: false, urlEncoding: true }))).toBe(
    '<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>a%2Fb</Key></Deleted><Deleted><Key>c%3C%01</Key></Deleted></DeleteResult>',
  )
  expect(body(writeDeleteMultiple({ deleted, quiet: true, urlEncoding: true }))).toBe(
    '<DeleteResult></DeleteResult>',
  )
})

test('versions that were deleted are named, and the delete markers that were made or removed', () => {
  const key = 'k' as ObjectKey
  const id = parseVersionId('versionId', 'A'.repeat(26))
  const deleted = [
    { key, named: id, versionId: id, isDeleteMarker: false },
    { key, named: id, versionId: id, isDeleteMarker: true },
    { key, named: undefined, versionId: NULL_VERSION, isDeleteMarker: true },
  ]
  const text = 'A'.repeat(26)
  const [first, marked, made] = [
    `<VersionId>${text}</VersionId>`,
    `<VersionId>${text}</VersionId><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>${text}</DeleteMarkerVersionId>`,
    '<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>null</DeleteMarkerVersionId>',
  ].map((content) => `<Deleted><Key>k</Key>${content}</Deleted>`)
  expect(body(writeDeleteMultiple({ deleted, quiet: false, urlEncoding: false }))).toBe(
    `<DeleteResult>${first}${marked}${made}</DeleteResult>`,
  )
})

test.each([
  ['null', NULL_VERSION],
  ['', undefined],
  [' ', undefined],
  ['A'.repeat(26), parseVersionId('versionId', 'A'.repeat(26))],
])('a deletion of version "%s" is read', (text, versionId) => {
  const document = `<Delete><Object><Key>k</Key><VersionId>${text}</VersionId></Object></Delete>`
  expect(readDeleteMultiple(bytes(document)).objects).toEqual([{ key: 'k', versionId }])
})

const parts = (content: string) => `<CompleteMultipartUpload>${content}</CompleteMultipartUpload>`
const part = (number: string, etag = '"ab"') =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`

test('parts are read in the order listed, ETags in one spelling', () => {
  const text = parts(part('2') + part(' 1 ', '&quot;cd&quot;') + part('10000', 'EF'))
  expect(readCompleteMultipartUpload(bytes(text))).toEqual([
    { partNumber: 2, etag: 'AB' },
    { partNumber: 1, etag: 'CD' },
    { partNumber: 10000, etag: 'EF' },
  ])
  expect(readCompleteMultipartUpload(bytes(parts(part('1').repeat(10_000))))).toHaveLength(10_000)
  expect(readCompleteMultipartUpload(bytes(parts('')))).toEqual([])
})

test.each([
  ['', 'MalformedXML'],
  [parts('<Part><PartNumber>1</PartNumber></Part>'), 'MalformedXML'],
  [parts('<Part><ETag>a</ETag></Part>'), 'MalformedXML'],
  [parts(part('0')), 'InvalidArgument'],
  [parts(part('10001')), 'InvalidArgument'],
  [parts(part('1.5')), 'InvalidArgument'],
  [parts(part('-1')), 'InvalidArgument'],
  [parts(part('1').repeat(10_001)), 'MalformedXML'],
])('completion %.90s is refused with %s', (text, code) => {
  expect(() => readCompleteMultipartUpload(bytes(text))).toThrow(expect.objectContaining({ code }))
})
