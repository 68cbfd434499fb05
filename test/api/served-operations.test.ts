/**
 * One request of every operation that is served, in an order in which each finds what it needs: status,
 * headers and the elements of the document that clients read.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { operations } from '../../storage-node/src/testing.ts'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssResponse } from '../support/oss-request.ts'
import { accessRows } from '../support/served-access.ts'
import type { Row } from '../support/served-row.ts'
import { document } from '../support/served-row.ts'
import { formRequest, policyOf, signedV1 } from '../support/post-form.ts'

const bucket = 'every-operation'
const text = 'Granary keeps grain\n'
const RESTORE_MS = 5_000
const etag = `"${createHash('md5').update(text).digest('hex').toUpperCase()}"`

let api: TestApi
/** Filled by InitiateMultipartUpload. */
let uploadId = ''
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const put = {
  key: 'grain',
  body: text,
  headers: { 'content-type': 'text/x-grain', 'x-oss-meta-colour': 'gold' },
}
const deleteList =
  '<Delete><Object><Key>copy</Key></Object><Object><Key>log</Key></Object></Delete>'
const deleteHeaders = { 'content-md5': createHash('md5').update(deleteList).digest('base64') }

const bucketRows: Row[] = [
  {
    name: 'PutBucket',
    request: () => ({ method: 'PUT' }),
    status: 200,
    headers: { location: `/${bucket}` },
  },
  {
    name: 'ListBuckets',
    request: () => ({ method: 'GET', bucket: undefined as never }),
    status: 200,
    body: document('ListAllMyBucketsResult', `<Name>${bucket}</Name>`),
  },
  {
    name: 'DescribeRegions',
    request: () => ({ method: 'GET', bucket: undefined as never, query: { regions: '' } }),
    status: 200,
    body: document('RegionInfoList', '<Region>oss-cn-hangzhou</Region>'),
  },
  {
    name: 'GetBucketInfo',
    request: () => ({ method: 'GET', query: { bucketInfo: '' } }),
    status: 200,
    body: document('BucketInfo', `<Name>${bucket}</Name>`, '<Location>oss-cn-hangzhou</Location>'),
  },
  {
    name: 'GetBucketLocation',
    request: () => ({ method: 'GET', query: { location: '' } }),
    status: 200,
    body: document('LocationConstraint', 'oss-cn-hangzhou'),
  },
  {
    name: 'PutBucketAcl',
    request: () => ({ method: 'PUT', query: { acl: '' }, headers: { 'x-oss-acl': 'public-read' } }),
    status: 200,
  },
  {
    name: 'GetBucketAcl',
    request: () => ({ method: 'GET', query: { acl: '' } }),
    status: 200,
    body: document('AccessControlPolicy', '<Grant>public-read</Grant>'),
  },
]

