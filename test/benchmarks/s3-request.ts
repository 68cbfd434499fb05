/**
 * Requests of S3 clients, signed with V4, and the frames of their bodies, made as cheaply as can be: every
 * body consists of the same piece, so that its hashes are made once.
 *
 * @module
 */

import { createHash, createHmac } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Access } from '../support/oss-request.ts'

/**
 * How a request of the S3 dialect carries its body: without a signature of anything, with its hash in the
 * head, as it is, in pieces that are signed each, or in pieces with a checksum behind them.
 */
export type S3Body = 'anonymous' | 'hashed' | 'plain' | 'signed chunks' | 'trailer'

/** Before the body, and the body where it is framed. */
export interface FramedRequest {
  readonly head: string
  readonly frames: Iterable<Buffer> | undefined
}

type Header = readonly [name: string, value: string]

/** What clients cut their bodies into. */
const CHUNK_BYTES = 64 * 1024
const CHUNK = Buffer.alloc(CHUNK_BYTES, 'Granary keeps what it is given. ')
const EMPTY_SHA256 = sha256('')
const DATE_REFRESH_MS = 60_000
const TRAILER = 'x-amz-checksum-crc32'
const SIGNATURE_LENGTH = 64
const PAYLOADS = {
  plain: 'UNSIGNED-PAYLOAD',
  'signed chunks': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  trailer: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
} as const

/** Makes requests of one client. */
export class S3Requests {
  readonly #access: Access
  readonly #host: string
  readonly #hashes = new Map<number, string>()
  readonly #checksums = new Map<number, string>()
  #date = ''
  #scope = ''
  #key: Buffer = Buffer.alloc(0)
  #dateMadeMs = -Infinity

  constructor(access: Access) {
    this.#access = access
    this.#host = new URL(access.endpoint).host
  }

  /** A request whose path needs no encoding; of a read, `sizeBytes` is undefined. */
  make(method: string, path: string, body: S3Body, sizeBytes: number | undefined): FramedRequest {
    this.#refreshDate()
    const start = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nx-amz-date: ${this.#date}\r\n`
    if (body === 'anonymous') {
      return { head: `${start}${this.#bodyHeaders(body, sizeBytes)}\r\n`, frames: undefined }
    }
    const payload = body === 'hashed' ? this.#hashOf(sizeBytes ?? 0) : PAYLOADS[body]
    const signed = [
      ...[
        ['host', this.#host],
        ['x-amz-content-sha256', payload],
        ['x-amz-date', this.#date],
      ],
      ...framingHeaders(body, sizeBytes),
    ] as const
    const signature = this.#signHead(method, path, signed, payload)
    const { accessKeyId } = this.#access
    const authorization =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${this.#scope},` +
      `SignedHeaders=${signed.map(([name]) => name).join(';')},Signature=${signature}`
    const head =
      `${start}x-amz-content-sha256: ${payload}\r\nAuthorization: ${authorization}\r\n` +
      `${this.#bodyHeaders(body, sizeBytes)}\r\n`
    return { head, frames: this.#framesOf(body, sizeBytes ?? 0, signature) }
  }

  #signHead(method: string, path: string, signed: readonly Header[], payload: string): string {
    const headers = signed.map(([name, value]) => `${name}:${value}\n`).join('')
    const names = signed.map(([name]) => name).join(';')
    const canonical = `${method}\n${path}\n\n${headers}\n${names}\n${payload}`
    return this.#sign(`AWS4-HMAC-SHA256\n${this.#date}\n${this.#scope}\n${sha256(canonical)}`)
  }

  #bodyHeaders(body: S3Body, sizeBytes: number | undefined): string {
    if (sizeBytes === undefined) return ''
    const type = 'Content-Type: application/octet-stream\r\n'
    const isFramed = body === 'signed chunks' || body === 'trailer'
    if (!isFramed) return `${type}Content-Length: ${sizeBytes}\r\n`
    const framing = framingHeaders(body, sizeBytes).map(([name, value]) => `${name}: ${value}\r\n`)
    const length = `Content-Length: ${framedLength(body, sizeBytes)}\r\n`
    return `${type}${length}Content-Encoding: aws-chunked\r\n${framing.join('')}`
  }

  #framesOf(body: S3Body, sizeBytes: number, seed: string): Iterable<Buffer> | undefined {
    if (body === 'signed chunks') return this.#signedFrames(sizeBytes, seed)
    return body === 'trailer' ? this.#trailedFrames(sizeBytes) : undefined
  }

  *#signedFrames(sizeBytes: number, seed: string): Iterable<Buffer> {
    let signature = seed
    for (const piece of [...piecesOf(sizeBytes), EMPTY]) {
      const hash = piece.length === 0 ? EMPTY_SHA256 : this.#hashOf(piece.length)
      const text = `AWS4-HMAC-SHA256-PAYLOAD\n${this.#date}\n${this.#scope}\n${signature}`
      signature = this.#sign(`${text}\n${EMPTY_SHA256}\n${hash}`)
      yield Buffer.from(`${piece.length.toString(16)};chunk-signature=${signature}\r\n`)
      yield piece
      yield LINE_END
    }
  }

  *#trailedFrames(sizeBytes: number): Iterable<Buffer> {
    for (const piece of piecesOf(sizeBytes)) {
      yield Buffer.from(`${piece.length.toString(16)}\r\n`)
      yield piece
      yield LINE_END
    }
    yield Buffer.from(`0\r\n${TRAILER}:${this.#checksumOf(sizeBytes)}\r\n\r\n`)
  }

