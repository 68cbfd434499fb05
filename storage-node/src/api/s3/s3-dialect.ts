/**
 * The operations of the S3 dialect, as the gateway needs them.
 *
 * @module
 */

import type { BucketRecord } from '../../model/bucket.ts'
import { OssError } from '../../model/errors.ts'
import type { DialectOperations } from '../gateway.ts'
import type { OssRequest } from '../http-message.ts'
import { S3_PREFLIGHT } from './known-operations.ts'
import { s3Operations } from './operations.ts'
import { resolveS3Operation } from './resolve-operation.ts'
import { refuseUnservedS3Headers } from './unserved-headers.ts'

export const s3Dialect: DialectOperations = {
  resolve: resolveS3Operation,
  served: s3Operations,
  preflight: S3_PREFLIGHT,
  refuseHeaders: refuseUnservedS3Headers,
  checkBucket,
}

/** A name may be another account's bucket by now: who says whose it must be is told. */
function checkBucket({ headers }: OssRequest, { owner }: BucketRecord): void {
  const expected = headers['x-amz-expected-bucket-owner']
  if (expected !== undefined && expected !== owner) throw new OssError('AccessDenied')
}
