/**
 * HTTP requests to others, whose addresses come from clients.
 *
 * Somebody who may say where a server sends a request could make it speak to what only the server
 * can reach. Names are therefore looked up here, and an address that may not be dialled is refused
 * where it is dialled: a name that changes in between gains nothing. Redirections are not followed.
 *
 * @module
 */

import dns from 'node:dns'
import type { LookupAddress } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import type { Clock } from './clock.ts'

/** A request with a body. */
export interface OutgoingPost {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** For all of it: to connect, to send and to have the whole answer. */
  readonly timeoutMs: number
  readonly answerBytesMax: number
}

/** What came back. */
export interface OutgoingAnswer {
  readonly status: number
  /** Undefined: the answer did not say how long it is. */
  readonly contentLength: string | undefined
  readonly body: Uint8Array
}

/** Sends requests to others. */
export interface OutgoingHttp {
  /** Rejects with `OutgoingError` when there is no whole answer. */
  post(request: OutgoingPost): Promise<OutgoingAnswer>
}

export type OutgoingFailure = 'unreachable' | 'refusedAddress' | 'timeout' | 'answerTooLarge'

/** Nobody answered as they should. */
export class OutgoingError extends Error {
  override readonly name = 'OutgoingError'
  readonly failure: OutgoingFailure

  constructor(failure: OutgoingFailure, options?: ErrorOptions) {
    super(`The request failed: ${failure}`, options)
    this.failure = failure
  }
}

const PRIVATE_IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]
/** With those that carry an IPv4 address to a translator. */
const PRIVATE_IPV6 = [
  ...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32'],
  ...['2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
]

/** True for addresses that mean the same to everybody in the Internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  return !privateAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

const privateAddresses = new BlockList()
for (const [subnets, family] of [
  [PRIVATE_IPV4, 'ipv4'],
  [PRIVATE_IPV6, 'ipv6'],
] as const) {
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/')
    privateAddresses.addSubnet(network, Number(bits), family)
  }
}

/** Over the network of this machine. */
export class NodeOutgoingHttp implements OutgoingHttp {
  readonly #clock: Clock
  readonly #mayDial: (address: string) => boolean

  constructor(clock: Clock, mayDial: (address: string) => boolean) {
    this.#clock = clock
    this.#mayDial = mayDial
  }

  post(request: OutgoingPost): Promise<OutgoingAnswer> {
    const { url, headers, body, timeoutMs } = request
    // An address is dialled without being looked up.
    const literal = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(literal) !== 0 && !this.#mayDial(literal)) {
      return Promise.reject(new OutgoingError('refusedAddress'))
    }
    const { request: send } = url.protocol === 'https:' ? https : http
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: false, headers, lookup: this.#lookup }
      const outgoing = send(url, options, (incoming) => {
        readAnswer(incoming, request.answerBytesMax).then(resolve, fail)
      })
      const timer = this.#clock.schedule(timeoutMs, () => fail(new OutgoingError('timeout')))
      function fail(cause: unknown) {
        reject(cause instanceof OutgoingError ? cause : new OutgoingError('unreachable', { cause }))
        outgoing.destroy()
      }
      outgoing.on('error', fail)
      outgoing.on('close', () => timer.cancel())
      outgoing.end(body)
    })
  }

  readonly #lookup: LookupFunction = (hostname, options, done) => {
    dns.lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return done(error, '')
      const allowed = found.filter(({ address }) => this.#mayDial(address))
      const [first] = allowed
      if (first === undefined) return done(new OutgoingError('refusedAddress'), '')
      if (options.all === true) return done(null, allowed)
      done(null, first.address, first.family)
    })
  }
}

function readAnswer(incoming: http.IncomingMessage, bytesMax: number): Promise<OutgoingAnswer> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = []
    let sizeBytes = 0
    incoming.on('data', (piece: Uint8Array) => {
      sizeBytes += piece.byteLength
      if (sizeBytes > bytesMax) return reject(new OutgoingError('answerTooLarge'))
      pieces.push(piece)
    })
    incoming.on('error', reject)
    incoming.on('aborted', () => reject(new OutgoingError('unreachable')))
    incoming.on('end', () => {
      const { statusCode = 0, headers } = incoming
      const body = Buffer.concat(pieces)
      resolve({ status: statusCode, contentLength: headers['content-length'], body })
    })
  })
}
