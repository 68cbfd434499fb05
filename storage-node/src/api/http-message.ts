/**
 * A request and its answer as values: what the operations see instead of sockets.
 *
 * @module
 */

import type { Pacer } from '../base/pacer.ts'
import type { BodySource, BodyStream } from '../services/body.ts'
import type { RequestHead } from '../wire/oss/request-head.ts'
import type { Dialect } from './dialect.ts'

/** How the client said where the body ends. `none`: it did not announce a body at all. */
export type BodyFraming = 'none' | 'length' | 'chunked'

/** A body and how it was announced. */
export interface RequestBodySource extends BodySource {
  readonly framing: BodyFraming
}

/** What the log and the metrics learn about a request while it is served. */
export interface RequestFacts {
  operation: string
  bucket: string | undefined
  key: string | undefined
  /** Only of a signature that was verified. */
  accessKeyId: string | undefined
  account: string | undefined
  errorCode: string | undefined
  objectSizeBytes: number | undefined
}

/** An HTTP request, parsed but not judged. */
export interface OssRequest extends RequestHead {
  /** What it is served and answered in. */
  readonly dialect: Dialect
  /** 24 upper-case hex digits, the first 8 of them Unix seconds (oss.md 3.1). */
  readonly requestId: string
  /** Wall clock at arrival. */
  readonly receivedMs: number
  /** As sent, percent-encoded, without the query. */
  readonly rawPath: string
  /** As sent, without the question mark. */
  readonly rawQuery: string
  /** The Host header, empty when there is none. */
  readonly host: string
  readonly remoteAddress: string
  readonly secure: boolean
  /** As operations read it: without what a client puts around its pieces, once that is known. */
  body: RequestBodySource
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
  readonly facts: RequestFacts
  /** Of every answer to the request, whatever becomes of it. */
  answerHeaders: FlatHeaders
  /** Of the bytes that it brings or asks for; undefined: as fast as they go. */
  readonly pacer: Pacer | undefined
  /** From now on its bytes keep to this rate. */
  limitTraffic(bytesPerSecond: number): void
}

/** Headers as a flat list of names and values, as they are written. */
export type FlatHeaders = readonly string[]

/** An answer. Content-Length is derived from the body. */
export interface OssResponse {
  readonly status: number
  readonly headers: FlatHeaders
  /** Text and bytes are at hand; a stream is sent piece by piece. */
  readonly body?: string | Uint8Array | BodyStream
  /** Of a HEAD answer: the length that the body of a GET would have. */
  readonly lengthBytes?: number
}

/** Answers a request. Rejections are turned into error documents by the server. */
export type RequestHandler = (request: OssRequest) => Promise<OssResponse>
