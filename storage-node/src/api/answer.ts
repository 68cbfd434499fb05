/**
 * Writes an answer to its socket.
 *
 * Small bodies leave in one piece with their headers; large ones piece by piece, each waiting until
 * the last is in the kernel's hands, so that a slow reader costs one slab.
 *
 * @module
 */

import { STATUS_CODES } from 'node:http'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { BodyStream, SendPiece } from '../services/body.ts'
import type { Exchange } from './exchange.ts'
import { ClientGoneError } from './exchange.ts'
import type { OssResponse } from './http-message.ts'
import type { DateHeader } from './date-header.ts'

/** How long a client may go on sending a body that nobody wants before the connection is closed. */
const LINGER_MS = 1_000

const PACED_SLICES_PER_SECOND = 20

/** What stands behind the status in the first line; the Go SDK shows its callers both. */
export function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? 'OK'
}

/** What answers need beside their exchange. */
export interface AnswerContext {
  readonly clock: Clock
  readonly date: DateHeader
  /** False where clients should go elsewhere with their next request. */
  readonly keepsConnections: () => boolean
}

/**
 * Writes `answer` and ends the exchange. Rejects when its body failed: before its first byte another
 * answer may be written, afterwards the connection has been cut.
 */
export async function writeAnswer(
  exchange: Exchange,
  answer: OssResponse,
  context: AnswerContext,
): Promise<void> {
  const { response } = exchange
  const { body } = answer
  exchange.phase = 'answering'
  const bytes = bytesOf(body)
  if (exchange.method === 'HEAD' || body === undefined || bytes !== undefined) {
    writeHead(exchange, answer, answer.lengthBytes ?? bytes?.byteLength ?? 0, context)
    return end(exchange, exchange.method === 'HEAD' ? undefined : bytes, context)
  }
  await sendStream(exchange, answer, body as BodyStream, context)
  if (!response.headersSent) writeHead(exchange, answer, 0, context)
  end(exchange, undefined, context)
}

/** The body's bytes, if they are at hand. Text becomes bytes: Node would write headers in its encoding. */
function bytesOf(body: OssResponse['body']): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body
  return typeof body === 'string' ? Buffer.from(body) : body.bytes
}

function writeHead(
  exchange: Exchange,
  answer: OssResponse,
  lengthBytes: number | undefined,
  { clock, date, keepsConnections }: AnswerContext,
): void {
  const { status } = answer
  const headers = ['Server', 'AliyunOSS', 'Date', date.at(exchange.receivedMs)]
  if (exchange.dialect === 's3') {
    headers.push('x-amz-request-id', exchange.requestId, 'x-amz-id-2', exchange.requestId)
  } else {
    const tookMs = Math.round(clock.monotonicMs() - exchange.startedMs)
    headers.push('x-oss-request-id', exchange.requestId, 'x-oss-server-time', String(tookMs))
  }
  for (const text of exchange.answerHeaders) headers.push(text)
  for (const text of answer.headers) headers.push(text)
  // These two have no body by definition, and no length either.
  if (status !== 204 && status !== 304 && lengthBytes !== undefined) {
    headers.push('Content-Length', String(lengthBytes))
  }
  const mustClose = exchange.mustClose || !keepsConnections() || !exchange.socketBody.mayBeDrained
  if (mustClose) headers.push('Connection', 'close')
  exchange.status = status
  exchange.response.writeHead(status, reasonPhrase(status), headers)
}

function end(exchange: Exchange, bytes: Uint8Array | undefined, context: AnswerContext): void {
  const { response, socketBody: body } = exchange
  if (bytes !== undefined) exchange.sentBytes += bytes.byteLength
  if (body.isOver || body.isBroken) return void response.end(bytes)
  // Closing with unread bytes would reset the connection, and the client might never see the answer.
  exchange.phase = 'lingering'
  if (bytes === undefined) response.flushHeaders()
  else response.write(bytes)
  const timer = context.clock.schedule(LINGER_MS, () => {
    response.end()
    response.socket?.destroySoon()
  })
  body.drain(() => {
    timer.cancel()
    response.end()
  })
  response.once('close', () => timer.cancel())
}

async function sendStream(
  exchange: Exchange,
  answer: OssResponse,
  body: BodyStream,
  context: AnswerContext,
): Promise<void> {
  const { response } = exchange
  const { lengthBytes } = body
  let sentBytes = 0
  try {
    const write = writerOf(exchange)
    await body.send((piece) => {
      if (!response.headersSent) writeHead(exchange, answer, lengthBytes, context)
      sentBytes += piece.byteLength
      return write(piece)
    }, exchange.signal)
    const isWhole = lengthBytes === undefined || sentBytes === lengthBytes
    assert(isWhole, 'a body sends exactly as many bytes as it announced')
  } catch (error) {
    // The client must not take what it has for the whole.
    if (sentBytes > 0) response.destroy()
    throw error
  } finally {
    exchange.sentBytes += sentBytes
  }
}

/** Where the traffic is limited, pieces queue: they are cut, so that the rate is an even one. */
function writerOf(exchange: Exchange): SendPiece {
  const { pacer } = exchange
  if (pacer === undefined) return (piece) => writePiece(exchange, piece)
  const sliceBytes = Math.ceil(pacer.bytesPerSecond / PACED_SLICES_PER_SECOND)
  let written: Promise<void> = Promise.resolve()
  const writeSlices = async (piece: Uint8Array) => {
    for (let at = 0; at < piece.byteLength; at += sliceBytes) {
      const slice = piece.subarray(at, at + sliceBytes)
      await writePiece(exchange, slice)
      await pacer.moved(slice.byteLength)
    }
  }
  return (piece) => (written = written.then(() => writeSlices(piece)))
}

function writePiece(exchange: Exchange, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    exchange.cutWrite = reject
    exchange.response.write(piece, (error) => (error ? reject(new ClientGoneError()) : resolve()))
  })
}
