/**
 * Answers that are compressed on their way (oss.md 5.10).
 *
 * @module
 */

import { createGzip } from 'node:zlib'
import type { Gzip } from 'node:zlib'
import type { BodyStream, SendPiece } from '../services/body.ts'
import type { HeaderValues } from '../wire/oss/request-head.ts'
import type { FlatHeaders, OssResponse } from './http-message.ts'

/** Less is not worth it. */
const SIZE_BYTES_MIN = 1024
const TYPES = new Set([
  'text/cache-manifest',
  'text/xml',
  'text/plain',
  'text/css',
  'application/javascript',
  'application/x-javascript',
  'application/rss+xml',
  'application/json',
  'text/json',
])
/** They are about the bytes as they are stored. */
const DROPPED = new Set(['ETag', 'Content-MD5', 'x-oss-hash-crc64ecma'])

/** Whether the whole object, which is answered with these headers, is to be compressed. */
export function isCompressed(
  request: HeaderValues,
  answer: FlatHeaders,
  sizeBytes: number,
): boolean {
  const accepted = request['accept-encoding']
  if (accepted === undefined || sizeBytes < SIZE_BYTES_MIN) return false
  if (request['range'] !== undefined || !acceptsGzip(accepted)) return false
  if (valueOf(answer, 'Content-Encoding') !== undefined) return false
  const [type = ''] = (valueOf(answer, 'Content-Type') ?? '').split(';')
  return TYPES.has(type.trim().toLowerCase())
}

/** The answer with a body that is compressed as it is sent. Nobody knows its length before. */
export function compressedAnswer(headers: FlatHeaders, body: BodyStream): OssResponse {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]]
    if (!DROPPED.has(name)) kept.push(name, value)
  }
  kept.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding')
  const compressed: BodyStream = {
    lengthBytes: undefined,
    send: (send, signal) => sendCompressed(body, send, signal),
  }
  return { status: 200, headers: kept, body: compressed }
}

/** `gzip` or `*`, unless its weight is nothing. */
function acceptsGzip(accepted: string): boolean {
  return accepted.split(',').some((choice) => {
    const [coding = '', ...parameters] = choice.split(';').map((text) => text.trim().toLowerCase())
    const isRefused = parameters.some((text) => /^q\s*=\s*0(\.0*)?$/.test(text))
    return (coding === 'gzip' || coding === '*') && !isRefused
  })
}

function valueOf(headers: FlatHeaders, name: string): string | undefined {
  const at = headers.indexOf(name)
  return at < 0 ? undefined : headers[at + 1]
}

/** Whichever side fails takes the other with it. */
async function sendCompressed(
  body: BodyStream,
  send: SendPiece,
  signal: AbortSignal,
): Promise<void> {
  const gzip = createGzip()
  const feeding = feed(body, gzip, signal)
  const draining = drain(gzip, send)
  await Promise.all([feeding, draining])
}

async function feed(body: BodyStream, gzip: Gzip, signal: AbortSignal): Promise<void> {
  try {
    await body.send((piece) => write(gzip, piece), signal)
    gzip.end()
  } catch (error) {
    gzip.destroy(error as Error)
    throw error
  }
}

async function drain(gzip: Gzip, send: SendPiece): Promise<void> {
  for await (const piece of gzip) await send(piece as Uint8Array)
}

/** Resolves when the piece has been taken in. */
function write(gzip: Gzip, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    gzip.write(piece, (error) => (error ? reject(error) : resolve()))
  })
}
