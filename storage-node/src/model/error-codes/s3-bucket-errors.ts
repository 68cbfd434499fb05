/**
 * Errors about buckets and classes that only S3 clients meet: their dialect tells apart what OSS does not.
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const s3BucketErrors = {
  BucketAlreadyOwnedByYou: {
    status: 409,
    ec: '0015-00000201',
    message: 'The bucket you tried to create already exists, and you own it.',
  },
  InvalidLocationConstraint: {
    status: 400,
    ec: '0015-00000202',
    message: 'The specified location-constraint is not valid.',
  },
  InvalidStorageClass: {
    status: 400,
    ec: '0017-00000006',
    message: 'The storage class you specified is not valid.',
  },
  NoSuchTagSet: {
    status: 404,
    ec: '0015-00000203',
    message: 'The TagSet does not exist.',
  },
} as const satisfies Record<string, OssErrorDefinition>
