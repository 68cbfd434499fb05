/**
 * The bytes of requests, signed with V1 (oss.md 2.2) unless they are S3's, made as cheaply as can be: the load generator
 * shares the machine with what it measures.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { createHmac } from 'node:crypto'
import { BOUNDARY, formBytes, policyOf, type Field } from '../support/post-form.ts'
import { keyAt } from './plan.ts'
import type { LoadPlan, LoadRequest } from './plan.ts'
import type { FramedRequest } from './s3-request.ts'
import { S3Requests } from './s3-request.ts'

/** A date may be 15 minutes old; making one costs as much as signing. */
const DATE_REFRESH_MS = 60_000
const BARE_AUTHORIZATION = `OSS ${'x'.repeat(16)}:${'x'.repeat(28)}`
const OSS_TYPE = 'application/octet-stream'
/** What comes behind the file of a form. */
const FORM_TAIL = `\r\n--${BOUNDARY}--\r\n`
/** Of one upload; a run may begin behind another. */
const PART_COUNT_MAX = 10_000
const FORM_LIFE_MS = 3_600_000

/** Makes request heads for one plan. */
export class RequestHeads {
  readonly #plan: LoadPlan
  readonly #host: string
  #date = ''
  #dateMadeMs = -Infinity
  readonly #s3: S3Requests
  /** Of the multipart upload whose parts are sent. */
  uploadId = ''

  constructor(plan: LoadPlan) {
    this.#plan = plan
    this.#host = new URL(plan.access.endpoint).host
    this.#s3 = new S3Requests(plan.access)
  }

  /** Request number `index`, with its body where that is framed. */
  request(index: number): FramedRequest {
    const { request } = this.#plan
    if ((request.kind !== 'get' && request.kind !== 'put') || request.s3 === undefined) {
      return { head: this.head(index), frames: undefined }
    }
    const { kind, bucket, keys, sizeBytes, s3 } = request
    const path = `/${bucket}/${keyAt(keys, index)}`
    return this.#s3.make(
      kind === 'get' ? 'GET' : 'PUT',
      path,
      s3,
      kind === 'get' ? undefined : sizeBytes,
    )
  }

  /** Everything before the body, or before the file of a form, of request number `index`. */
  head(index: number): string {
    const { request } = this.#plan
    this.#refreshDate()
    switch (request.kind) {
      case 'bare':
        return `GET / HTTP/1.1\r\nHost: ${this.#host}\r\n${this.#bareHeaders}\r\n`
      case 'post':
        return this.#formHead(request, keyAt(request.keys, index))
      case 'list':
        return this.#listHead(request)
      case 'delete':
        return this.#signed('DELETE', `/${request.bucket}/${keyAt(request.keys, index)}`)
      case 'get':
        return this.#signed('GET', `/${request.bucket}/${keyAt(request.keys, index)}`)
      case 'put':
        return this.#signed('PUT', `/${request.bucket}/${keyAt(request.keys, index)}`, request)
      case 'part': {
        const query = `?partNumber=${(index % PART_COUNT_MAX) + 1}&uploadId=${this.uploadId}`
        return this.#signed('PUT', `/${request.bucket}/${request.key}${query}`, request)
      }
      default:
        return unreachable(request)
    }
  }

  /** What ends the body behind the bytes that were asked for. */
  get tail(): string {
    return this.#plan.request.kind === 'post' ? FORM_TAIL : ''
  }

  #listHead({ bucket, query, selector }: Extract<LoadRequest, { kind: 'list' }>): string {
    if (selector === undefined) return this.#signed('GET', `/${bucket}/`, { unsigned: `?${query}` })
    return this.#signed('GET', `/${bucket}/?${selector}`, { unsigned: `&${query}` })
  }

  #signed(
    method: string,
    resource: string,
    { unsigned = '', sizeBytes }: { unsigned?: string; sizeBytes?: number } = {},
  ): string {
    const type = sizeBytes === undefined ? '' : OSS_TYPE
    const authorization = this.#sign(`${method}\n\n${type}\n${this.#date}\n${resource}`)
    return (
      `${method} ${resource}${unsigned} HTTP/1.1\r\nHost: ${this.#host}\r\nDate: ${this.#date}\r\n` +
      `Authorization: OSS ${this.#plan.access.accessKeyId}:${authorization}\r\n` +
      `${sizeBytes === undefined ? '' : bodyHeaders(type, sizeBytes)}\r\n`
    )
  }

  #formHead({ bucket, sizeBytes }: { bucket: string; sizeBytes: number }, key: string): string {
    const policy = policyOf([['content-length-range', 0, sizeBytes]], FORM_LIFE_MS)
    const fields: Field[] = [
      ['key', key],
      ['success_action_status', '200'],
      ['OSSAccessKeyId', this.#plan.access.accessKeyId],
      ['policy', policy],
      ['Signature', this.#sign(policy)],
    ]
    const end = FORM_TAIL.length
    const form = formBytes(fields, { content: '', contentType: OSS_TYPE })
      .subarray(0, -end)
      .toString('latin1')
    return (
      `POST /${bucket}/ HTTP/1.1\r\nHost: ${this.#host}\r\n` +
      `${bodyHeaders(`multipart/form-data; boundary=${BOUNDARY}`, form.length + sizeBytes + end)}\r\n` +
      form
    )
  }

  /** As many headers as a signed request has: what both must parse is not the difference. */
  get #bareHeaders(): string {
    return `Date: ${this.#date}\r\nAuthorization: ${BARE_AUTHORIZATION}\r\n`
  }

  #sign(text: string): string {
    return createHmac('sha1', this.#plan.access.accessKeySecret).update(text).digest('base64')
  }

  #refreshDate(): void {
    const nowMs = performance.now()
    if (nowMs - this.#dateMadeMs < DATE_REFRESH_MS) return
    this.#dateMadeMs = nowMs
    this.#date = new Date().toUTCString()
  }
}

function bodyHeaders(type: string, sizeBytes: number): string {
  return `Content-Type: ${type}\r\nContent-Length: ${sizeBytes}\r\n`
}
