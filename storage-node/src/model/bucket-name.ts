/**
 * Names of buckets (oss.md 4).
 *
 * @module
 */

import { OssError } from './errors.ts'
import type { BucketName } from './identifiers.ts'

/** 3-63 of `a-z 0-9 -`, with a letter or digit at both ends. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/

/** Checks the name of a bucket. Throws InvalidBucketName. */
export function parseBucketName(text: string): BucketName {
  if (BUCKET_NAME.test(text)) return text as BucketName
  throw new OssError('InvalidBucketName', { details: [{ name: 'BucketName', value: text }] })
}
