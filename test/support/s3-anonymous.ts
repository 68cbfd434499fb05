/**
 * Requests of the S3 dialect that nobody signed, for buckets in which everybody may do everything.
 *
 * @module
 */

import type { TestApi } from './api.ts'
import type { OssRequest, OssResponse } from './oss-request.ts'

/** By which somebody who does not sign speaks this dialect. */
const DIALECT = { 'x-amz-date': '20261122T000000Z' }

/** Sends it in the S3 dialect. */
export function sendS3(api: TestApi, request: OssRequest): Promise<OssResponse> {
  const headers = { ...DIALECT, ...request.headers }
  return api.send({ anonymous: true, ...request, headers })
}
