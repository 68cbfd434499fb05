/**
 * Calls of the Kubernetes API over `node:http` and `node:https`.
 *
 * A request is sent once: whether one without an answer took effect, only a later read can tell.
 *
 * @module
 */

import * as http from 'node:http'
import * as https from 'node:https'
import type { Clock } from '../base/clock.ts'

export interface ApiClientOptions {
  /** For example `https://kubernetes.default.svc`. */
  readonly server: string
  /** PEM of the authorities that sign the server's certificate; absent: those of the system. */
  readonly authority?: () => Promise<string>
  /** Read anew for each request: projected tokens are replaced every hour. */
  readonly token: () => Promise<string | undefined>
  /** PEM by which this side shows who it is, in place of a token. */
  readonly pair?: () => Promise<{ readonly cert: string; readonly key: string } | undefined>
  readonly clock: Clock
}

/** An answer that is no success. */
export class KubernetesStatusError extends Error {
  override readonly name = 'KubernetesStatusError'
  readonly status: number

  constructor(what: string, status: number, message: string) {
    super(`${what} was answered with ${status}: ${message}`)
    this.status = status
  }
}

/** No answer, or half of one: whether a write took effect is unknown. */
export class KubernetesUnreachableError extends Error {
  override readonly name = 'KubernetesUnreachableError'
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const JSON_TYPE = 'application/json'

/** Whole answers; longer ones are a page's fault. */
const ANSWER_BYTES_MAX = 64 * 1024 ** 2
const DEADLINE_MS = 5_000
const MESSAGE_CHARS_MAX = 500

/** An answer whose body is still to be read. */
export interface OpenAnswer {
  readonly body: http.IncomingMessage
  /** Breaks the connection. */
  abort(): void
}

export class ApiClient {
  readonly #options: ApiClientOptions
  readonly #agent: http.Agent

  constructor(options: ApiClientOptions) {
    this.#options = options
    this.#agent = options.server.startsWith('https:')
      ? new https.Agent({ keepAlive: true })
      : new http.Agent({ keepAlive: true })
  }

  /** Sends and reads everything; rejects unless the answer is a success. */
  async call(
    method: Method,
    path: string,
    body?: unknown,
    contentType = JSON_TYPE,
  ): Promise<unknown> {
    const what = `${method} ${path}`
    const answer = await this.#send(method, path, body, contentType)
    const timer = this.#options.clock.schedule(DEADLINE_MS, () => answer.abort())
    const text = await readAll(what, answer.body).finally(() => timer.cancel())
    return parse(what, text)
  }

  /** Starts a watch; its lines come until one of the sides ends it. */
  watch(path: string): Promise<OpenAnswer> {
    return this.#send('GET', path, undefined, JSON_TYPE)
  }

  close(): void {
    this.#agent.destroy()
  }

  async #send(
    method: Method,
    path: string,
    body: unknown,
    contentType: string,
  ): Promise<OpenAnswer> {
    const { server, authority, pair } = this.#options
    const what = `${method} ${path}`
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = await this.#headers(text, contentType)
    // Part of what the agent tells connections apart by: a new authority is asked to show itself.
    const ca = await authority?.()
    const tls = { ...(ca && { ca }), ...(await pair?.()) }
    const url = new URL(path, server)
    const { request: open } = url.protocol === 'https:' ? https : http
    const request = open(url, { method, headers, agent: this.#agent, ...tls })
    request.end(text)
    const answer = await this.#answered(what, request)
    const { statusCode = 0 } = answer
    if (statusCode >= 200 && statusCode < 300) {
      return { body: answer, abort: () => void request.destroy() }
    }
    throw new KubernetesStatusError(what, statusCode, messageOf(await readAll(what, answer)))
  }

  async #headers(
    body: string | undefined,
    contentType: string,
  ): Promise<Record<string, string | number>> {
    const bearer = await this.#options.token()
    return {
      accept: JSON_TYPE,
      // Node frames the body of a DELETE only if its length is told.
      ...(body !== undefined && {
        'content-type': contentType,
        'content-length': Buffer.byteLength(body),
      }),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    }
  }

  #answered(what: string, request: http.ClientRequest): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.schedule(DEADLINE_MS, () => {
        request.destroy(new Error(`no answer within ${DEADLINE_MS} ms`))
      })
      request.on('response', (answer) => {
        timer.cancel()
        resolve(answer)
      })
      request.on('error', (cause) => {
        timer.cancel()
        reject(new KubernetesUnreachableError(`${what} failed: ${cause.message}`, { cause }))
      })
    })
  }
}

function readAll(what: string, answer: http.IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let byteCount = 0
    const fail = (why: string) => {
      answer.destroy()
      reject(new KubernetesUnreachableError(`${what} failed: ${why}`))
    }
    answer.on('data', (piece: Buffer) => {
      pieces.push(piece)
      byteCount += piece.byteLength
      if (byteCount > ANSWER_BYTES_MAX) fail(`the answer has more than ${ANSWER_BYTES_MAX} bytes`)
    })
    answer.on('end', () => resolve(Buffer.concat(pieces).toString()))
    answer.on('error', (error) => fail(error.message))
    answer.on('close', () => fail('the answer broke off'))
  })
}

function parse(what: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new KubernetesUnreachableError(`${what} was answered with what is no JSON`, { cause })
  }
}

/** What a Status object says; anything else as it stands. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message.slice(0, MESSAGE_CHARS_MAX)
  } catch {
    // Not of the API server, but of something in between.
  }
  return text.slice(0, MESSAGE_CHARS_MAX)
}
