/**
 * A request of an S3 client as operations see it: its head in the words of the OSS API.
 *
 * @module
 */

import { headerNotImplemented } from '../../model/errors.ts'
import type { HeaderValues, QueryPair } from '../../wire/oss/request-head.ts'
import { ossHeaders } from '../../wire/s3/request-headers.ts'
import type { FlatHeaders, OssRequest, RequestBodySource, RequestFacts } from '../http-message.ts'

/** What of a signed URL is its signature; other parameters of this kind are headers that it covers. */
const SIGNATURE = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
])

/** Everything but the head is that of the request that was sent. */
export class S3Request implements OssRequest {
  readonly sent: OssRequest
  readonly headers: HeaderValues
  readonly query: readonly QueryPair[]

  /** Throws what headers get that cannot be said in OSS words. */
  constructor(sent: OssRequest) {
    this.sent = sent
    const { query, headers } = withHeadersOfUrl(sent)
    this.query = query
    this.headers = ossHeaders(headers)
  }

  get dialect() {
    return this.sent.dialect
  }

  get body(): RequestBodySource {
    return this.sent.body
  }

  set body(body: RequestBodySource) {
    this.sent.body = body
  }

  get method(): string {
    return this.sent.method
  }

  get requestId(): string {
    return this.sent.requestId
  }

  get receivedMs(): number {
    return this.sent.receivedMs
  }

  get rawPath(): string {
    return this.sent.rawPath
  }

  get rawQuery(): string {
    return this.sent.rawQuery
  }

  get host(): string {
    return this.sent.host
  }

  get remoteAddress(): string {
    return this.sent.remoteAddress
  }

  get secure(): boolean {
    return this.sent.secure
  }

  get signal(): AbortSignal {
    return this.sent.signal
  }

  get facts(): RequestFacts {
    return this.sent.facts
  }

  get pacer() {
    return this.sent.pacer
  }

  get answerHeaders(): FlatHeaders {
    return this.sent.answerHeaders
  }

  set answerHeaders(headers: FlatHeaders) {
    this.sent.answerHeaders = headers
  }

  limitTraffic(bytesPerSecond: number): void {
    this.sent.limitTraffic(bytesPerSecond)
  }
}

/** SDKs put headers of a request into its URL when they sign one: `x-amz-acl=private`. */
function withHeadersOfUrl({ query, headers }: OssRequest): Pick<OssRequest, 'query' | 'headers'> {
  if (!query.some(isHeader)) return { query, headers }
  const all: Record<string, string | undefined> = Object.assign(Object.create(null), headers)
  for (const pair of query.filter(isHeader)) {
    const name = pair.name.toLowerCase()
    // Nobody could say which one was meant.
    if (all[name] !== undefined && all[name] !== pair.value) throw headerNotImplemented(name)
    all[name] = pair.value
  }
  return { query: query.filter((pair) => !isHeader(pair)), headers: all }
}

function isHeader({ name }: QueryPair): boolean {
  const small = name.toLowerCase()
  return small.startsWith('x-amz-') && !SIGNATURE.has(small)
}
