/**
 * The smoke client of npm `@alicloud/oss20190517`, which signs with V1.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { Access } from '../../support/oss-request.ts'
import { readAll } from './smoke-client.ts'
import type { Model, Sdk, SmokeClient } from './smoke-client.ts'

interface Answer<Body = unknown> {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}
type BucketCall<Body = unknown> = (bucket: string, request: object) => Promise<Answer<Body>>
type ObjectCall<Body = unknown> = (
  bucket: string,
  key: string,
  request: object,
) => Promise<Answer<Body>>
type FullCall = (
  bucket: string,
  key: string,
  request: object,
  headers: object,
  runtime: object,
) => Promise<unknown>

interface OssClient {
  putBucket: BucketCall
  deleteBucket(bucket: string): Promise<unknown>
  putObjectWithOptions: FullCall
  getObject: ObjectCall<AsyncIterable<unknown>>
  headObject: ObjectCall
  listObjectsV2: BucketCall<{ contents?: { key: string }[] }>
  copyObjectWithOptions(
    bucket: string,
    key: string,
    headers: object,
    runtime: object,
  ): Promise<unknown>
  appendObject: ObjectCall
  initiateMultipartUpload: ObjectCall<{ uploadId: string }>
  uploadPart: ObjectCall
  completeMultipartUploadWithOptions: FullCall
  deleteObject: ObjectCall
  deleteMultipleObjectsWithOptions(
    bucket: string,
    request: object,
    headers: object,
    runtime: object,
  ): Promise<unknown>
}

const load = createRequire(__filename)
const sdk = load('@alicloud/oss20190517') as Sdk<OssClient>
const { Config } = load('@alicloud/openapi-client') as { readonly Config: Model }
const { RuntimeOptions } = load('@alicloud/tea-util') as { readonly RuntimeOptions: Model }

const { default: Xml } = load('@alicloud/tea-xml') as { default: { toXML(body: object): string } }

/** Makes the client of a server; `access.endpoint` must be a name. */
export function oss20190517Client(access: Access): SmokeClient {
  const { default: Client } = sdk
  const endpoint = new URL(access.endpoint).host
  const oss = new Client(
    new Config({ ...access, endpoint, protocol: 'http', regionId: access.region }),
  )
  const runtime = new RuntimeOptions({})
  return {
    oddKey: 'folder/plain.txt',
    makeBucket: (bucket) => answeredEmpty(oss.putBucket(bucket, make('PutBucketRequest', {}))),
    removeBucket: async (bucket) => void (await oss.deleteBucket(bucket)),
    async put(bucket, key, body, colour) {
      // Its own field for metadata leaves an unsigned header `x-oss-meta-*` behind.
      const headers = make('PutObjectHeaders', { commonHeaders: { 'x-oss-meta-colour': colour } })
      const request = make('PutObjectRequest', { body: Readable.from([body]) })
      await answeredEmpty(oss.putObjectWithOptions(bucket, key, request, headers, runtime))
    },
    get: async (bucket, key) =>
      readAll((await oss.getObject(bucket, key, make('GetObjectRequest', {}))).body),
    async colour(bucket, key) {
      return (await oss.headObject(bucket, key, make('HeadObjectRequest', {}))).headers[
        'x-oss-meta-colour'
      ]
    },
    async list(bucket, prefix) {
      const { body } = await oss.listObjectsV2(
        bucket,
        make('ListObjectsV2Request', { prefix, maxKeys: 100 }),
      )
      return (body.contents ?? []).map(({ key }) => key)
    },
    async copy(bucket, from, to) {
      const headers = make('CopyObjectHeaders', { copySource: `/${bucket}/${from}` })
      await oss.copyObjectWithOptions(bucket, to, headers, runtime)
    },
    async append(bucket, key, position, body) {
      const request = make('AppendObjectRequest', { position, body: Readable.from([body]) })
      await answeredEmpty(oss.appendObject(bucket, key, request))
      const { headers } = await oss.headObject(bucket, key, make('HeadObjectRequest', {}))
      return Number(headers['x-oss-next-append-position'])
    },
    ...uploads(oss, runtime),
    remove: async (bucket, key) =>
      void (await oss.deleteObject(bucket, key, make('DeleteObjectRequest', {}))),
    async removeMany(bucket, keys) {
      // It writes no root element by itself and computes neither digest nor length.
      const list = { Delete: { Object: keys.map((Key) => ({ Key })), Quiet: 'false' } }
      const text = Xml.toXML(list)
      const contentMd5 = createHash('md5').update(text).digest('base64')
      const commonHeaders = { 'content-length': String(Buffer.byteLength(text)) }
      const headers = make('DeleteMultipleObjectsHeaders', { contentMd5, commonHeaders })
      const body = { delete: { toMap: () => list } }
      const request = Object.assign(make('DeleteMultipleObjectsRequest', {}), body)
      await oss.deleteMultipleObjectsWithOptions(bucket, request, headers, runtime)
    },
  }
}

function uploads(
  oss: OssClient,
  runtime: object,
): Pick<SmokeClient, 'startUpload' | 'putPart' | 'completeUpload'> {
  return {
    async startUpload(bucket, key) {
      return (
        await oss.initiateMultipartUpload(bucket, key, make('InitiateMultipartUploadRequest', {}))
      ).body.uploadId
    },
    async putPart(bucket, key, uploadId, partNumber, body) {
      const request = make('UploadPartRequest', {
        uploadId,
        partNumber,
        body: Readable.from([body]),
      })
      await answeredEmpty(oss.uploadPart(bucket, key, request))
      return `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`
    },
    async completeUpload(bucket, key, uploadId) {
      // Its list of parts has no root element: the server is asked to take all there are.
      const headers = make('CompleteMultipartUploadHeaders', { completeAll: 'yes' })
      const request = make('CompleteMultipartUploadRequest', { uploadId })
      await oss.completeMultipartUploadWithOptions(bucket, key, request, headers, runtime)
    },
  }
}

/** This client performs a request whose answer has no body, then fails to parse it: as with the cloud. */
async function answeredEmpty(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    // It also takes the CRC of an object that it appended to for the CRC of the piece.
    const isItsOwn = (error as { code?: unknown }).code === 'CrcNotMatched'
    if (!isItsOwn && (error as Error).message !== 'not a valid value for parameter') throw error
  })
}

function make(name: string, fields: object): object {
  const found = (sdk as Readonly<Record<string, Model | undefined>>)[name]
  if (found === undefined) throw new Error(`The package has no ${name}`)
  return new found(fields)
}
