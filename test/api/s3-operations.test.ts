/**
 * Every operation of the S3 dialect that is served, as the official SDK for JavaScript calls it and
 * reads its answer, in an order in which each finds what it needs.
 *
 * @module
 */

import type { S3 } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import { s3Operations } from '../../storage-node/src/testing.ts'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { formRequest } from '../support/post-form.ts'
import { signedS3Form } from '../support/s3-form.ts'
import { s3Client } from '../support/s3-client.ts'

const Bucket = 'every-s3-operation'
const Key = 'barn/barley'
const text = 'Granary keeps grain\n'
const md5 = createHash('md5').update(text).digest('hex')
const OWNER = '1000000000000001'

let api: TestApi
let s3: S3
/** Filled by CreateMultipartUpload. */
let UploadId = ''
beforeAll(async () => {
  api = await startApi()
  s3 = s3Client(api.owner)
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  s3.destroy()
  await api.stop()
})

const corsRule = { AllowedMethods: ['GET'], AllowedOrigins: ['http://a'], MaxAgeSeconds: 5 }
const tags = { TagSet: [{ Key: 'crop', Value: 'rye' }] }
const everybody = 'http://acs.amazonaws.com/groups/global/AllUsers'
const blocked = {
  ...{ BlockPublicAcls: true, IgnorePublicAcls: true },
  ...{ BlockPublicPolicy: true, RestrictPublicBuckets: true },
}
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      ...{ Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetObject'] },
      Principal: { AWS: ['1000000000000002'] },
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
    },
  ],
})

/** Sends one request, and what its answer has to say. */
type Row = readonly [name: string, call: () => Promise<unknown>, expected: object]

