/**
 * Answers what is not HTTP.
 *
 * @module
 */

import type { Duplex } from 'node:stream'
import { OssError } from '../model/errors.ts'
import { reasonPhrase } from './answer.ts'
import type { OssResponse } from './http-message.ts'

/** True when bytes arrived that are no HTTP, or too few of them in time. */
export function isBrokenHttp({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') || code.startsWith('ERR_HTTP_')
}

/** What a failure of Node's HTTP parser means to the client. */
export function brokenRequestError(error: NodeJS.ErrnoException): OssError {
  const code: string = error.code ?? ''
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new OssError('InvalidRequest', { message: 'The request headers are too large.' })
    case 'HPE_INVALID_EOF_STATE':
    case 'ECONNRESET':
      return new OssError('IncompleteBody')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new OssError('RequestTimeout')
    default:
      return new OssError('InvalidRequest', { message: 'The request is not valid HTTP/1.1.' })
  }
}

/** Writes an answer where Node has no response object, and closes the connection. */
export function writeRawAnswer(
  socket: Duplex,
  answer: OssResponse,
  { requestId, date }: { readonly requestId: string; readonly date: string },
): void {
  const body = typeof answer.body === 'string' ? answer.body : ''
  const headers = [
    'Server',
    'AliyunOSS',
    'Date',
    date,
    'x-oss-request-id',
    requestId,
    'x-oss-server-time',
    '0',
    ...answer.headers,
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Connection',
    'close',
  ]
  let head = `HTTP/1.1 ${answer.status} ${reasonPhrase(answer.status)}\r\n`
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
  socket.end(`${head}\r\n${body}`, () => socket.destroy())
}
