/**
 * Finds the one operation of the S3 dialect that a request asks for.
 *
 * @module
 */

import type { QueryPair } from '../../wire/oss/request-head.ts'
import { operationResolver } from '../operation-resolver.ts'
import { knownS3Operations, S3_PREFLIGHT } from './known-operations.ts'

/** Parameters of signed URLs, and those of answers that a signed reader may override. */
const COMMON_PARAMETERS: ReadonlySet<string> = new Set([
  // Name of the operation, as one SDK writes it for whoever reads logs.
  'x-id',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Security-Token',
  'X-Amz-Content-Sha256',
  'AWSAccessKeyId',
  'Expires',
  'Signature',
  'x-amz-security-token',
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
])

export const resolveS3Operation = operationResolver({
  rows: knownS3Operations,
  preflight: S3_PREFLIGHT,
  common: COMMON_PARAMETERS,
  passesOver,
  headIsGet: false,
})

/** A header that stands in a signed URL asks for what the header does: it must not be passed over. */
function passesOver({ name }: QueryPair): boolean | undefined {
  return name.toLowerCase().startsWith('x-amz-') ? false : undefined
}
