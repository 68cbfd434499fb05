/**
 * Checksums that S3 clients send are kept with objects and parts, and told whoever asks for them.
 *
 * @module
 */

import type { S3 } from '@aws-sdk/client-s3'
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { codeOf, outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { s3Client } from '../support/s3-client.ts'
import { sendS3Request } from '../support/s3-frames.ts'

const Bucket = 's3-checksums'
const data = Buffer.from('123456789')
/** Of these nine bytes: the check values of the algorithms. */
const CHECKS = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
} as const
type ChecksumAlgorithm = keyof typeof CHECKS
const ALGORITHMS = Object.keys(CHECKS) as ChecksumAlgorithm[]
const PART_BYTES = 100 * 1024
let api: TestApi
let s3: S3
beforeAll(async () => {
  api = await startApi()
  s3 = s3Client(api.owner)
  await s3.createBucket({ Bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  s3.destroy()
  await api.stop()
})

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')
const nameOf = (algorithm: ChecksumAlgorithm) => `Checksum${algorithm}` as 'ChecksumCRC32'
const crc32Of = (bytes: Uint8Array) => base64(crc32(bytes).toString(16).padStart(8, '0'))

test.each(ALGORITHMS)(
  '%s is told of an object, of its copy, and by its attributes',
  async (algorithm) => {
    const [name, Key] = [nameOf(algorithm), `of-${algorithm}`]
    const kept = { [name]: base64(CHECKS[algorithm]), ChecksumType: 'FULL_OBJECT' }
    const put = await s3.putObject({ Bucket, Key, Body: data, [name]: kept[name] })
    expect(put).toMatchObject(kept)
    const ChecksumMode = 'ENABLED'
    expect(await s3.headObject({ Bucket, Key, ChecksumMode })).toMatchObject(kept)
    const got = await s3.getObject({ Bucket, Key, ChecksumMode })
    expect(got).toMatchObject(kept)
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? '')).toEqual(data)
    const CopySource = `${Bucket}/${Key}`
    const { CopyObjectResult } = await s3.copyObject({ Bucket, Key: `${Key}-copy`, CopySource })
    expect(CopyObjectResult).toMatchObject(kept)
    const ObjectAttributes = ['Checksum' as const]
    const told = await s3.getObjectAttributes({ Bucket, Key: `${Key}-copy`, ObjectAttributes })
    expect(told.Checksum).toEqual(kept)
  },
)

test('nothing is told of a range, nor to who does not ask', async () => {
  const ask = (headers: Record<string, string>) =>
    sendS3Request(api.owner, { method: 'GET', target: `/${Bucket}/of-CRC32`, headers })
  const name = 'x-amz-checksum-crc32'
  const mode = { 'x-amz-checksum-mode': 'ENABLED' }
  expect((await ask(mode)).headers[name]).toBe(base64(CHECKS.CRC32))
  expect((await ask({})).headers[name]).toBeUndefined()
  expect((await ask({ ...mode, range: 'bytes=0-3' })).headers[name]).toBeUndefined()
  const plain = await api.send({ method: 'GET', bucket: Bucket, key: 'of-CRC32', headers: mode })
  expect(plain.headers[name]).toBeUndefined()
})

test('a copy has the checksum that is asked for, also onto itself', async () => {
  const CopySource = `${Bucket}/of-CRC32`
  const ChecksumAlgorithm = 'SHA1'
  const kept = { ChecksumSHA1: base64(CHECKS.SHA1) }
  const asked = { Bucket, CopySource, ChecksumAlgorithm } as const
  const other = await s3.copyObject({ ...asked, Key: 'other' })
  expect(other.CopyObjectResult).toMatchObject(kept)
  const onto = { MetadataDirective: 'REPLACE', Metadata: { colour: 'red' } } as const
  const same = await s3.copyObject({ ...asked, Key: 'of-CRC32', ...onto })
  expect(same.CopyObjectResult).toMatchObject(kept)
  const head = await s3.headObject({ Bucket, Key: 'of-CRC32', ChecksumMode: 'ENABLED' })
  expect(head).toMatchObject({ ...kept, Metadata: { colour: 'red' } })
  const refused = {
    method: 'PUT',
    target: `/${Bucket}/x`,
    headers: { 'x-amz-copy-source': `/${CopySource}`, 'x-amz-checksum-algorithm': 'MD4' },
  }
  expect(outcomeOf(await sendS3Request(api.owner, refused))).toBe('400 InvalidArgument')
})

