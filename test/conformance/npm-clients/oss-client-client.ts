/**
 * The smoke client of npm `@alicloud/oss-client`, which signs with V2 (`OSS2`).
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { Access } from '../../support/oss-request.ts'
import { readAll } from './smoke-client.ts'
import type { Model, Sdk, SmokeClient } from './smoke-client.ts'

type Call<Answer = unknown> = (request: object, runtime: object) => Promise<Answer>

interface OssClient {
  putBucket: Call
  deleteBucket: Call
  putObject: Call
  getObject: Call<{ body: AsyncIterable<unknown> }>
  headObject: Call<{ userMeta?: Record<string, string> }>
  getBucket: Call<{ listBucketResult: { contents?: { key: string }[] } }>
  copyObject: Call
  appendObject: Call<{ nextAppendPosition: string }>
  initiateMultipartUpload: Call<{ initiateMultipartUploadResult: { uploadId: string } }>
  uploadPart: Call
  completeMultipartUpload: Call
  deleteObject: Call
  deleteMultipleObjects: Call
}

const load = createRequire(__filename)
const sdk = load('@alicloud/oss-client') as Sdk<OssClient>
const { RuntimeOptions } = load('@alicloud/oss-util') as { readonly RuntimeOptions: Model }

/** Makes the client of a server; `access.endpoint` must be a name. */
export function ossClientClient(access: Access): SmokeClient {
  const { default: Client } = sdk
  const config = {
    ...access,
    endpoint: new URL(access.endpoint).host,
    protocol: 'http',
    signatureVersion: 'V2',
  }
  const oss = new Client(new (model('Config'))({ ...config, regionId: access.region }))
  const runtime = new RuntimeOptions({})
  const make = (name: string, fields: object) => new (model(name))(fields)
  return {
    oddKey: 'folder/plain.txt',
    async makeBucket(bucketName) {
      const storage = make('PutBucketRequestBodyCreateBucketConfiguration', {
        storageClass: 'Standard',
      })
      const body = make('PutBucketRequestBody', { createBucketConfiguration: storage })
      await oss.putBucket(make('PutBucketRequest', { bucketName, body }), runtime)
    },
    removeBucket: async (bucketName) => {
      await oss.deleteBucket(make('DeleteBucketRequest', { bucketName }), runtime)
    },
    async put(bucketName, objectName, body, colour) {
      // It takes a prefix away where it should add one.
      const userMeta = { 'x-oss-meta-x-oss-meta-colour': colour }
      const fields = { bucketName, objectName, body: Readable.from([body]), userMeta }
      await oss.putObject(make('PutObjectRequest', fields), runtime)
    },
    async get(bucketName, objectName) {
      const { body } = await oss.getObject(
        make('GetObjectRequest', { bucketName, objectName }),
        runtime,
      )
      return readAll(body)
    },
    async colour(bucketName, objectName) {
      const { userMeta } = await oss.headObject(
        make('HeadObjectRequest', { bucketName, objectName }),
        runtime,
      )
      return userMeta?.['x-oss-meta-colour']
    },
    async list(bucketName, prefix) {
      const filter = make('GetBucketRequestFilter', { prefix, maxKeys: '100' })
      const answer = await oss.getBucket(make('GetBucketRequest', { bucketName, filter }), runtime)
      return (answer.listBucketResult.contents ?? []).map(({ key }) => key)
    },
    async copy(bucketName, from, destObjectName) {
      const header = make('CopyObjectRequestHeader', { copySource: `/${bucketName}/${from}` })
      await oss.copyObject(
        make('CopyObjectRequest', { bucketName, destObjectName, header }),
        runtime,
      )
    },
    async append(bucketName, objectName, position, body) {
      const filter = make('AppendObjectRequestFilter', { position: String(position) })
      const fields = { bucketName, objectName, filter, body: Readable.from([body]) }
      return Number(
        (await oss.appendObject(make('AppendObjectRequest', fields), runtime)).nextAppendPosition,
      )
    },
    ...uploads(oss, runtime),
    remove: async (bucketName, objectName) => {
      await oss.deleteObject(make('DeleteObjectRequest', { bucketName, objectName }), runtime)
    },
    removeMany: (bucket, keys) => removeMany(oss, runtime, bucket, keys),
  }
}

function model(name: string): Model {
  const found = (sdk as Readonly<Record<string, Model | undefined>>)[name]
  if (found === undefined) throw new Error(`The package has no ${name}`)
  return found
}

function uploads(
  oss: OssClient,
  runtime: object,
): Pick<SmokeClient, 'startUpload' | 'putPart' | 'completeUpload'> {
  const make = (name: string, fields: object) => new (model(name))(fields)
  return {
    async startUpload(bucketName, objectName) {
      const filter = make('InitiateMultipartUploadRequestFilter', {})
      const request = make('InitiateMultipartUploadRequest', { bucketName, objectName, filter })
      return (await oss.initiateMultipartUpload(request, runtime)).initiateMultipartUploadResult
        .uploadId
    },
    async putPart(bucketName, objectName, uploadId, number, body) {
      const filter = make('UploadPartRequestFilter', { uploadId, partNumber: String(number) })
      const fields = { bucketName, objectName, filter, body: Readable.from([body]) }
      await oss.uploadPart(make('UploadPartRequest', fields), runtime)
      // This client does not tell the ETag of a part: it is the MD5, as the reference says.
      return `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`
    },
    async completeUpload(bucketName, objectName, uploadId, etags) {
      const part = etags.map((eTag, index) => {
        const fields = { eTag, partNumber: String(index + 1) }
        return make('CompleteMultipartUploadRequestBodyCompleteMultipartUploadPart', fields)
      })
      const parts = make('CompleteMultipartUploadRequestBodyCompleteMultipartUpload', { part })
      const body = make('CompleteMultipartUploadRequestBody', { completeMultipartUpload: parts })
      const filter = make('CompleteMultipartUploadRequestFilter', { uploadId })
      const fields = { bucketName, objectName, filter, body }
      await oss.completeMultipartUpload(make('CompleteMultipartUploadRequest', fields), runtime)
    },
  }
}

async function removeMany(
  oss: OssClient,
  runtime: object,
  bucketName: string,
  keys: readonly string[],
) {
  const make = (name: string, fields: object) => new (model(name))(fields)
  const object = keys.map((key) => make('DeleteMultipleObjectsRequestBodyDeleteObject', { key }))
  const list = make('DeleteMultipleObjectsRequestBodyDelete', { object, quiet: 'false' })
  const body = make('DeleteMultipleObjectsRequestBody', { delete: list })
  // The caller must know the length and the digest of the document that this client writes.
  const text = xmlOf(keys)
  const header = make('DeleteMultipleObjectsRequestHeader', {
    contentLength: String(Buffer.byteLength(text)),
    contentMD5: createHash('md5').update(text).digest('base64'),
  })
  await oss.deleteMultipleObjects(
    make('DeleteMultipleObjectsRequest', { bucketName, body, header }),
    runtime,
  )
}

function xmlOf(keys: readonly string[]): string {
  const { default: Util } = load('@alicloud/tea-xml') as {
    default: { toXML(body: object): string }
  }
  return Util.toXML({ Delete: { Object: keys.map((Key) => ({ Key })), Quiet: 'false' } })
}
