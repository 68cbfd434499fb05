/**
 * HTTP as clients see it: listens, turns Node's requests into values and answers into bytes.
 *
 * What breaks the framing of HTTP is answered like any other mistake, with an error document; the
 * connection is then closed, for nobody knows where the next request begins.
 *
 * @module
 */

import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { afterTurn } from '../base/turn.ts'
import type { AnswerContext } from './answer.ts'
import { writeAnswer } from './answer.ts'
import { brokenRequestError, isBrokenHttp, writeRawAnswer } from './broken-request.ts'
import { DateHeader } from './date-header.ts'
import type { RefuseContext } from './error-response.ts'
import { errorResponse } from './error-response.ts'
import { Exchange } from './exchange.ts'
import type { RequestHandler } from './http-message.ts'
import { OssError } from '../model/errors.ts'
import { RequestIds } from './request-ids.ts'

/** What a server shows to clients. */
export type TlsIdentity = Pick<https.ServerOptions, 'cert' | 'key' | 'SNICallback'>

/** Limits of connections. */
export interface HttpServerOptions {
  /** PEM; `SNICallback` chooses other certificates by the name that a client asks for. */
  readonly tls: TlsIdentity | undefined
  /** A client that should send or take bytes may be silent for so long. */
  readonly idleTimeoutMs: number
  /** A connection without a request is kept for so long. */
  readonly keepAliveTimeoutMs: number
  /** Headers have to be complete after so long. */
  readonly headersTimeoutMs: number
  /**
   * Asked with each answer: whether its connection is kept. A server that is no longer the one to come
   * to says no, so that clients go elsewhere between two requests.
   *
   * Who closes a connection that is at rest instead can meet a request on its way, of which its client
   * cannot know whether it was done (RFC 9112, 9.5).
   */
  readonly keepsConnections: () => boolean
}

export const defaultHttpServerOptions: HttpServerOptions = {
  tls: undefined,
  idleTimeoutMs: 30_000,
  keepAliveTimeoutMs: 60_000,
  headersTimeoutMs: 30_000,
  keepsConnections: () => true,
}

const HEADERS_SIZE_BYTES_MAX = 64 * 1024
/** How often Node looks for requests whose headers take too long. */
const HEADERS_CHECK_INTERVAL_MS = 5_000
const DRAIN_MS_MAX = 8_000

/** What the server tells about its exchanges. */
export interface ExchangeObserver {
  /** The answer is written or its client gone. */
  onEnd(exchange: Exchange, endedMs: number): void
  /** Something that is our mistake happened; the client got a 500. */
  onBug(exchange: Exchange, error: unknown): void
}

/** Servers on any number of addresses, with one handler. */
export class HttpServer {
  readonly #handler: RequestHandler
  readonly #observer: ExchangeObserver
  readonly #clock: Clock
  readonly #options: HttpServerOptions
  readonly #context: AnswerContext
  readonly #requestIds: RequestIds
  readonly #servers: (http.Server | https.Server)[] = []
  /** The latest exchange of a connection. */
  readonly #exchanges = new WeakMap<Duplex, Exchange>()
  #isStopping = false
  /** Monotonic: when somebody connected last. */
  #connectedMs = -Infinity

  constructor(
    clock: Clock,
    random: Random,
    handler: RequestHandler,
    observer: ExchangeObserver,
    options: HttpServerOptions = defaultHttpServerOptions,
  ) {
    this.#clock = clock
    this.#handler = handler
    this.#observer = observer
    this.#options = options
    this.#requestIds = new RequestIds(random)
    const keepsConnections = () => !this.#isStopping && options.keepsConnections()
    this.#context = { clock, date: new DateHeader(), keepsConnections }
  }