type Upload = {
  readonly algorithm?: ChecksumAlgorithm | undefined
  readonly type?: 'FULL_OBJECT' | 'COMPOSITE'
}
const parts = [randomBytes(PART_BYTES), Buffer.from('end')]

/** Sends both parts, and returns what a completion lists. */
async function begin(Key: string, { algorithm, type }: Upload) {
  const kind = { ChecksumAlgorithm: algorithm, ChecksumType: type }
  const { UploadId = '' } = await s3.createMultipartUpload({ Bucket, Key, ...kind })
  const listed = []
  for (const [at, Body] of parts.entries()) {
    const part = { Bucket, Key, UploadId, PartNumber: at + 1, Body }
    const answer = await s3.uploadPart({ ...part, ChecksumAlgorithm: algorithm })
    listed.push({ ...answer, PartNumber: at + 1 })
  }
  return { UploadId, listed }
}

test.each<[ChecksumAlgorithm, 'FULL_OBJECT' | 'COMPOSITE']>([
  ['CRC32', 'FULL_OBJECT'],
  ['CRC32', 'COMPOSITE'],
  ['CRC32C', 'FULL_OBJECT'],
  ['CRC32C', 'COMPOSITE'],
  ['CRC64NVME', 'FULL_OBJECT'],
  ['SHA1', 'COMPOSITE'],
  ['SHA256', 'COMPOSITE'],
])('an upload with %s comes to the checksum of the kind %s', async (algorithm, type) => {
  const [Key, name] = [`upload-${algorithm}-${type}`, nameOf(algorithm)]
  const { UploadId, listed } = await begin(Key, { algorithm, type })
  const page = await s3.listParts({ Bucket, Key, UploadId })
  expect(page).toMatchObject({ ChecksumAlgorithm: algorithm, ChecksumType: type })
  expect(page.Parts?.map((part) => part[name])).toEqual(listed.map((part) => part[name]))
  const { Uploads = [] } = await s3.listMultipartUploads({ Bucket, Prefix: Key })
  expect(Uploads).toMatchObject([{ ChecksumAlgorithm: algorithm, ChecksumType: type }])
  const MultipartUpload = { Parts: listed }
  const made = await s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload })
  const whole = await expectedOf(
    algorithm,
    type,
    listed.map((part) => part[name] ?? ''),
  )
  expect(made).toMatchObject({ [name]: whole, ChecksumType: type })
  const ChecksumMode = 'ENABLED'
  expect(await s3.headObject({ Bucket, Key, ChecksumMode })).toMatchObject({ [name]: whole })
  const second = await s3.headObject({ Bucket, Key, PartNumber: 2, ChecksumMode })
  expect(second).toMatchObject({ [name]: listed[1]?.[name], PartsCount: 2 })
  const kind = { ChecksumAlgorithm: [algorithm], ChecksumType: type }
  expect((await s3.listObjectsV2({ Bucket, Prefix: Key })).Contents).toMatchObject([kind])
  expect((await s3.listObjects({ Bucket, Prefix: Key })).Contents).toMatchObject([kind])
  expect((await s3.listObjectVersions({ Bucket, Prefix: Key })).Versions).toMatchObject([kind])
  const ObjectAttributes = ['Checksum' as const, 'ObjectParts' as const]
  const told = await s3.getObjectAttributes({ Bucket, Key, ObjectAttributes, MaxParts: 1 })
  const [first] = listed
  expect(told.ObjectParts).toMatchObject({
    ...{ TotalPartsCount: 2, IsTruncated: true, NextPartNumberMarker: '1', MaxParts: 1 },
    Parts: [{ PartNumber: 1, Size: PART_BYTES, [name]: first?.[name] }],
  })
})

/** What S3 makes of it: of the same bytes in one piece, or of the checksums of the parts. */
async function expectedOf(
  algorithm: ChecksumAlgorithm,
  type: 'FULL_OBJECT' | 'COMPOSITE',
  ofParts: readonly string[],
): Promise<string> {
  const name = nameOf(algorithm)
  const values = Buffer.concat(ofParts.map((value) => Buffer.from(value, 'base64')))
  if (algorithm === 'SHA1' || algorithm === 'SHA256') {
    return `${createHash(algorithm).update(values).digest('base64')}-2`
  }
  const Body = type === 'COMPOSITE' ? values : Buffer.concat(parts)
  const ChecksumAlgorithm = algorithm
  const whole = await s3.putObject({ Bucket, Key: 'whole', Body, ChecksumAlgorithm })
  return `${whole[name]}${type === 'COMPOSITE' ? '-2' : ''}`
}

