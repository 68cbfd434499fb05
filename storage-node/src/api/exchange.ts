/**
 * One request on its way through the server: the value that operations see, and its socket side.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { Pacer } from '../base/pacer.ts'
import type { HeaderValues, QueryPair } from '../wire/oss/request-head.ts'
import { parseHeaders, parseQuery, splitTarget } from '../wire/oss/request-head.ts'
import type { Dialect } from './dialect.ts'
import { dialectOf } from './dialect.ts'
import type { FlatHeaders, OssRequest, RequestBodySource, RequestFacts } from './http-message.ts'
import { RequestBody } from './request-body.ts'

/** Where an exchange is: a client that is slow or gone means something else in each. */
export type ExchangePhase = 'handling' | 'answering' | 'lingering' | 'over'

/** What arrives with a request. */
export interface Arrival {
  readonly requestId: string
  readonly receivedMs: number
  readonly startedMs: number
  readonly expectsContinue: boolean
  readonly clock: Clock
}

const NO_HEADERS: FlatHeaders = []

/** A request, its response and what happened to both. */
export class Exchange implements OssRequest {
  readonly requestId: string
  readonly receivedMs: number
  /** Monotonic clock at arrival. */
  readonly startedMs: number
  readonly method: string
  readonly target: string
  readonly rawPath: string
  readonly rawQuery: string
  readonly headers: HeaderValues
  readonly host: string
  /** As it comes from the socket. */
  readonly socketBody: RequestBody
  body: RequestBodySource
  readonly facts: RequestFacts = {
    operation: '',
    bucket: undefined,
    key: undefined,
    accessKeyId: undefined,
    account: undefined,
    errorCode: undefined,
    objectSizeBytes: undefined,
  }
  answerHeaders: FlatHeaders = NO_HEADERS
  readonly request: IncomingMessage
  readonly response: ServerResponse
  phase: ExchangePhase = 'handling'
  status = 0
  sentBytes = 0
  /** No other request can follow on this connection. */
  mustClose = false
  /** Rejects the write under way: one whose connection is gone may never be answered. */
  cutWrite: ((error: Error) => void) | undefined
  pacer: Pacer | undefined
  readonly #clock: Clock
  #query: readonly QueryPair[] | undefined
  #dialect: Dialect | undefined
  #abort: AbortController | undefined
  #isGone = false

  constructor(request: IncomingMessage, response: ServerResponse, arrival: Arrival) {
    this.requestId = arrival.requestId
    this.receivedMs = arrival.receivedMs
    this.startedMs = arrival.startedMs
    this.#clock = arrival.clock
    this.request = request
    this.response = response
    this.method = request.method ?? ''
    this.target = request.url ?? ''
    const { authority, pathAndQuery } = splitAuthority(this.target)
    const { rawPath, rawQuery } = splitTarget(pathAndQuery)
    this.rawPath = rawPath
    this.rawQuery = rawQuery
    this.headers = parseHeaders(request.rawHeaders)
    this.host = authority ?? this.headers['host'] ?? ''
    const { expectsContinue } = arrival
    this.socketBody = new RequestBody(request, response, this.headers, expectsContinue)
    this.body = this.socketBody
  }

  /** Found out when first asked for. */
  get dialect(): Dialect {
    return (this.#dialect ??= dialectOf(this))
  }

  /** Decoded when first asked for, so that a bad query is refused like any other mistake. */
  get query(): readonly QueryPair[] {
    return (this.#query ??= parseQuery(this.rawQuery))
  }

  get remoteAddress(): string {
    return this.request.socket.remoteAddress ?? ''
  }

  get secure(): boolean {
    return (this.request.socket as TLSSocket).encrypted === true
  }

  /** Made when first asked for: most requests never need one. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#isGone) this.#abort.abort(new ClientGoneError())
    }
    return this.#abort.signal
  }

  limitTraffic(bytesPerSecond: number): void {
    this.pacer = new Pacer(this.#clock, bytesPerSecond)
    this.socketBody.pacer = this.pacer
  }

  /** The client has gone before its answer was complete. */
  abandon(): void {
    this.#isGone = true
    const gone = new ClientGoneError()
    this.#abort?.abort(gone)
    this.cutWrite?.(gone)
  }
}

/** Why the signal of a request is aborted. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'

  constructor() {
    super('The client has gone')
  }
}

/** Takes the host off a target as proxies get it: `http://host/path`. */
function splitAuthority(target: string): { authority: string | undefined; pathAndQuery: string } {
  const scheme = target.startsWith('/') ? null : /^https?:\/\/([^/?]*)/i.exec(target)
  if (scheme === null) return { authority: undefined, pathAndQuery: target }
  const rest = target.slice(scheme[0].length)
  return { authority: scheme[1], pathAndQuery: rest.startsWith('/') ? rest : `/${rest}` }
}
