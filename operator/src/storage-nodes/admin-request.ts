/**
 * One request to the admin port of a storage node, over mutual TLS and within a bounded time.
 *
 * @module
 */

import { request as openRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { PeerCertificate } from 'node:tls'
import type { Clock } from '@granary/storage-node/base/clock'

/** What the operator shows, and whom it believes; PEM texts. */
export interface OperatorCredentials {
  readonly certificate: string
  readonly key: string
  readonly authority: string
}

/** A storage node's admin port. */
export interface AdminAddress {
  readonly pod: string
  readonly host: string
  readonly port: number
}

export interface AdminCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
}

/** Whatever came back; `body` is what the JSON says, undefined where there is none. */
export interface AdminResponse {
  readonly status: number
  readonly body: unknown
}

/** Where and how a request goes. */
export interface AdminRoute {
  readonly region: string
  readonly address: AdminAddress
  readonly credentials: OperatorCredentials
  readonly clock: Clock
}

/** More than any storage node takes that is well; writes wait for a quorum. */
export const REQUEST_MS_MAX = 10_000
const ANSWER_BYTES_MAX = 4 * 1024 ** 2

/** Asks; rejects with an `Error` that says what went wrong, never with what was sent. */
export function askAdmin(route: AdminRoute, call: AdminCall): Promise<AdminResponse> {
  const { address, clock } = route
  const text = call.body === undefined ? undefined : JSON.stringify(call.body)
  return new Promise((resolve, reject) => {
    const request = openRequest({
      ...tlsOptions(route),
      ...{ host: address.host, port: address.port, method: call.method, path: call.path },
      agent: false,
      headers: text === undefined ? {} : bodyHeaders(text),
    })
    const timer = clock.schedule(REQUEST_MS_MAX, () => {
      request.destroy(new Error(`no answer within ${REQUEST_MS_MAX} ms`))
    })
    request.on('error', reject)
    request.on('response', (response) => {
      readAnswer(response).then(resolve, reject)
    })
    request.on('close', () => timer.cancel())
    request.end(text)
  })
}

function tlsOptions({ region, address, credentials }: AdminRoute) {
  const { certificate, key, authority } = credentials
  return {
    ...{ cert: certificate, key, ca: authority },
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    // Who it is stands in the URI; its host names are for others.
    checkServerIdentity: (_host: string, peer: PeerCertificate) => {
      return mayNotBe(`URI:granary://${region}/${address.pod}`, peer)
    },
  } as const
}

function mayNotBe(wanted: string, { subjectaltname = '' }: PeerCertificate): Error | undefined {
  if (subjectaltname.split(', ').includes(wanted)) return undefined
  return new Error(`the certificate is not for ${wanted}`)
}

function bodyHeaders(text: string) {
  return { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
}

async function readAnswer(response: IncomingMessage): Promise<AdminResponse> {
  const pieces: Buffer[] = []
  let byteCount = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    byteCount += piece.byteLength
    if (byteCount > ANSWER_BYTES_MAX)
      throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`)
    pieces.push(piece)
  }
  const text = Buffer.concat(pieces).toString()
  return { status: response.statusCode ?? 0, body: text === '' ? undefined : parseJson(text) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Error('an answer that is no JSON')
  }
}
