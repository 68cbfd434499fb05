/**
 * Requests as S3 clients sign and frame them, sent as they are: for what no SDK would send.
 *
 * @module
 */

import aws4 from 'aws4'
import { createHash, createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import type { Access, OssResponse } from './oss-request.ts'

/** A request that is signed with V4 in its header. */
export interface S3Request {
  readonly method: string
  /** Percent-encoded, with its query. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** How a body is cut and what comes behind it. */
export interface SignedFrames {
  readonly pieces: readonly Uint8Array[]
  /** Name and value of the header behind the body. */
  readonly trailer?: readonly [name: string, value: string]
}

/** Signs as `access` and sends it. */
export function sendS3Request(access: Access, request: S3Request): Promise<OssResponse> {
  const { method, target, body = '' } = request
  return sendPlain(access, { method, target, headers: signedS3Headers(access, request), body })
}

/** Sends it as it is. */
export function sendPlain(access: Access, sent: S3Request): Promise<OssResponse> {
  const { method, target: path, headers, body = '' } = sent
  const { hostname: host, port } = new URL(access.endpoint)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host, port, method, path, headers }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response
        resolve({ status, headers: answered, body: Buffer.concat(pieces) })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** Sends a body whose pieces are signed; `change` does to the bytes what somebody on the way would do. */
export function sendSignedFrames(
  access: Access,
  target: string,
  { pieces, trailer }: SignedFrames,
  change: (framed: string) => string = (framed) => framed,
): Promise<OssResponse> {
  const kind = trailer === undefined ? '' : '-TRAILER'
  const lengthBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  const headers = signedS3Headers(access, {
    ...{ method: 'PUT', target },
    headers: {
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${kind}`,
      'x-amz-decoded-content-length': String(lengthBytes),
      ...(trailer !== undefined && { 'x-amz-trailer': trailer[0] }),
    },
  })
  const framed = change(frame(access, headers, pieces, trailer))
  const body = Buffer.from(framed, 'latin1')
  return sendPlain(access, { method: 'PUT', target, headers, body })
}

/** The head that a client signs. */
export function signedS3Headers(
  { endpoint, region, accessKeyId, accessKeySecret }: Access,
  { method, target, headers, body }: S3Request,
): Record<string, string> {
  const signed = aws4.sign(
    {
      ...{ service: 's3', region, method, path: target },
      headers: { host: new URL(endpoint).host, ...headers },
      ...(body !== undefined && { body: Buffer.from(body) }),
    },
    { accessKeyId, secretAccessKey: accessKeySecret },
  )
  return signed.headers as Record<string, string>
}

/** The framed body, one character per byte. */
function frame(
  { region, accessKeySecret }: Access,
  headers: Readonly<Record<string, string>>,
  pieces: readonly Uint8Array[],
  trailer: SignedFrames['trailer'],
): string {
  const timestamp = headers['X-Amz-Date'] ?? ''
  const scope = [timestamp.slice(0, 8), region, 's3', 'aws4_request']
  let key: Buffer | string = `AWS4${accessKeySecret}`
  for (const step of scope) key = createHmac('sha256', key).update(step).digest()
  let previous = headers['Authorization']?.split('Signature=')[1] ?? ''
  const sign = (algorithm: string, hashes: string) => {
    const text = `${algorithm}\n${timestamp}\n${scope.join('/')}\n${previous}\n${hashes}`
    return (previous = createHmac('sha256', key).update(text).digest('hex'))
  }
  let framed = ''
  for (const piece of [...pieces, Buffer.alloc(0)]) {
    const signature = sign('AWS4-HMAC-SHA256-PAYLOAD', `${sha256('')}\n${sha256(piece)}`)
    framed += `${piece.byteLength.toString(16)};chunk-signature=${signature}\r\n`
    if (piece.byteLength > 0) framed += `${Buffer.from(piece).toString('latin1')}\r\n`
  }
  if (trailer !== undefined) {
    const [name, value] = trailer
    const signature = sign('AWS4-HMAC-SHA256-TRAILER', sha256(`${name}:${value}\n`))
    framed += `${name}:${value}\r\nx-amz-trailer-signature:${signature}\r\n`
  }
  return `${framed}\r\n`
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
