/**
 * The smoke client of npm `ali-oss`, with signature V1 or V4.
 *
 * @module
 */

import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { Access } from '../../support/oss-request.ts'
import type { SmokeClient } from './smoke-client.ts'

interface AliOss {
  useBucket(bucket: string): void
  putBucket(bucket: string): Promise<unknown>
  deleteBucket(bucket: string): Promise<unknown>
  put(key: string, body: Buffer, options: object): Promise<unknown>
  get(key: string): Promise<{ content: Buffer }>
  head(key: string): Promise<{ meta: Record<string, string> | null }>
  listV2(query: object): Promise<{ objects?: { name: string }[] }>
  copy(to: string, from: string): Promise<unknown>
  append(key: string, body: Buffer, options: object): Promise<{ nextAppendPosition: string }>
  initMultipartUpload(key: string): Promise<{ uploadId: string }>
  _uploadPart(
    key: string,
    uploadId: string,
    number: number,
    data: object,
  ): Promise<{ etag: string }>
  completeMultipartUpload(key: string, uploadId: string, parts: object[]): Promise<unknown>
  delete(key: string): Promise<unknown>
  deleteMulti(keys: readonly string[]): Promise<unknown>
}

const OssClient = createRequire(__filename)('ali-oss') as new (options: object) => AliOss

/** Makes the client of a server; `access.endpoint` must be a name. */
export function aliOssClient(access: Access, authorizationV4: boolean): SmokeClient {
  const oss = new OssClient({ ...access, region: `oss-${access.region}`, authorizationV4 })
  const at = (bucket: string) => {
    oss.useBucket(bucket)
    return oss
  }
  return {
    oddKey: 'folder/ünï +%?.txt',
    makeBucket: async (bucket) => void (await oss.putBucket(bucket)),
    removeBucket: async (bucket) => void (await oss.deleteBucket(bucket)),
    put: async (bucket, key, body, colour) =>
      void (await at(bucket).put(key, body, { meta: { colour } })),
    get: async (bucket, key) => (await at(bucket).get(key)).content,
    colour: async (bucket, key) => (await at(bucket).head(key)).meta?.['colour'],
    async list(bucket, prefix) {
      const { objects } = await at(bucket).listV2({ prefix, 'max-keys': 100 })
      return (objects ?? []).map(({ name }) => name)
    },
    copy: async (bucket, from, to) => void (await at(bucket).copy(to, from)),
    async append(bucket, key, position, body) {
      return Number((await at(bucket).append(key, body, { position })).nextAppendPosition)
    },
    startUpload: async (bucket, key) => (await at(bucket).initMultipartUpload(key)).uploadId,
    async putPart(bucket, key, uploadId, number, body) {
      const data = { stream: Readable.from([body]), size: body.length }
      return (await at(bucket)._uploadPart(key, uploadId, number, data)).etag
    },
    async completeUpload(bucket, key, uploadId, etags) {
      const parts = etags.map((etag, index) => ({ number: index + 1, etag }))
      await at(bucket).completeMultipartUpload(key, uploadId, parts)
    },
    remove: async (bucket, key) => void (await at(bucket).delete(key)),
    removeMany: async (bucket, keys) => void (await at(bucket).deleteMulti(keys)),
  }
}
