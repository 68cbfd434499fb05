/**
 * A region as its clients see it: the requests of the crash tests in the OSS dialect.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { OssRequest, OssResponse } from '../support/oss-request.ts'
import type { ListedObject, Region } from './region.ts'

/** Sends one signed request and reads the whole answer. */
export type SendRequest = (request: OssRequest) => Promise<OssResponse>

/** A region refused a request or failed at it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly status: number
  /** The code of its error document. */
  readonly code: string

  constructor(request: OssRequest, response: OssResponse) {
    const code = textOf(response.body.toString(), 'Code') ?? ''
    super(
      `${request.method} ${request.key ?? request.bucket} got ${response.status} ${code}: ${response.body}`,
    )
    this.status = response.status
    this.code = code
  }
}

const PAGE = { 'max-keys': '1000' }

/** Speaks to a region through `send`. */
export function ossRegion(send: SendRequest): Region {
  const requests = { ask: askWith(send), find: findWith(send) }
  return { ...bucketRequests(requests), ...objectRequests(requests), ...uploadRequests(requests) }
}

interface Requests {
  /** Throws a `RefusedError`. */
  readonly ask: SendRequest
  /** Undefined for what is not there. */
  readonly find: (request: OssRequest) => Promise<OssResponse | undefined>
}

function askWith(send: SendRequest): Requests['ask'] {
  return async (request) => {
    const response = await send(request)
    if (response.status >= 300) throw new RefusedError(request, response)
    return response
  }
}

function findWith(send: SendRequest): Requests['find'] {
  return async (request) => {
    const response = await send(request)
    if (response.status === 404) return undefined
    if (response.status >= 300) throw new RefusedError(request, response)
    return response
  }
}

function bucketRequests({ ask, find }: Requests) {
  return {
    async createBucket(bucket) {
      await ask({ method: 'PUT', bucket })
    },
    async hasBucket(bucket) {
      return (await find({ method: 'GET', bucket, query: { bucketInfo: '' } })) !== undefined
    },
    async listObjects(bucket) {
      const found: ListedObject[] = []
      for (let token: string | undefined = ''; token !== undefined;) {
        const from: Record<string, string> = token === '' ? {} : { 'continuation-token': token }
        const query = { 'list-type': '2', ...PAGE, ...from }
        const page = textIn(await ask({ method: 'GET', bucket, query }))
        for (const item of elementsOf(page, 'Contents')) {
          found.push({ key: textOf(item, 'Key') ?? '', sizeBytes: Number(textOf(item, 'Size')) })
        }
        token = textOf(page, 'NextContinuationToken')
      }
      return found
    },
    async bucketCounts(bucket) {
      const page = textIn(await ask({ method: 'GET', bucket, query: { stat: '' } }))
      return {
        objectCount: Number(textOf(page, 'ObjectCount')),
        storageBytes: Number(textOf(page, 'Storage')),
        uploadCount: Number(textOf(page, 'MultipartUploadCount')),
      }
    },
  } satisfies Partial<Region>
}

function objectRequests({ ask, find }: Requests) {
  return {
    async putObject(bucket, key, body) {
      await ask({ method: 'PUT', bucket, key, body })
    },
    async getObject(bucket, key) {
      return (await find({ method: 'GET', bucket, key }))?.body
    },
    async copyObject(bucket, from, to) {
      const headers = { 'x-oss-copy-source': `/${bucket}/${from}` }
      await ask({ method: 'PUT', bucket, key: to, headers })
    },
    async appendObject(bucket, key, position, body) {
      const query = { append: '', position: String(position) }
      await ask({ method: 'POST', bucket, key, query, body })
    },
    async deleteObject(bucket, key) {
      await ask({ method: 'DELETE', bucket, key })
    },
    async deleteObjects(bucket, keys) {
      const named = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')
      const body = `<Delete><Quiet>true</Quiet>${named}</Delete>`
      const headers = { 'content-md5': md5Base64(body) }
      await ask({ method: 'POST', bucket, query: { delete: '' }, headers, body })
    },
  } satisfies Partial<Region>
}

function uploadRequests({ ask }: Requests) {
  return {
    async initiateUpload(bucket, key) {
      const page = textIn(await ask({ method: 'POST', bucket, key, query: { uploads: '' } }))
      return textOf(page, 'UploadId') ?? ''
    },
    async uploadPart(bucket, { key, uploadId }, number, body) {
      const query = { partNumber: String(number), uploadId }
      await ask({ method: 'PUT', bucket, key, query, body })
    },
    async completeUpload(bucket, { key, uploadId }) {
      const headers = { 'x-oss-complete-all': 'yes' }
      await ask({ method: 'POST', bucket, key, query: { uploadId }, headers })
    },
    async abortUpload(bucket, { key, uploadId }) {
      await ask({ method: 'DELETE', bucket, key, query: { uploadId } })
    },
    async listUploads(bucket) {
      const query = { uploads: '', 'max-uploads': '1000' }
      const page = textIn(await ask({ method: 'GET', bucket, query }))
      return elementsOf(page, 'Upload').map((item) => {
        return { key: textOf(item, 'Key') ?? '', uploadId: textOf(item, 'UploadId') ?? '' }
      })
    },
    async listParts(bucket, { key, uploadId }) {
      const page = textIn(await ask({ method: 'GET', bucket, key, query: { uploadId } }))
      return elementsOf(page, 'Part').map((item) => ({
        number: Number(textOf(item, 'PartNumber')),
        sizeBytes: Number(textOf(item, 'Size')),
        etag: (textOf(item, 'ETag') ?? '').replaceAll(/"|&quot;/g, ''),
      }))
    },
  } satisfies Partial<Region>
}

function textIn({ body }: OssResponse): string {
  return body.toString()
}

function md5Base64(text: string): string {
  return createHash('md5').update(text).digest('base64')
}

/** The elements of that name; none of them is ever inside another. */
function elementsOf(document: string, name: string): string[] {
  return [...document.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(
    ([, inner = '']) => inner,
  )
}

function textOf(document: string, name: string): string | undefined {
  return elementsOf(document, name)[0]
}
