/**
 * A small client of the OSS dialect for tests: signs with V1, path style, and returns what came back as it came.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Where a server is and who may use it: the JSON line of `npm start -- --json`. */
export interface Access {
  readonly endpoint: string
  /** One for each storage node. */
  readonly endpoints?: readonly string[]
  readonly region: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** A request in OSS terms; a query parameter of value '' is written without `=`. */
export interface OssRequest {
  readonly method: string
  readonly bucket?: string
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly agent?: Agent
  /** Aborted, it gives up. */
  readonly signal?: AbortSignal
  /** Sends no signature. */
  readonly anonymous?: boolean
}

/** An answer, whole. */
export interface OssResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Parameters without this are not signed by any client, whatever they are. */
const UNSIGNED = new Set(
  (
    'prefix delimiter marker max-keys encoding-type list-type start-after fetch-owner key-marker version-id-marker ' +
    'upload-id-marker max-uploads max-parts part-number-marker regions'
  ).split(' '),
)

/** Sends one request and reads the whole answer. */
export function sendOssRequest(access: Access, spec: OssRequest): Promise<OssResponse> {
  const { hostname, port } = new URL(access.endpoint)
  const headers = spec.anonymous === true ? { ...spec.headers } : signedHeaders(access, spec)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port === '' ? 80 : Number(port),
        method: spec.method,
        path: pathOf(spec),
        headers: { ...headers, 'content-length': Buffer.byteLength(spec.body ?? '') },
        ...(spec.agent && { agent: spec.agent }),
        ...(spec.signal && { signal: spec.signal }),
      },
      (incoming) => {
        readWhole(incoming).then(
          (body) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
          reject,
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(spec.body)
  })
}

async function readWhole(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** The path and query of a request, path style. */
export function pathOf({ bucket, key, query = {} }: OssRequest): string {
  const path = bucket === undefined ? '/' : `/${bucket}/${encodeKey(key ?? '')}`
  const pairs = Object.entries(query).map(([name, value]) => {
    return value === ''
      ? encodeURIComponent(name)
      : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
  })
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

/** The headers of a request with its V1 signature (oss.md 2.2). */
export function signedHeaders(access: Access, spec: OssRequest): Record<string, string> {
  const headers: Record<string, string> = { date: new Date().toUTCString() }
  for (const [name, value] of Object.entries(spec.headers ?? {}))
    headers[name.toLowerCase()] = value
  const signature = createHmac('sha1', access.accessKeySecret)
    .update(stringToSign(spec, headers))
    .digest('base64')
  return { ...headers, authorization: `OSS ${access.accessKeyId}:${signature}` }
}

function stringToSign(
  { method, bucket, key, query = {} }: OssRequest,
  headers: Record<string, string>,
): string {
  const ossHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort()
    .map((name) => `${name}:${headers[name]?.trim()}\n`)
  const subresources = Object.keys(query)
    .filter((name) => !UNSIGNED.has(name))
    .sort()
    .map((name) => (query[name] === '' ? name : `${name}=${query[name]}`))
  const resource = bucket === undefined ? '/' : `/${bucket}/${key ?? ''}`
  const date = headers['x-oss-date'] ?? headers['date'] ?? ''
  return [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    date,
    `${ossHeaders.join('')}${resource}${subresources.length === 0 ? '' : `?${subresources.join('&')}`}`,
  ].join('\n')
}
