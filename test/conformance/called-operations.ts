/**
 * Which operations real clients have called with success, read from the server's access log.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

/** Operations that a client of the gate must have called. */
export const CALLED_BY_THE_GATE: readonly string[] = [
  'AbortMultipartUpload',
  'AppendObject',
  'CleanRestoredObject',
  'CompleteMultipartUpload',
  'CopyObject',
  'DeleteBucket',
  'DeleteBucketCors',
  'DeleteBucketPolicy',
  'DeleteBucketPublicAccessBlock',
  'DeleteBucketTags',
  'DeleteMultipleObjects',
  'DeleteObject',
  'DeletePublicAccessBlock',
  'DeleteObjectTagging',
  'GetBucketAcl',
  'GetBucketArchiveDirectRead',
  'GetBucketCors',
  'GetBucketInfo',
  'GetBucketLocation',
  'GetBucketPolicy',
  'GetBucketPolicyStatus',
  'GetBucketPublicAccessBlock',
  'GetBucketRequestPayment',
  'GetBucketStat',
  'GetBucketTags',
  'GetBucketVersioning',
  'GetObject',
  'GetObjectAcl',
  'GetObjectMeta',
  'GetPublicAccessBlock',
  'GetObjectTagging',
  'GetSymlink',
  'HeadObject',
  'InitiateMultipartUpload',
  'ListBuckets',
  'ListMultipartUploads',
  'ListObjectVersions',
  'ListObjects',
  'ListObjectsV2',
  'ListParts',
  'PostObject',
  'PutBucket',
  'PutBucketAcl',
  'PutBucketArchiveDirectRead',
  'PutBucketCors',
  'PutBucketPolicy',
  'PutBucketPublicAccessBlock',
  'PutBucketRequestPayment',
  'PutBucketTags',
  'PutBucketVersioning',
  'PutObject',
  'PutObjectAcl',
  'PutPublicAccessBlock',
  'PutObjectTagging',
  'PutSymlink',
  'RestoreObject',
  'SealAppendObject',
  'UploadPart',
  'UploadPartCopy',
]

/** What is called by the tests of PyPI's `oss2` only. */
export const CALLED_BY_OSS2: readonly string[] = ['DescribeRegions', 'ListLiveChannel']

/** What a browser calls only: its preflights, and the credentials that pages are given. */
export const CALLED_BY_A_BROWSER: readonly string[] = ['AssumeRole', 'OptionObject']

/** The server writes its log in batches. */
const LOG_DELAY_MS_MAX = 5_000

/** Throws unless the access log has a success of every operation; returns the number of requests. */
export function mustHaveCalledAll(accessLog: string): Promise<string> {
  return mustHaveCalled(accessLog, CALLED_BY_THE_GATE)
}

/** The same of the operations that nothing but the tests of `oss2` calls. */
export function oss2MustHaveCalled(accessLog: string): Promise<string> {
  return mustHaveCalled(accessLog, CALLED_BY_OSS2)
}

/** The same of the operations that nothing but the browser's cases call. */
export function browserMustHaveCalled(accessLog: string): Promise<string> {
  return mustHaveCalled(accessLog, CALLED_BY_A_BROWSER)
}

async function mustHaveCalled(accessLog: string, names: readonly string[]): Promise<string> {
  const deadlineMs = performance.now() + LOG_DELAY_MS_MAX
  for (;;) {
    const lines = readFileSync(accessLog, 'utf8').trim().split('\n')
    const missing = names.filter((name) => !lines.some((line) => isSuccess(line, name)))
    if (missing.length === 0) {
      return `${names.length} operations in ${lines.length} requests`
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`No client has called ${missing.join(', ')} with success`)
    }
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

function isSuccess(line: string, operation: string): boolean {
  return /" 2\d\d /.test(line) && line.includes(`"${operation}"`)
}
