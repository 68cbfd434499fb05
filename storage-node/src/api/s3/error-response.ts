/**
 * The answer that an S3 client gets to what failed.
 *
 * @module
 */

import type { OssError } from '../../model/errors.ts'
import { s3Headers } from '../../wire/s3/answer-headers.ts'
import { writeS3Error } from '../../wire/s3/documents/error.ts'
import { s3Error } from '../../wire/s3/errors.ts'
import type { RefuseContext } from '../error-response.ts'
import type { OssResponse } from '../http-message.ts'

export function s3ErrorResponse(error: OssError, context: RefuseContext): OssResponse {
  const { requestId, host, method, rawPath, headers: asked } = context
  const told = s3Error(error, asked['content-md5'])
  const { status } = told
  const headers = s3Headers(Object.entries(error.headers).flat())
  // An answer to HEAD has no body: clients go by the status.
  if (status === 304 || method === 'HEAD') return { status, headers }
  const { details } = error
  const body = writeS3Error(told, { requestId, resource: rawPath, hostId: host, details })
  headers.push('Content-Type', 'application/xml')
  return { status, headers, body }
}
