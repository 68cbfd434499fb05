/**
 * Errors about buckets and their configurations (oss.md 1.2, 1.3, 3.2).
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const bucketErrors = {
  NoSuchBucket: {
    status: 404,
    ec: '0015-00000101',
    message: 'The specified bucket does not exist.',
  },
  BucketAlreadyExists: {
    status: 409,
    ec: '0015-00000104',
    message:
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  },
  BucketNotEmpty: {
    status: 409,
    ec: '0015-00000301',
    message: 'The bucket you tried to delete is not empty.',
  },
  TooManyBuckets: {
    status: 400,
    ec: '0015-00000105',
    message: 'You have attempted to create more buckets than allowed.',
  },
  NoSuchRegion: {
    status: 404,
    ec: '0015-00000106',
    message: 'The specified region does not exist.',
  },
  NoSuchLifecycle: {
    status: 404,
    ec: '0014-00000001',
    message: 'No Row found in Lifecycle Table.',
  },
  NoSuchWebsiteConfiguration: {
    status: 404,
    ec: '0032-00000001',
    message: 'The specified bucket does not have a website configuration.',
  },
  NoSuchCORSConfiguration: {
    status: 404,
    ec: '0018-00000001',
    message: 'The CORS Configuration does not exist.',
  },
  CORSRuleBeyondLimit: {
    status: 400,
    ec: '0018-00000002',
    message: 'The CORS Rules num is beyond limit.',
  },
  NoSuchBucketPolicy: {
    status: 404,
    ec: '0034-00000001',
    message: "The bucket policy doesn't exist.",
  },
  InvalidPolicyDocument: {
    status: 400,
    ec: '0034-00000002',
    message: 'The policy document is not valid.',
  },
  NoSuchServerSideEncryptionRule: {
    status: 404,
    ec: '0033-00000001',
    message: 'The server side encryption configuration is not set.',
  },
  NoSuchWORMConfiguration: {
    status: 404,
    ec: '0036-00000001',
    message: 'The specified WORM configuration does not exist.',
  },
  NoSuchInventory: {
    status: 404,
    ec: '0037-00000001',
    message: 'The bucket does not have a specified inventory configuration.',
  },
  NoSuchReplicationConfiguration: {
    status: 404,
    ec: '0038-00000001',
    message: 'The bucket does not have a replication configuration.',
  },
  NoSuchTransferAccelerationConfiguration: {
    status: 404,
    ec: '0039-00000001',
    message: 'The bucket does not have a transfer acceleration configuration.',
  },
  NoSuchStyle: {
    status: 404,
    ec: '0021-00000001',
    message: 'The specified style does not exist.',
  },
} as const satisfies Record<string, OssErrorDefinition>