test('parts are listed with the checksums that a composite one is made of', async () => {
  const Key = 'lacking'
  const { UploadId, listed } = await begin(Key, { algorithm: 'SHA256', type: 'COMPOSITE' })
  const [first, second] = listed.map(({ ETag, PartNumber }) => ({ ETag, PartNumber }))
  const complete = (Parts: object[]) =>
    s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } })
  for (const lacking of [
    [first, second],
    [listed[0], second],
  ] as object[][]) {
    await expect(complete(lacking)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringContaining('sha256 checksum') as string,
    })
  }
  expect((await complete(listed)).ETag).toMatch(/-2"$/)
})

test('a completion is refused where a checksum or the size is another, and may be sent again', async () => {
  const Key = 'completed'
  const { UploadId, listed } = await begin(Key, { algorithm: 'CRC32', type: 'FULL_OBJECT' })
  const ChecksumCRC32 = crc32Of(Buffer.concat(parts))
  const list = { MultipartUpload: { Parts: listed } }
  const complete = (more: object) =>
    s3.completeMultipartUpload({ Bucket, Key, UploadId, ...list, ...more })
  await expect(complete({ ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' })
  const other = { ChecksumCRC32, ChecksumType: 'COMPOSITE' }
  await expect(complete(other)).rejects.toMatchObject({ name: 'InvalidRequest' })
  await expect(complete({ MpuObjectSize: 5 })).rejects.toMatchObject({ name: 'InvalidRequest' })
  const sha = { ChecksumSHA1: base64(CHECKS.SHA1) }
  await expect(complete(sha)).rejects.toMatchObject({ name: 'InvalidRequest' })
  const [first, last] = listed
  const Parts = [first, { ...last, ChecksumCRC32: 'AAAAAA==' }]
  const wrongPart = complete({ MultipartUpload: { Parts } })
  await expect(wrongPart).rejects.toMatchObject({ name: 'InvalidPart' })
  await expect(s3.headObject({ Bucket, Key })).rejects.toMatchObject({ name: 'NotFound' })
  const right = { ChecksumCRC32, MpuObjectSize: PART_BYTES + 3 }
  expect(await complete(right)).toMatchObject({ ChecksumCRC32, ChecksumType: 'FULL_OBJECT' })
})

test('a part has the checksum of its upload, whoever sends it, and none of another kind', async () => {
  const Key = 'mixed'
  const { UploadId, listed } = await begin(Key, { algorithm: 'SHA256' })
  const query = { partNumber: '2', uploadId: UploadId }
  await api.send({ method: 'PUT', bucket: Bucket, key: Key, query, body: data })
  const page = await s3.listParts({ Bucket, Key, UploadId })
  expect(page.Parts?.map(({ ChecksumSHA256 }) => ChecksumSHA256)).toEqual([
    listed[0]?.ChecksumSHA256,
    base64(CHECKS.SHA256),
  ])
  const part = { Bucket, Key, UploadId, PartNumber: 3, Body: data }
  const ChecksumCRC32 = base64(CHECKS.CRC32)
  const refused = s3.uploadPart({ ...part, ChecksumCRC32 })
  await expect(refused).rejects.toMatchObject({ name: 'InvalidRequest' })
  const CopySource = `${Bucket}/of-SHA1`
  const copied = await s3.uploadPartCopy({ Bucket, Key, UploadId, PartNumber: 3, CopySource })
  expect(copied.CopyPartResult).toMatchObject({ ChecksumSHA256: base64(CHECKS.SHA256) })
})

test.each<[Upload, string]>([
  [{ algorithm: 'SHA256', type: 'FULL_OBJECT' }, 'InvalidRequest'],
  [{ algorithm: 'CRC64NVME', type: 'COMPOSITE' }, 'InvalidRequest'],
  [{ algorithm: undefined, type: 'COMPOSITE' }, 'InvalidRequest'],
  [{ algorithm: 'MD4' as ChecksumAlgorithm }, 'InvalidArgument'],
])('no upload is begun with %j', async ({ algorithm, type }, code) => {
  const headers = {
    ...(algorithm !== undefined && { 'x-amz-checksum-algorithm': algorithm }),
    ...(type !== undefined && { 'x-amz-checksum-type': type }),
  }
  const request = { method: 'POST', target: `/${Bucket}/never?uploads=`, headers }
  expect(codeOf(await sendS3Request(api.owner, request))).toBe(code)
})
