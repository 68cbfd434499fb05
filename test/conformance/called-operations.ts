/**
 * Which operations real clients have called with success, read from the server's access log.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

/** Every operation that is served; a client of this suite must have called each. */
const SERVED_OPERATIONS = [
  'AbortMultipartUpload',
  'AppendObject',
  'CompleteMultipartUpload',
  'CopyObject',
  'DeleteBucket',
  'DeleteMultipleObjects',
  'DeleteObject',
  'GetBucketAcl',
  'GetBucketInfo',
  'GetBucketLocation',
  'GetBucketStat',
  'GetObject',
  'GetObjectAcl',
  'GetObjectMeta',
  'HeadObject',
  'InitiateMultipartUpload',
  'ListBuckets',
  'ListMultipartUploads',
  'ListObjects',
  'ListObjectsV2',
  'ListParts',
  'PutBucket',
  'PutBucketAcl',
  'PutObject',
  'UploadPart',
  'UploadPartCopy',
]

/** Throws unless the access log has a success of every operation; returns the number of requests. */
export function mustHaveCalledAll(accessLog: string): string {
  const lines = readFileSync(accessLog, 'utf8').trim().split('\n')
  const missing = SERVED_OPERATIONS.filter((name) => {
    const success = new RegExp(`" 2\\d\\d .*"${name}"`)
    return !lines.some((line) => success.test(line))
  })
  if (missing.length > 0) throw new Error(`No client has called ${missing.join(', ')} with success`)
  return `${SERVED_OPERATIONS.length} operations in ${lines.length} requests`
}
