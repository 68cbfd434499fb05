/**
 * Calls the application server that an upload names, and says who calls by a signature (oss.md 5.18).
 *
 * @module
 */

import { createHash, sign } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import type { OutgoingAnswer, OutgoingFailure, OutgoingHttp } from '../base/outgoing-http.ts'
import { OutgoingError } from '../base/outgoing-http.ts'
import { decodePercent } from '../base/percent-encoding.ts'
import { OssError } from '../model/errors.ts'

/** An RSA key pair, PEM. */
export interface CallbackKey {
  readonly privateKey: string
  readonly publicKey: string
}

/** What is sent, to each address until one answers as it should. */
export interface CallbackMessage {
  readonly urls: readonly URL[]
  /** Undefined: the one of the URL. */
  readonly host: string | undefined
  readonly bodyType: string
  readonly body: string
  /** Where the public key is, unless the settings name another place. */
  readonly keyUrl: string
  readonly requestId: string
  readonly bucket: string
}

export interface CallbackServiceParts {
  readonly http: OutgoingHttp
  /** Called once, when the key is first needed. */
  readonly openKey: () => Promise<CallbackKey>
  /** Where the public key is said to be; undefined: where this region publishes it. */
  readonly keyUrl: string | undefined
}

export const CALLBACK_TIMEOUT_MS = 5_000
const ANSWER_BYTES_MAX = 1024 ** 2

/** Calls application servers. */
export class CallbackService {
  readonly #parts: CallbackServiceParts
  #key: Promise<CallbackKey> | undefined

  constructor(parts: CallbackServiceParts) {
    this.#parts = parts
  }

  /** The key pair that calls are signed with; made or read when it is first asked for. */
  key(): Promise<CallbackKey> {
    this.#key ??= this.#parts.openKey().catch((error: unknown) => {
      this.#key = undefined
      throw error
    })
    return this.#key
  }

  /** Returns the JSON that the server answered. Rejects with `CallbackFailed` when none did. */
  async call(message: CallbackMessage): Promise<Uint8Array> {
    const { privateKey } = await this.key()
    let failure = ''
    for (const url of message.urls) {
      const outcome = await this.#try(url, message, privateKey)
      if (typeof outcome !== 'string') return outcome
      failure = outcome
    }
    throw new OssError('CallbackFailed', { message: failure })
  }

  /** The answer, or why it is none. */
  async #try(url: URL, message: CallbackMessage, privateKey: string): Promise<Uint8Array | string> {
    const body = Buffer.from(message.body)
    try {
      const answer = await this.#parts.http.post({
        url,
        body,
        headers: this.#headersOf(url, message, privateKey),
        timeoutMs: CALLBACK_TIMEOUT_MS,
        answerBytesMax: ANSWER_BYTES_MAX,
      })
      return mistakeOf(answer) ?? answer.body
    } catch (error) {
      if (error instanceof OutgoingError) return FAILURES[error.failure]
      throw error
    }
  }

  #headersOf(url: URL, message: CallbackMessage, privateKey: string): Record<string, string> {
    const { host, bodyType, body, requestId, bucket } = message
    const keyUrl = this.#parts.keyUrl ?? message.keyUrl
    return {
      host: host ?? url.host,
      'content-type': bodyType,
      'content-length': String(Buffer.byteLength(body)),
      'content-md5': createHash('md5').update(body).digest('base64'),
      'user-agent': 'aliyun-oss-callback',
      authorization: sign('RSA-MD5', Buffer.from(signedText(url, body)), privateKey).toString(
        'base64',
      ),
      'x-oss-pub-key-url': Buffer.from(keyUrl).toString('base64'),
      'x-oss-request-id': requestId,
      'x-oss-bucket': bucket,
      'x-oss-tag': 'CALLBACK',
    }
  }
}

/** What the signature is over: the decoded path, the query as it is, and the body. */
export function signedText(url: URL, body: string): string {
  return `${decodePercent(url.pathname) ?? url.pathname}${url.search}\n${body}`
}

const FAILURES: Readonly<Record<OutgoingFailure, string>> = {
  unreachable: 'Error status : -1. The callback server could not be reached.',
  refusedAddress: 'Error status : -1. The callback server has no public address.',
  timeout: 'Error status : -1. The callback server did not answer in time.',
  answerTooLarge: 'Response body is too large.',
}

function mistakeOf({ status, contentLength, body }: OutgoingAnswer): string | undefined {
  if (status !== 200) return `Error status : ${status}.`
  if (contentLength === undefined) return 'Response has no Content-Length.'
  if (Number(contentLength) !== body.byteLength) return 'Response has a wrong Content-Length.'
  return isJson(body) ? undefined : 'Response body is not valid json format.'
}

function isJson(body: Uint8Array): boolean {
  if (!isUtf8(body)) return false
  try {
    JSON.parse(Buffer.from(body).toString())
    return true
  } catch {
    return false
  }
}
