/**
 * The official S3 client for JavaScript, set up for a server of a test.
 *
 * @module
 */

import { S3 } from '@aws-sdk/client-s3'
import { Agent } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { Access } from './oss-request.ts'

/** Not every machine finds itself behind names below localhost. */
const lookup: LookupFunction = (_name, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }])

/** Signs as `access`, asks once, and adds the checksums that it adds by itself. */
export function s3Client(access: Access, style: 'path' | 'virtualHost' = 'path'): S3 {
  const { accessKeyId, accessKeySecret, region, endpoint } = access
  const { port } = new URL(endpoint)
  const isPath = style === 'path'
  return new S3({
    region,
    endpoint: `http://${isPath ? '127.0.0.1' : 's3.localhost'}:${port}`,
    forcePathStyle: isPath,
    credentials: { accessKeyId, secretAccessKey: accessKeySecret },
    requestHandler: { httpAgent: new Agent({ lookup }) },
    maxAttempts: 1,
  })
}
