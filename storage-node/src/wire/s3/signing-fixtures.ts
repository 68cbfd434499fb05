/**
 * Requests as the official signers of S3 sign them: for tests of whatever reads signatures.
 *
 * @module
 */

import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { formatIsoBasic } from '../http-date.ts'
import { parseHeaders, parseQuery, splitTarget } from '../oss/request-head.ts'
import type { S3RequestHead } from './authorization.ts'

export const NOW_MS = Date.UTC(2026, 10, 20, 12, 0, 0)
export const ACCESS_KEY = { accessKeyId: 'ak', secretAccessKey: 'secret' }
export const REGION = 'cn-hangzhou'
export const SCOPE = `20261120/${REGION}/s3/aws4_request`

/** A request before it is signed. */
export interface UnsignedRequest {
  readonly method: string
  /** Percent-encoded. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/** A hash as the signers want it: keyed, if there is a key. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', secret as NodeJS.ArrayBufferView)
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data)
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {}
}

/** The signer of the official SDK for JavaScript, set up as its S3 client sets it up. */
export function smithySigner(sessionToken?: string): SignatureV4 {
  return new SignatureV4({
    credentials: { ...ACCESS_KEY, ...(sessionToken !== undefined && { sessionToken }) },
    region: REGION,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: true,
  })
}

/** What arrives of a request: names and values as Node hands them out, the query as it was sent. */
export function headOf(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
): S3RequestHead {
  const { rawPath, rawQuery } = splitTarget(target)
  const rawHeaders = Object.entries(headers).flat()
  return { method, rawPath, query: parseQuery(rawQuery), headers: parseHeaders(rawHeaders) }
}

/** A head with everything that a signature in the header needs, which is wrong. */
export function wronglySigned(
  changes: Readonly<Record<string, string | undefined>>,
): S3RequestHead {
  const headers: Record<string, string> = {
    host: 'localhost:9000',
    'x-amz-date': formatIsoBasic(NOW_MS),
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    authorization: `AWS4-HMAC-SHA256 Credential=ak/${SCOPE}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${'0'.repeat(64)}`,
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete headers[name]
    else headers[name] = value
  }
  return headOf('GET', '/grain/barley', headers)
}

export function targetOf(path: string, query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}