  #hashOf(sizeBytes: number): string {
    const known = this.#hashes.get(sizeBytes)
    if (known !== undefined) return known
    const hash = createHash('sha256')
    for (const piece of piecesOf(sizeBytes)) hash.update(piece)
    const made = hash.digest('hex')
    this.#hashes.set(sizeBytes, made)
    return made
  }

  #checksumOf(sizeBytes: number): string {
    const known = this.#checksums.get(sizeBytes)
    if (known !== undefined) return known
    let crc = 0
    for (const piece of piecesOf(sizeBytes)) crc = crc32(piece, crc)
    const made = Buffer.from(crc.toString(16).padStart(8, '0'), 'hex').toString('base64')
    this.#checksums.set(sizeBytes, made)
    return made
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }

  #refreshDate(): void {
    const nowMs = performance.now()
    if (nowMs - this.#dateMadeMs < DATE_REFRESH_MS) return
    this.#dateMadeMs = nowMs
    this.#date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const steps = [this.#date.slice(0, 8), this.#access.region, 's3', 'aws4_request']
    this.#scope = steps.join('/')
    let key = Buffer.from(`AWS4${this.#access.accessKeySecret}`)
    for (const step of steps) key = createHmac('sha256', key).update(step).digest()
    this.#key = key
  }
}

const EMPTY = Buffer.alloc(0)
const LINE_END = Buffer.from('\r\n')

/** What is said of how the body is framed, which has to be signed. */
function framingHeaders(body: S3Body, sizeBytes = 0): Header[] {
  if (body !== 'signed chunks' && body !== 'trailer') return []
  const length: Header = ['x-amz-decoded-content-length', String(sizeBytes)]
  return body === 'trailer' ? [length, ['x-amz-trailer', TRAILER]] : [length]
}

/** The pieces of a body of that size. */
function piecesOf(sizeBytes: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
    pieces.push(left >= CHUNK_BYTES ? CHUNK : CHUNK.subarray(0, left))
  }
  return pieces
}

function framedLength(body: 'signed chunks' | 'trailer', sizeBytes: number): number {
  const extension = body === 'trailer' ? 0 : ';chunk-signature='.length + SIGNATURE_LENGTH
  let length = sizeBytes
  for (const { length: bytes } of piecesOf(sizeBytes)) {
    length += bytes.toString(16).length + extension + 2 * LINE_END.length
  }
  // What ends it: a frame of no bytes, or the checksum, which has eight letters.
  if (body === 'trailer') return length + `0\r\n${TRAILER}:AAAAAA==\r\n\r\n`.length
  return length + '0'.length + extension + 2 * LINE_END.length
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