const settingRows: Row[] = [
  {
    name: 'PutBucketTags',
    request: () => ({
      method: 'PUT',
      query: { tagging: '' },
      body: '<Tagging><TagSet><Tag><Key>grain</Key><Value>gold</Value></Tag></TagSet></Tagging>',
    }),
    status: 200,
  },
  {
    name: 'GetBucketTags',
    request: () => ({ method: 'GET', query: { tagging: '' } }),
    status: 200,
    body: document('Tagging', '<TagSet><Tag><Key>grain</Key><Value>gold</Value></Tag></TagSet>'),
  },
  {
    name: 'DeleteBucketTags',
    request: () => ({ method: 'DELETE', query: { tagging: '' } }),
    status: 204,
    body: '',
  },
  {
    name: 'PutBucketCors',
    request: () => ({
      method: 'PUT',
      query: { cors: '' },
      body: '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    }),
    status: 200,
  },
  {
    name: 'GetBucketCors',
    request: () => ({ method: 'GET', query: { cors: '' } }),
    status: 200,
    body: document('CORSConfiguration', '<AllowedOrigin>\\*</AllowedOrigin>'),
  },
  {
    name: 'DeleteBucketCors',
    request: () => ({ method: 'DELETE', query: { cors: '' } }),
    status: 204,
    body: '',
  },
  {
    name: 'PutBucketArchiveDirectRead',
    request: () => ({
      method: 'PUT',
      query: { bucketArchiveDirectRead: '' },
      body: '<ArchiveDirectReadConfiguration><Enabled>true</Enabled></ArchiveDirectReadConfiguration>',
    }),
    status: 200,
  },
  {
    name: 'GetBucketArchiveDirectRead',
    request: () => ({ method: 'GET', query: { bucketArchiveDirectRead: '' } }),
    status: 200,
    body: document('ArchiveDirectReadConfiguration', '<Enabled>true</Enabled>'),
  },
  {
    name: 'PutBucketRequestPayment',
    request: () => ({
      method: 'PUT',
      query: { requestPayment: '' },
      body: '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>',
    }),
    status: 200,
  },
  {
    name: 'GetBucketRequestPayment',
    request: () => ({ method: 'GET', query: { requestPayment: '' } }),
    status: 200,
    body: document('RequestPaymentConfiguration', '<Payer>Requester</Payer>'),
  },
]

const objectRows: Row[] = [
  {
    name: 'PutObject',
    request: () => ({ method: 'PUT', ...put }),
    status: 200,
    headers: { etag, 'x-oss-hash-crc64ecma': /^\d+$/, 'content-md5': /^[\w+/]{22}==$/ },
  },
  {
    name: 'GetObject',
    request: () => ({ method: 'GET', key: 'grain' }),
    status: 200,
    headers: {
      etag,
      'content-type': 'text/x-grain',
      'x-oss-meta-colour': 'gold',
      'x-oss-object-type': 'Normal',
    },
    body: text,
  },
  {
    name: 'HeadObject',
    request: () => ({ method: 'HEAD', key: 'grain' }),
    status: 200,
    headers: { etag, 'content-length': '20', 'last-modified': / GMT$/ },
    body: '',
  },
  {
    name: 'GetObjectMeta',
    request: () => ({ method: 'HEAD', key: 'grain', query: { objectMeta: '' } }),
    status: 200,
    headers: { etag, 'content-length': '20' },
    body: '',
  },
  {
    name: 'PutObjectAcl',
    request: () => ({
      ...{ method: 'PUT', key: 'grain', query: { acl: '' } },
      headers: { 'x-oss-object-acl': 'default' },
    }),
    status: 200,
  },
  {
    name: 'GetObjectAcl',
    request: () => ({ method: 'GET', key: 'grain', query: { acl: '' } }),
    status: 200,
    body: document('AccessControlPolicy', '<Grant>default</Grant>'),
  },
  {
    name: 'CopyObject',
    request: () => ({
      method: 'PUT',
      key: 'copy',
      headers: { 'x-oss-copy-source': `/${bucket}/grain` },
    }),
    status: 200,
    body: document('CopyObjectResult', `<ETag>("|&quot;)${etag.slice(1, -1)}("|&quot;)</ETag>`),
  },
  {
    name: 'AppendObject',
    request: () => ({
      method: 'POST',
      key: 'log',
      query: { append: '', position: '0' },
      body: 'line\n',
    }),
    status: 200,
    headers: { 'x-oss-next-append-position': '5' },
  },
]

/** Each leaves the bucket as it was, but for what is read next. */
const attachedRows: Row[] = [
  {
    name: 'PostObject',
    request: () =>
      formRequest(
        bucket,
        [
          ['key', 'grain'],
          ['success_action_status', '201'],
          ...signedV1('owner', 'owner-secret', policyOf([{ bucket }])),
        ],
        { content: text, contentType: 'text/x-grain' },
      ),
    status: 201,
    body: document('PostResponse', `<Bucket>${bucket}</Bucket>`, '<Key>grain</Key>'),
  },
  {
    name: 'SealAppendObject',
    request: () => ({ method: 'POST', key: 'log', query: { seal: '', position: '5' } }),
    status: 200,
    headers: { 'x-oss-sealed-time': / GMT$/ },
  },
  {
    name: 'PutObjectTagging',
    request: () => ({
      method: 'PUT',
      key: 'grain',
      query: { tagging: '' },
      body: '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>',
    }),
    status: 200,
  },
  {
    name: 'GetObjectTagging',
    request: () => ({ method: 'GET', key: 'grain', query: { tagging: '' } }),
    status: 200,
    body: document('Tagging', '<TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet>'),
  },
  {
    name: 'DeleteObjectTagging',
    request: () => ({ method: 'DELETE', key: 'grain', query: { tagging: '' } }),
    status: 204,
    body: '',
  },
  {
    name: 'PutSymlink',
    request: () => ({
      method: 'PUT',
      key: 'copy',
      query: { symlink: '' },
      headers: { 'x-oss-symlink-target': 'grain' },
    }),
    status: 200,
    headers: { etag: /^"[0-9A-F]{32}"$/ },
  },
  {
    name: 'GetSymlink',
    request: () => ({ method: 'GET', key: 'copy', query: { symlink: '' } }),
    status: 200,
    headers: { 'x-oss-symlink-target': 'grain' },
    body: '',
  },
]

const uploadRows: Row[] = [
  {
    name: 'InitiateMultipartUpload',
    request: () => ({ method: 'POST', key: 'parts', query: { uploads: '' } }),
    status: 200,
    body: document(
      'InitiateMultipartUploadResult',
      '<Key>parts</Key>',
      '<UploadId>\\w+</UploadId>',
    ),
  },
  {
    name: 'UploadPart',
    request: () => ({
      method: 'PUT',
      key: 'parts',
      query: { partNumber: '1', uploadId },
      body: text,
    }),
    status: 200,
    headers: { etag },
  },
  {
    name: 'UploadPartCopy',
    request: () => ({
      method: 'PUT',
      key: 'parts',
      query: { partNumber: '1', uploadId },
      headers: { 'x-oss-copy-source': `/${bucket}/grain` },
    }),
    status: 200,
    body: document('CopyPartResult', '<ETag>'),
  },
  {
    name: 'ListParts',
    request: () => ({ method: 'GET', key: 'parts', query: { uploadId } }),
    status: 200,
    body: document('ListPartsResult', '<PartNumber>1</PartNumber>', '<Size>20</Size>'),
  },
  {
    name: 'ListMultipartUploads',
    request: () => ({ method: 'GET', query: { uploads: '' } }),
    status: 200,
    body: document('ListMultipartUploadsResult', '<Key>parts</Key>', '<UploadId>\\w+</UploadId>'),
  },
  {
    name: 'CompleteMultipartUpload',
    request: () => ({
      method: 'POST',
      key: 'parts',
      query: { uploadId },
      body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`,
    }),
    status: 200,
    body: document('CompleteMultipartUploadResult', '<ETag>("|&quot;)[0-9A-F]{32}-1'),
  },
]

const lastRows: Row[] = [
  {
    name: 'ListObjects',
    request: () => ({ method: 'GET', query: { prefix: 'g' } }),
    status: 200,
    body: document('ListBucketResult', '<Key>grain</Key>', '<Size>20</Size>'),
  },
  {
    name: 'ListObjectsV2',
    request: () => ({ method: 'GET', query: { 'list-type': '2', 'max-keys': '2' } }),
    status: 200,
    body: document('ListBucketResult', '<NextContinuationToken>'),
  },
  {
    name: 'GetBucketStat',
    request: () => ({ method: 'GET', query: { stat: '' } }),
    status: 200,
    body: document('BucketStat', '<Storage>45</Storage>', '<ObjectCount>4</ObjectCount>'),
  },
  {
    name: 'RestoreObject',
    request: () => ({ method: 'POST', key: 'frozen', query: { restore: '' } }),
    status: 202,
    body: '',
  },
  {
    name: 'CleanRestoredObject',
    request: () => ({ method: 'POST', key: 'frozen', query: { cleanRestoredObject: '' } }),
    status: 200,
    body: '',
  },
  {
    name: 'ListLiveChannel',
    request: () => ({ method: 'GET', query: { live: '' } }),
    status: 200,
    body: document('ListLiveChannelResult', '<IsTruncated>false</IsTruncated>'),
  },
  {
    name: 'DeleteMultipleObjects',
    request: () => ({
      method: 'POST',
      query: { delete: '' },
      headers: deleteHeaders,
      body: deleteList,
    }),
    status: 200,
    body: document('DeleteResult', '<Key>copy</Key>', '<Key>log</Key>'),
  },
  {
    name: 'DeleteObject',
    request: () => ({ method: 'DELETE', key: 'grain' }),
    status: 204,
    body: '',
  },
]

/** Last of all, when the bucket is empty: from then on it keeps versions. */
const versioningRows: Row[] = [
  {
    name: 'PutBucketVersioning',
    request: () => ({
      method: 'PUT',
      query: { versioning: '' },
      body: '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>',
    }),
    status: 200,
  },
  {
    name: 'GetBucketVersioning',
    request: () => ({ method: 'GET', query: { versioning: '' } }),
    status: 200,
    body: document('VersioningConfiguration', '<Status>Suspended</Status>'),
  },
]

const abortRows: Row[] = [
  {
    name: 'AbortMultipartUpload',
    request: () => ({ method: 'DELETE', key: 'given-up', query: { uploadId } }),
    status: 204,
  },
  ...versioningRows,
  {
    name: 'ListObjectVersions',
    request: () => ({ method: 'GET', query: { versions: '' } }),
    status: 200,
    body: document('ListVersionsResult', `<Name>${bucket}</Name>`, '<IsTruncated>false<'),
  },
  { name: 'DeleteBucket', request: () => ({ method: 'DELETE' }), status: 204, body: '' },
]

const rows = [
  ...bucketRows,
  ...settingRows,
  ...accessRows(bucket),
  ...objectRows,
  ...attachedRows,
  ...uploadRows,
  ...lastRows,
  ...abortRows,
]

test.each(rows)('$name', async (row) => {
  if (row.name === 'AbortMultipartUpload') await startAnotherUpload()
  if (row.name === 'RestoreObject') await putFrozen()
  // By then the restore is done.
  if (row.name === 'CleanRestoredObject') api.clock.advance(RESTORE_MS)
  const answer = await api.send({ bucket, ...row.request() })
  expect([answer.status, answer.body.toString()]).toEqual([row.status, expect.any(String)])
  for (const [name, wanted] of Object.entries(row.headers ?? {})) {
    expect({ [name]: answer.headers[name] }).toEqual({
      [name]: typeof wanted === 'string' ? wanted : expect.stringMatching(wanted),
    })
  }
  if (typeof row.body === 'string') expect(answer.body.toString()).toBe(row.body)
  else if (row.body) expect(answer.body.toString()).toMatch(row.body)
  expect(answer.headers['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/)
  uploadId = uploadIdOf(answer) ?? uploadId
})

/** Removes the last objects, too, so that the bucket is empty once the upload is given up. */
async function startAnotherUpload(): Promise<void> {
  for (const key of ['parts', 'frozen']) await api.send({ method: 'DELETE', bucket, key })
  const answer = await api.send({ method: 'POST', bucket, key: 'given-up', query: { uploads: '' } })
  uploadId = uploadIdOf(answer) ?? ''
}

async function putFrozen(): Promise<void> {
  const headers = { 'x-oss-storage-class': 'Archive' }
  await api.send({ method: 'PUT', bucket, key: 'frozen', headers, body: text })
}

function uploadIdOf({ body }: OssResponse): string | undefined {
  return /<UploadId>(\w+)<\/UploadId>/.exec(body.toString())?.[1]
}

test('no served operation is left out', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual([...operations.keys()].sort())
})