  /** Listens on one more address; returns the port, which is chosen if it is 0. */
  listen(host: string, port: number): Promise<number> {
    const server = this.#makeServer()
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
        server.off('error', reject)
        this.#servers.push(server)
        resolve((server.address() as { port: number }).port)
      })
    })
  }

  /** New connections are shown this from now on; `SNICallback` stays as it was. */
  replaceIdentity({ cert, key }: TlsIdentity): void {
    for (const server of this.#servers) {
      if (server instanceof https.Server) server.setSecureContext({ cert, key })
    }
  }

  /** Gives all addresses back, as long as nobody has connected. */
  async stopListening(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(closeServer))
  }

  /**
   * Resolves once nobody has connected for `calmMs`, or after `msMax`.
   *
   * An address that is given back resets all who have connected and were not accepted yet. Whoever
   * still takes this server for one to come to should have learned better by then.
   */
  async untilNobodyConnects(calmMs: number, msMax: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + msMax
    for (;;) {
      // Who connected while the process stood still is heard after its timers.
      await new Promise<void>(afterTurn)
      const leftMs = Math.min(this.#connectedMs + calmMs, endMs) - this.#clock.monotonicMs()
      if (leftMs <= 0) return
      await sleep(this.#clock, leftMs)
    }
  }

  /** Accepts no more, lets requests under way finish, cuts those that take too long. */
  async stop(drainMsMax = DRAIN_MS_MAX): Promise<void> {
    this.#isStopping = true
    const cut = this.#clock.schedule(drainMsMax, () => {
      for (const server of this.#servers) server.closeAllConnections()
    })
    await Promise.all(this.#servers.map(closeServer))
    cut.cancel()
  }

  #makeServer(): http.Server | https.Server {
    const { tls, idleTimeoutMs, keepAliveTimeoutMs, headersTimeoutMs } = this.#options
    const options: http.ServerOptions = {
      maxHeaderSize: HEADERS_SIZE_BYTES_MAX,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: Math.min(headersTimeoutMs, HEADERS_CHECK_INTERVAL_MS),
      keepAliveTimeout: keepAliveTimeoutMs,
      requestTimeout: 0,
      noDelay: true,
      // A request without Host is answered like any other mistake, by our own document.
      requireHostHeader: false,
    }
    const server =
      tls === undefined ? http.createServer(options) : https.createServer({ ...options, ...tls })
    server.timeout = idleTimeoutMs
    // Node would stop reading headers at 2,000 silently; their size is what counts.
    server.maxHeadersCount = 0
    server.on('connection', () => (this.#connectedMs = this.#clock.monotonicMs()))
    server.on('request', (request, response) => this.#onRequest(request, response, false))
    server.on('checkContinue', (request, response) => this.#onRequest(request, response, true))
    server.on('checkExpectation', (request, response) => this.#onRequest(request, response, false))
    server.on('clientError', (error, socket) => this.#onClientError(error, socket))
    server.on('timeout', (socket: Socket) => this.#onIdle(socket))
    server.on('connect', (_request, socket) =>
      this.#refuse(socket, new OssError('MethodNotAllowed')),
    )
    return server
  }

  #onRequest(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    expectsContinue: boolean,
  ): void {
    const receivedMs = this.#clock.nowMs()
    const exchange = new Exchange(request, response, {
      requestId: this.#requestIds.next(receivedMs),
      receivedMs,
      startedMs: this.#clock.monotonicMs(),
      expectsContinue,
      clock: this.#clock,
    })
    response.sendDate = false
    this.#exchanges.set(request.socket, exchange)
    response.on('close', () => this.#onEnd(exchange))
    void this.#serve(exchange)
  }

  async #serve(exchange: Exchange): Promise<void> {
    try {
      const answer = await this.#handler(exchange)
      await writeAnswer(exchange, answer, this.#context)
    } catch (error) {
      await this.#answerError(exchange, error)
    }
  }

  async #answerError(exchange: Exchange, error: unknown): Promise<void> {
    const { response } = exchange
    if (exchange.phase === 'over' || response.destroyed) return
    if (!(error instanceof OssError)) this.#observer.onBug(exchange, error)
    if (response.headersSent) return void response.destroy()
    try {
      const answer = errorResponse(error, exchange)
      exchange.facts.errorCode = error instanceof OssError ? error.code : 'InternalError'
      await writeAnswer(exchange, answer, this.#context)
    } catch (bug) {
      this.#observer.onBug(exchange, bug)
      response.destroy()
    }
  }

  #onEnd(exchange: Exchange): void {
    const isComplete = exchange.response.writableFinished || exchange.phase === 'lingering'
    exchange.phase = 'over'
    if (!isComplete) {
      exchange.socketBody.fail(new OssError('IncompleteBody'))
      exchange.abandon()
    }
    this.#observer.onEnd(exchange, this.#clock.monotonicMs())
  }

  /** The parser gave up, headers were too slow, or the connection broke. */
  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const exchange = this.#exchanges.get(socket)
    if (socket.destroyed || !socket.writable) return void socket.destroy()
    if (exchange === undefined || exchange.phase === 'over') {
      // A handshake that failed leaves nobody to answer.
      if (!isBrokenHttp(error)) return void socket.destroy()
      return this.#refuse(socket, brokenRequestError(error))
    }
    if (exchange.phase !== 'handling') return void socket.destroy()
    // Either the body of the request under way is broken, which its handler answers, or what follows.
    exchange.mustClose = true
    exchange.socketBody.fail(brokenRequestError(error))
  }

  /** Nothing was sent or taken for a while. */
  #onIdle(socket: Socket): void {
    const exchange = this.#exchanges.get(socket)
    if (exchange === undefined && socket.bytesRead > 0) {
      return this.#refuse(socket, new OssError('RequestTimeout'))
    }
    if (exchange === undefined || exchange.phase === 'over') return void socket.destroy()
    if (exchange.socketBody.isWaitingForClient)
      return exchange.socketBody.fail(new OssError('RequestTimeout'))
    if (exchange.phase === 'answering' && socket.writableLength > 0) return void socket.destroy()
    // It is we who are slow.
    socket.setTimeout(this.#options.idleTimeoutMs)
  }

  #refuse(socket: Duplex, error: OssError): void {
    const nowMs = this.#clock.nowMs()
    const context: RefuseContext = {
      ...{ requestId: this.#requestIds.next(nowMs), host: '', method: '' },
      // Nothing was read by which a dialect could be told.
      ...{ dialect: 'oss', rawPath: '', headers: {} },
    }
    writeRawAnswer(socket, errorResponse(error, context), {
      requestId: context.requestId,
      date: this.#context.date.at(nowMs),
    })
  }
}

function closeServer(server: http.Server | https.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}
