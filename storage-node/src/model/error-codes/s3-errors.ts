/**
 * Errors about signatures and checksums that only S3 clients meet.
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const s3Errors = {
  AuthorizationHeaderMalformed: {
    status: 400,
    ec: '0002-00000601',
    message: 'The authorization header you provided is invalid.',
  },
  AuthorizationQueryParametersError: {
    status: 400,
    ec: '0002-00000602',
    message: 'The query parameters of the signature are invalid.',
  },
  XAmzContentSHA256Mismatch: {
    status: 400,
    ec: '0002-00000603',
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  BadDigest: {
    status: 400,
    ec: '0016-00000408',
    message: 'The checksum you specified did not match what we received.',
  },
  MalformedTrailerError: {
    status: 400,
    ec: '0016-00000414',
    message:
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  },
  InvalidChunkSizeError: {
    status: 403,
    ec: '0016-00000415',
    message: 'The body is not framed as an aws-chunked body is.',
  },
} as const satisfies Record<string, OssErrorDefinition>