const rows: readonly Row[] = [
  ['CreateBucket', () => s3.createBucket({ Bucket }), { Location: `/${Bucket}` }],
  ['HeadBucket', () => s3.headBucket({ Bucket }), { BucketRegion: 'cn-hangzhou' }],
  [
    'GetBucketLocation',
    () => s3.getBucketLocation({ Bucket }),
    { LocationConstraint: 'cn-hangzhou' },
  ],
  ['ListBuckets', () => s3.listBuckets({}), { Buckets: [{ Name: Bucket }], Owner: { ID: OWNER } }],
  ['PutBucketAcl', () => s3.putBucketAcl({ Bucket, ACL: 'public-read' }), {}],
  [
    'GetBucketAcl',
    () => s3.getBucketAcl({ Bucket }),
    {
      Owner: { ID: OWNER },
      Grants: [
        { Grantee: { Type: 'CanonicalUser', ID: OWNER }, Permission: 'FULL_CONTROL' },
        { Grantee: { Type: 'Group', URI: everybody }, Permission: 'READ' },
      ],
    },
  ],
  ['PutBucketTagging', () => s3.putBucketTagging({ Bucket, Tagging: tags }), {}],
  ['GetBucketTagging', () => s3.getBucketTagging({ Bucket }), tags],
  ['DeleteBucketTagging', () => s3.deleteBucketTagging({ Bucket }), {}],
  [
    'PutBucketCors',
    () => s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [corsRule] } }),
    {},
  ],
  ['GetBucketCors', () => s3.getBucketCors({ Bucket }), { CORSRules: [corsRule] }],
  ['DeleteBucketCors', () => s3.deleteBucketCors({ Bucket }), {}],
  ['PutBucketPolicy', () => s3.putBucketPolicy({ Bucket, Policy: policy }), {}],
  ['GetBucketPolicy', () => s3.getBucketPolicy({ Bucket }), { Policy: policy }],
  [
    'GetBucketPolicyStatus',
    () => s3.getBucketPolicyStatus({ Bucket }),
    { PolicyStatus: { IsPublic: false } },
  ],
  ['DeleteBucketPolicy', () => s3.deleteBucketPolicy({ Bucket }), {}],
  [
    'PutPublicAccessBlock',
    () => s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: blocked }),
    {},
  ],
  [
    'GetPublicAccessBlock',
    () => s3.getPublicAccessBlock({ Bucket }),
    { PublicAccessBlockConfiguration: blocked },
  ],
  ['DeletePublicAccessBlock', () => s3.deletePublicAccessBlock({ Bucket }), {}],
  [
    'PutBucketOwnershipControls',
    () =>
      s3.putBucketOwnershipControls({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }] },
      }),
    {},
  ],
  [
    'GetBucketOwnershipControls',
    () => s3.getBucketOwnershipControls({ Bucket }),
    { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }] } },
  ],
  [
    'PutBucketNotificationConfiguration',
    () => s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: {} }),
    {},
  ],
  [
    'GetBucketNotificationConfiguration',
    () => s3.getBucketNotificationConfiguration({ Bucket }),
    {},
  ],
  [
    'PutBucketRequestPayment',
    () =>
      s3.putBucketRequestPayment({
        Bucket,
        RequestPaymentConfiguration: { Payer: 'BucketOwner' },
      }),
    {},
  ],
  [
    'GetBucketRequestPayment',
    () => s3.getBucketRequestPayment({ Bucket }),
    { Payer: 'BucketOwner' },
  ],
  [
    // No SDK posts forms: browsers do.
    'PostObject',
    () => {
      const fields = signedS3Form(api.owner, Bucket, [['key', 'posted']])
      const form = formRequest(Bucket, fields, { content: text })
      return api.send({ ...form, headers: { ...form.headers, host: 's3.localhost' } })
    },
    { status: 204, headers: { etag: `"${md5}"` } },
  ],
  [
    'PutObject',
    () =>
      s3.putObject({
        ...{ Bucket, Key, Body: text, ContentType: 'text/x-grain', Metadata: { colour: 'gold' } },
        ...{ Tagging: 'crop=rye', StorageClass: 'STANDARD_IA', CacheControl: 'no-cache' },
      }),
    { ETag: `"${md5}"` },
  ],
  [
    'HeadObject',
    async () => ({
      ...(await s3.headObject({ Bucket, Key })),
      part: await s3.headObject({ Bucket, Key, Range: 'bytes=8-12' }),
    }),
    {
      part: { ContentLength: 5, ContentRange: 'bytes 8-12/20' },
      ...{ ETag: `"${md5}"`, ContentLength: 20, ContentType: 'text/x-grain', TagCount: 1 },
      ...{ Metadata: { colour: 'gold' }, StorageClass: 'STANDARD_IA', CacheControl: 'no-cache' },
    },
  ],
  [
    'GetObject',
    async () => {
      const answer = await s3.getObject({ Bucket, Key, Range: 'bytes=8-12' })
      return { ...answer, text: await answer.Body?.transformToString() }
    },
    { text: 'keeps', ContentRange: 'bytes 8-12/20', ETag: `"${md5}"`, TagCount: 1 },
  ],
  [
    'GetObjectAttributes',
    () =>
      s3.getObjectAttributes({
        ...{ Bucket, Key, ObjectAttributes: ['ETag', 'ObjectSize', 'StorageClass'] },
      }),
    { ETag: md5, ObjectSize: 20, StorageClass: 'STANDARD_IA' },
  ],
  ['PutObjectAcl', () => s3.putObjectAcl({ Bucket, Key, ACL: 'private' }), {}],
  [
    'GetObjectAcl',
    () => s3.getObjectAcl({ Bucket, Key }),
    { Grants: [{ Grantee: { ID: OWNER }, Permission: 'FULL_CONTROL' }] },
  ],
  ['GetObjectTagging', () => s3.getObjectTagging({ Bucket, Key }), tags],
  [
    'PutObjectTagging',
    () => s3.putObjectTagging({ Bucket, Key, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }),
    {},
  ],
  ['DeleteObjectTagging', () => s3.deleteObjectTagging({ Bucket, Key }), {}],
  [
    'CopyObject',
    () => s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` }),
    { CopyObjectResult: { ETag: `"${md5}"` } },
  ],
  [
    'ListObjects',
    () => s3.listObjects({ Bucket, Prefix: 'b', Delimiter: '/' }),
    { Name: Bucket, CommonPrefixes: [{ Prefix: 'barn/' }], IsTruncated: false },
  ],
  [
    'ListObjectsV2',
    () => s3.listObjectsV2({ Bucket, MaxKeys: 1 }),
    { KeyCount: 1, IsTruncated: true, Contents: [{ Key, Size: 20, StorageClass: 'STANDARD_IA' }] },
  ],
  [
    'PutBucketVersioning',
    () => s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    {},
  ],
  ['GetBucketVersioning', () => s3.getBucketVersioning({ Bucket }), { Status: 'Enabled' }],
  ['DeleteObject', () => s3.deleteObject({ Bucket, Key: 'copy' }), { DeleteMarker: true }],
  [
    'ListObjectVersions',
    () => s3.listObjectVersions({ Bucket, Prefix: 'copy' }),
    {
      DeleteMarkers: [{ Key: 'copy', IsLatest: true }],
      Versions: [{ Key: 'copy', VersionId: 'null', IsLatest: false, ETag: `"${md5}"` }],
    },
  ],
  [
    'CreateMultipartUpload',
    async () => {
      const answer = await s3.createMultipartUpload({ Bucket, Key: 'parts' })
      UploadId = answer.UploadId ?? ''
      return answer
    },
    { Bucket, Key: 'parts' },
  ],
  [
    'UploadPart',
    () => s3.uploadPart({ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: text }),
    { ETag: `"${md5}"` },
  ],
  [
    'UploadPartCopy',
    () =>
      s3.uploadPartCopy({
        ...{ Bucket, Key: 'parts', UploadId, PartNumber: 2 },
        ...{ CopySource: `${Bucket}/${Key}`, CopySourceRange: 'bytes=0-19' },
      }),
    { CopyPartResult: { ETag: `"${md5}"` } },
  ],
  [
    'ListParts',
    () => s3.listParts({ Bucket, Key: 'parts', UploadId, MaxParts: 1 }),
    { Parts: [{ PartNumber: 1, ETag: `"${md5}"`, Size: 20 }], IsTruncated: true },
  ],
  [
    'ListMultipartUploads',
    () => s3.listMultipartUploads({ Bucket }),
    { Uploads: [{ Key: 'parts', Owner: { ID: OWNER } }] },
  ],
  [
    'CompleteMultipartUpload',
    () => {
      const parts = [{ PartNumber: 1, ETag: `"${md5}"` }]
      const upload = { Bucket, Key: 'parts', UploadId, MultipartUpload: { Parts: parts } }
      return s3.completeMultipartUpload(upload)
    },
    { ETag: `"${md5Of(Buffer.from(md5, 'hex'))}-1"`, Key: 'parts' },
  ],
  [
    'AbortMultipartUpload',
    async () => {
      const upload = await s3.createMultipartUpload({ Bucket, Key: 'parts' })
      return s3.abortMultipartUpload({ Bucket, Key: 'parts', UploadId: upload.UploadId })
    },
    {},
  ],
  [
    'RestoreObject',
    async () => {
      await s3.putObject({ Bucket, Key: 'cold', Body: text, StorageClass: 'GLACIER' })
      const request = { Days: 2, GlacierJobParameters: { Tier: 'Standard' as const } }
      await s3.restoreObject({ Bucket, Key: 'cold', RestoreRequest: request })
      return s3.headObject({ Bucket, Key: 'cold' })
    },
    { StorageClass: 'GLACIER', Restore: 'ongoing-request="true"' },
  ],
  [
    'DeleteObjects',
    async () => {
      const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket })
      const Objects = [...Versions, ...DeleteMarkers].map(({ Key: named, VersionId }) => {
        return { Key: named, VersionId }
      })
      const { Deleted, Errors } = await s3.deleteObjects({ Bucket, Delete: { Objects } })
      return { count: Deleted?.length, Errors }
    },
    { count: 6, Errors: undefined },
  ],
  ['DeleteBucket', () => s3.deleteBucket({ Bucket }), {}],
]

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

test.each(rows)('%s', async (_name, call, expected) => {
  expect(await call()).toMatchObject(expected)
})

test('every operation that is served is called', () => {
  expect(rows.map(([name]) => name).sort()).toEqual([...s3Operations.keys()].sort())
})

test('the SDK finds buckets by virtual host, too', async () => {
  const hosted = s3Client(api.owner, 'virtualHost')
  await hosted.createBucket({ Bucket: 'by-host' })
  await hosted.putObject({ Bucket: 'by-host', Key: 'a/b c', Body: 'x' })
  const { Contents } = await hosted.listObjectsV2({ Bucket: 'by-host' })
  expect(Contents).toMatchObject([{ Key: 'a/b c' }])
  hosted.destroy()
})
