/**
 * The S3 dialect as the official SDK for JavaScript speaks it: path style and virtual host, with the
 * checksums that it adds by itself.
 *
 * @module
 */

import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Agent } from 'node:http'
import type { LookupFunction } from 'node:net'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

function clientOf(forcePathStyle: boolean): S3Client {
  const { accessKeyId, accessKeySecret, region } = api.owner
  return new S3Client({
    region,
    endpoint: `http://${forcePathStyle ? '127.0.0.1' : 's3.localhost'}:${api.port}`,
    forcePathStyle,
    credentials: { accessKeyId, secretAccessKey: accessKeySecret },
    // Not every machine finds itself behind names below localhost.
    requestHandler: { httpAgent: new Agent({ lookup }) },
    maxAttempts: 1,
  })
}

const lookup: LookupFunction = (_name, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }])

test.each([
  ['path style', true],
  ['virtual host', false],
])('an object lives and dies by the SDK in %s', async (_name, isPathStyle) => {
  const client = clientOf(isPathStyle)
  const Bucket = isPathStyle ? 'by-path' : 'by-host'
  const Key = 'barn/barley and rye.txt'
  await client.send(new CreateBucketCommand({ Bucket }))
  const { Buckets } = await client.send(new ListBucketsCommand({}))
  expect(Buckets?.map(({ Name }) => Name)).toContain(Bucket)
  const head = await client.send(new HeadBucketCommand({ Bucket }))
  expect(head.BucketRegion).toBe('cn-hangzhou')
  const Metadata = { colour: 'gold' }
  const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'grain', Metadata }))
  const got = await client.send(new GetObjectCommand({ Bucket, Key }))
  expect(await got.Body?.transformToString()).toBe('grain')
  expect(got).toMatchObject({ ETag: put.ETag, Metadata, ContentLength: 5 })
  const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key }))
  expect(ContentLength).toBe(5)
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }))
  expect(Contents).toMatchObject([{ Key, Size: 5, ETag: put.ETag, StorageClass: 'STANDARD' }])
  await client.send(new DeleteObjectCommand({ Bucket, Key }))
  const gone = client.send(new GetObjectCommand({ Bucket, Key }))
  await expect(gone).rejects.toMatchObject({ name: 'NoSuchKey' })
  await client.send(new DeleteBucketCommand({ Bucket }))
  client.destroy()
})
