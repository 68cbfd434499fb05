/**
 * Turns whatever was thrown into the answer a client gets: once, in one place.
 *
 * Nothing of an unexpected error reaches the client but the request id, which the log has too.
 *
 * @module
 */

import { OssError } from '../model/errors.ts'
import { writeErrorDocument } from '../wire/oss/documents/error.ts'
import type { HeaderValues } from '../wire/oss/request-head.ts'
import type { Dialect } from './dialect.ts'
import type { OssResponse } from './http-message.ts'
import { s3ErrorResponse } from './s3/error-response.ts'

/** What an error document says about the request. */
export interface RefuseContext {
  readonly requestId: string
  readonly host: string
  readonly method: string
  readonly dialect: Dialect
  readonly rawPath: string
  readonly headers: HeaderValues
}

/** The answer to a request that failed with `thrown`. */
export function errorResponse(thrown: unknown, context: RefuseContext): OssResponse {
  const error = thrown instanceof OssError ? thrown : new OssError('InternalError')
  if (context.dialect === 's3') return s3ErrorResponse(error, context)
  const { requestId, host, method } = context
  const { status } = error
  const headers = ['x-oss-ec', error.ec]
  for (const [name, value] of Object.entries(error.headers)) headers.push(name, value)
  // Neither may have a body (oss.md 3.1).
  if (status === 304) return { status, headers }
  const document = writeErrorDocument(error, { requestId, hostId: host })
  headers.push('Content-Type', 'application/xml')
  if (method !== 'HEAD') return { status, headers, body: document }
  headers.push('x-oss-err', Buffer.from(document).toString('base64'))
  return { status, headers }
}
