import type { ObjectKey } from '../../../model/identifiers.ts'
import type { PieceRecord } from '../../../model/object.ts'
import { bucket, headerOf, key, record, requestOf, servicesOf } from '../operation-fixtures.ts'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './object-multipart.ts'

const uploadId = '0'.repeat(31) + 'A'
const part: PieceRecord = {
  offset: 0,
  sizeBytes: 5,
  md5: '5d41402abc4b2a76b9719d911017c592',
  crc64: 1n,
  lastModifiedMs: record.lastModifiedMs,
  data: { kind: 'inline', bytes: Buffer.from('hello') },
}
const etag = '"5D41402ABC4B2A76B9719D911017C592"'

test('InitiateMultipartUpload answers the upload id', async () => {
  const services = servicesOf({ uploads: { initiate: () => Promise.resolve({ uploadId }) } })
  const { body } = await initiateMultipartUpload.handle(requestOf({ query: 'uploads' }), services)
  expect(body).toContain(`<Key>barley</Key><UploadId>${uploadId}</UploadId>`)
})

describe('UploadPart', () => {
  const upload = (partNumber: string) =>
    uploadPart.handle(
      requestOf({ query: `partNumber=${partNumber}&uploadId=${uploadId}`, body: 'hello' }),
      servicesOf({ uploads: { putPart: () => Promise.resolve(part) } }),
    )

  test.each(['1', '10000'])('number %s answers the MD5 as ETag', async (partNumber) => {
    expect(headerOf(await upload(partNumber), 'ETag')).toBe(etag)
  })

  test.each(['0', '10001', '-1', 'x', ''])('number "%s" is refused', async (partNumber) => {
    await expect(upload(partNumber)).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})

describe('UploadPartCopy', () => {
  const copyRangeOf = async (range: string | undefined) => {
    let asked: unknown
    const services = servicesOf({
      buckets: { find: () => Promise.resolve(bucket) },
      uploads: {
        copyPart(_bucket, _key, _id, _number, request) {
          asked = request.range(record)
          return Promise.resolve({ part, source: record })
        },
      },
    })
    const headers = {
      'x-oss-copy-source': '/grain/oats',
      ...(range === undefined ? {} : { 'x-oss-copy-source-range': range }),
    }
    const query = `partNumber=1&uploadId=${uploadId}`
    const answer = await uploadPartCopy.handle(requestOf({ query, headers }), services)
    expect(answer.body).toContain('<CopyPartResult>')
    expect(headerOf(answer, 'ETag')).toBe(etag)
    return asked
  }

  test.each([
    [undefined, { start: 0, end: 5 }],
    ['bytes=1-2', { start: 1, end: 3 }],
    ['bytes=1-', { start: 1, end: 5 }],
    ['1-2', { start: 0, end: 5 }],
    ['bytes=3-9', { start: 0, end: 5 }],
  ])('range %s of five bytes copies %j', async (range, expected) => {
    expect(await copyRangeOf(range)).toEqual(expected)
  })
})

describe('CompleteMultipartUpload', () => {
  const complete = async (headers: Record<string, string>, body: string) => {
    let asked: unknown
    const services = servicesOf({
      uploads: {
        complete(_bucket, _key, _id, parts) {
          asked = parts
          return Promise.resolve(record)
        },
      },
    })
    const fixture = { method: 'POST', query: `uploadId=${uploadId}`, headers, body }
    return { answer: await completeMultipartUpload.handle(requestOf(fixture), services), asked }
  }

  test('takes the listed parts and says where the object is', async () => {
    const listed = `<Part><PartNumber>2</PartNumber><ETag>${etag}</ETag></Part>`
    const { asked, answer } = await complete(
      {},
      `<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`,
    )
    expect(asked).toEqual([{ partNumber: 2, etag: etag.replaceAll('"', '') }])
    expect(answer.body).toContain(
      '<Location>http://grain.oss-cn-hangzhou.localhost:9000/barley</Location>',
    )
    expect(headerOf(answer, 'ETag')).toBe(`"${record.etag}"`)
  })

  test('takes all there are on request', async () => {
    expect((await complete({ 'x-oss-complete-all': 'yes' }, '')).asked).toBeUndefined()
  })
})

test('AbortMultipartUpload answers 204', async () => {
  const services = servicesOf({ uploads: { abort: () => Promise.resolve() } })
  const query = `uploadId=${uploadId}`
  expect((await abortMultipartUpload.handle(requestOf({ query }), services)).status).toBe(204)
})

describe('ListParts', () => {
  const list = (query: string) => {
    const metadata = record
    const upload = {
      ...{ initiatedMs: 0, metadata, forbidOverwrite: false, isSequential: false },
      ...{ running: undefined, partCount: 1, partBytes: 5 },
    }
    const page = { upload, parts: [{ ...part, partNumber: 7 }], isTruncated: true }
    const services = servicesOf({ uploads: { listParts: () => Promise.resolve(page) } })
    return listParts.handle(requestOf({ query: `uploadId=${uploadId}${query}` }), services)
  }

  test('shows parts with their checksums and where to go on', async () => {
    const { body } = await list('&max-parts=1')
    expect(body).toContain('<NextPartNumberMarker>7</NextPartNumberMarker>')
    expect(body).toContain('<HashCrc64ecma>1</HashCrc64ecma>')
  })

  test('begins at the first one with an empty marker', async () => {
    const { body } = await list('&part-number-marker=')
    expect(body).toContain('<PartNumberMarker>0</PartNumberMarker>')
  })

  test.each(['&max-parts=0', '&max-parts=1001', '&part-number-marker=x', '&encoding-type=x'])(
    'refuses %s',
    async (query) => {
      await expect(list(query)).rejects.toMatchObject({ code: 'InvalidArgument' })
    },
  )
})

test('ListMultipartUploads passes on where to go on', async () => {
  let asked: unknown
  const services = servicesOf({
    uploads: {
      listUploads(_bucket, options) {
        asked = options
        return Promise.resolve({
          uploads: [
            {
              ...{ key: key as ObjectKey, uploadId, initiatedMs: 0, storageClass: 'Standard' },
              checksums: undefined,
            },
          ],
          commonPrefixes: [],
          isTruncated: true,
          nextKeyMarker: 'barley',
          nextUploadIdMarker: uploadId,
        })
      },
    },
  })
  const query = 'uploads&key-marker=a&upload-id-marker=b&max-uploads=1'
  const { body } = await listMultipartUploads.handle(requestOf({ query }), services)
  expect(asked).toMatchObject({ keyMarker: 'a', uploadIdMarker: 'b', maxUploads: 1 })
  expect(body).toContain(`<NextUploadIdMarker>${uploadId}</NextUploadIdMarker>`)
})
