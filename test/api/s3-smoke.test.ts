/**
 * What everybody does with S3, by clients that share no code: the one of AWS, by path and by virtual host
 * and with the checksums that it adds by itself, and that of MinIO.
 *
 * @module
 */

import type { S3 } from '@aws-sdk/client-s3'
import { Client } from 'minio'
import { randomBytes } from 'node:crypto'
import { startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { Access } from '../support/oss-request.ts'
import { s3Client } from '../support/s3-client.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

/** What the smoke body needs of a client. */
interface Smoke {
  /** The smallest that it sends. */
  readonly partBytes: number
  make(bucket: string): Promise<unknown>
  put(bucket: string, key: string, bytes: Buffer): Promise<{ readonly etag: string | undefined }>
  get(bucket: string, key: string): Promise<Buffer>
  head(bucket: string, key: string): Promise<{ readonly size?: number | undefined }>
  copy(bucket: string, from: string, to: string): Promise<unknown>
  /** All keys below it. */
  list(bucket: string, prefix: string): Promise<(string | undefined)[]>
  /** Two parts, and what they make. */
  upload(bucket: string, key: string, parts: readonly Buffer[]): Promise<unknown>
  removeAll(bucket: string, keys: string[]): Promise<unknown>
  drop(bucket: string): Promise<unknown>
  close(): void
}

function awsSmoke(s3: S3): Smoke {
  return {
    partBytes: 100 * 1024,
    make: (Bucket) => s3.createBucket({ Bucket }),
    async put(Bucket, Key, Body) {
      return { etag: (await s3.putObject({ Bucket, Key, Body })).ETag?.replaceAll('"', '') }
    },
    async get(Bucket, Key) {
      const { Body } = await s3.getObject({ Bucket, Key })
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    head: async (Bucket, Key) => ({ size: (await s3.headObject({ Bucket, Key })).ContentLength }),
    copy: (Bucket, from, Key) =>
      s3.copyObject({ Bucket, Key, CopySource: `${Bucket}/${encodeURIComponent(from)}` }),
    async list(Bucket, Prefix) {
      const { Contents = [] } = await s3.listObjectsV2({ Bucket, Prefix })
      return Contents.map(({ Key }) => Key)
    },
    async upload(Bucket, Key, bodies) {
      const { UploadId } = await s3.createMultipartUpload({ Bucket, Key })
      const part = async (Body: Buffer, at: number) => {
        const PartNumber = at + 1
        const sent = await s3.uploadPart({ Bucket, Key, UploadId, PartNumber, Body })
        return { ...sent, PartNumber }
      }
      const Parts = await Promise.all(bodies.map(part))
      await s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } })
    },
    removeAll: (Bucket, keys) =>
      s3.deleteObjects({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    drop: (Bucket) => s3.deleteBucket({ Bucket }),
    close: () => s3.destroy(),
  }
}

function minioSmoke({ accessKeyId, accessKeySecret, endpoint, region }: Access): Smoke {
  const { hostname, port } = new URL(endpoint)
  const partBytes = 5 * 1024 ** 2
  const minio = new Client({
    ...{ endPoint: hostname, port: Number(port), useSSL: false, region, partSize: partBytes },
    ...{ accessKey: accessKeyId, secretKey: accessKeySecret },
  })
  return {
    partBytes,
    make: (bucket) => minio.makeBucket(bucket, region),
    put: (bucket, key, bytes) => minio.putObject(bucket, key, bytes),
    async get(bucket, key) {
      const pieces: Buffer[] = []
      for await (const piece of await minio.getObject(bucket, key)) pieces.push(piece as Buffer)
      return Buffer.concat(pieces)
    },
    head: (bucket, key) => minio.statObject(bucket, key),
    copy: (bucket, from, to) => minio.copyObject(bucket, to, `/${bucket}/${from}`),
    async list(bucket, prefix) {
      const keys: (string | undefined)[] = []
      for await (const item of minio.listObjectsV2(bucket, prefix, true)) {
        keys.push((item as { name?: string }).name)
      }
      return keys
    },
    // Cuts by itself what is longer than a part.
    upload: (bucket, key, bodies) => minio.putObject(bucket, key, Buffer.concat(bodies)),
    removeAll: (bucket, keys) => minio.removeObjects(bucket, keys),
    drop: (bucket) => minio.removeBucket(bucket),
    close: () => {},
  }
}

test.each<[client: string, open: (access: Access) => Smoke]>([
  ['aws-path', (access) => awsSmoke(s3Client(access))],
  ['aws-host', (access) => awsSmoke(s3Client(access, 'virtualHost'))],
  ['minio', minioSmoke],
])('%s makes, reads, copies, lists and removes', async (client, open) => {
  const smoke = open(api.owner)
  const bucket = `smoke-${client}`
  await smoke.make(bucket)
  const bytes = randomBytes(70_000)
  const { etag } = await smoke.put(bucket, 'barn/rye & barley+ä', bytes)
  expect(etag).toMatch(/^[0-9a-f]{32}$/)
  expect(await smoke.get(bucket, 'barn/rye & barley+ä')).toEqual(bytes)
  await smoke.copy(bucket, 'barn/rye & barley+ä', 'barn/copy')
  expect(await smoke.head(bucket, 'barn/copy')).toMatchObject({ size: 70_000 })
  const parts = [randomBytes(smoke.partBytes), randomBytes(10)]
  await smoke.upload(bucket, 'in-parts', parts)
  expect((await smoke.get(bucket, 'in-parts')).equals(Buffer.concat(parts))).toBe(true)
  expect(await smoke.list(bucket, 'barn/')).toEqual(['barn/copy', 'barn/rye & barley+ä'])
  await expect(smoke.get(bucket, 'absent')).rejects.toMatchObject({ name: expect.anything() })
  await smoke.removeAll(bucket, ['barn/copy', 'barn/rye & barley+ä', 'in-parts'])
  expect(await smoke.list(bucket, '')).toEqual([])
  await smoke.drop(bucket)
  smoke.close()
})
