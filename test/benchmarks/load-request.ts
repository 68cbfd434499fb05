/**
 * The bytes of requests, signed with V1 (oss.md 2.2), made as cheaply as can be: the load generator
 * shares the machine with what it measures.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { keyAt } from './plan.ts'
import type { LoadPlan, LoadRequest } from './plan.ts'

/** A date may be 15 minutes old; making one costs as much as signing. */
const DATE_REFRESH_MS = 60_000
const BARE_AUTHORIZATION = `OSS ${'x'.repeat(16)}:${'x'.repeat(28)}`
const OSS_TYPE = 'application/octet-stream'

/** Makes request heads for one plan. */
export class RequestHeads {
  readonly #plan: LoadPlan
  readonly #host: string
  #date = ''
  #dateMadeMs = -Infinity

  constructor(plan: LoadPlan) {
    this.#plan = plan
    this.#host = new URL(plan.access.endpoint).host
  }

  /** Everything before the body of request number `index`. */
  head(index: number): string {
    const { request } = this.#plan
    const host = `Host: ${this.#host}\r\n`
    this.#refreshDate()
    if (request.kind === 'bare') return `GET / HTTP/1.1\r\n${host}${this.#bareHeaders}\r\n`
    const key = request.kind === 'list' ? '' : keyAt(request.keys, index)
    const query = request.kind === 'list' ? `?${request.query}` : ''
    const method = request.kind === 'put' ? 'PUT' : 'GET'
    const type = request.kind === 'put' ? OSS_TYPE : ''
    const resource = `/${request.bucket}/${key}`
    return (
      `${method} ${resource}${query} HTTP/1.1\r\n${host}Date: ${this.#date}\r\n` +
      `Authorization: ${this.#authorization(`${method}\n\n${type}\n${this.#date}\n${resource}`)}\r\n` +
      `${bodyHeaders(request)}\r\n`
    )
  }

  /** As many headers as a signed request has: what both must parse is not the difference. */
  get #bareHeaders(): string {
    return `Date: ${this.#date}\r\nAuthorization: ${BARE_AUTHORIZATION}\r\n`
  }

  #authorization(stringToSign: string): string {
    const { accessKeyId, accessKeySecret } = this.#plan.access
    const signature = createHmac('sha1', accessKeySecret).update(stringToSign).digest('base64')
    return `OSS ${accessKeyId}:${signature}`
  }

  #refreshDate(): void {
    const nowMs = performance.now()
    if (nowMs - this.#dateMadeMs < DATE_REFRESH_MS) return
    this.#dateMadeMs = nowMs
    this.#date = new Date().toUTCString()
  }
}

function bodyHeaders(request: LoadRequest): string {
  if (request.kind !== 'put') return ''
  return `Content-Type: ${OSS_TYPE}\r\nContent-Length: ${request.sizeBytes}\r\n`
}
