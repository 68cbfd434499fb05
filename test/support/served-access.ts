/**
 * Requests about who may do what, one of each operation that is served.
 *
 * @module
 */

import type { Row } from './served-row.ts'
import { document } from './served-row.ts'

const blockDocument =
  '<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>'
const policyFor = (bucket: string) =>
  JSON.stringify({
    Version: '1',
    Statement: {
      ...{ Effect: 'Allow', Action: 'oss:GetObject', Principal: '*' },
      Resource: `acs:oss:*:*:${bucket}/*`,
    },
  })
/** The same three of a bucket and of an account. */
const blockRows = (of: string, where: object): Row[] => [
  {
    name: `Put${of}PublicAccessBlock`,
    request: () => ({
      ...{ method: 'PUT', query: { publicAccessBlock: '' }, body: blockDocument, ...where },
    }),
    status: 200,
  },
  {
    name: `Get${of}PublicAccessBlock`,
    request: () => ({ method: 'GET', query: { publicAccessBlock: '' }, ...where }),
    status: 200,
    body: document('PublicAccessBlockConfiguration', '<BlockPublicAccess>true<'),
  },
  {
    name: `Delete${of}PublicAccessBlock`,
    request: () => ({ method: 'DELETE', query: { publicAccessBlock: '' }, ...where }),
    status: 204,
    body: '',
  },
]

/** Policy and public access blocks of a bucket, and of the account that owns it. */
export const accessRows = (bucket: string): Row[] => [
  {
    name: 'PutBucketPolicy',
    request: () => ({ method: 'PUT', query: { policy: '' }, body: policyFor(bucket) }),
    status: 200,
  },
  {
    name: 'GetBucketPolicy',
    request: () => ({ method: 'GET', query: { policy: '' } }),
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: policyFor(bucket),
  },
  {
    name: 'GetBucketPolicyStatus',
    request: () => ({ method: 'GET', query: { policyStatus: '' } }),
    status: 200,
    body: document('PolicyStatus', '<IsPublic>true</IsPublic>'),
  },
  {
    name: 'DeleteBucketPolicy',
    request: () => ({ method: 'DELETE', query: { policy: '' } }),
    status: 204,
    body: '',
  },
  ...blockRows('Bucket', {}),
  ...blockRows('', { bucket: undefined }),
]
