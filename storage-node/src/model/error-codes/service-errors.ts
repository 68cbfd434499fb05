/**
 * Errors of the service and its limits rather than of the request (oss.md 3.2).
 *
 * Clients retry a 5xx: none of these may answer a permanent failure of the client's making.
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const serviceErrors = {
  CallbackFailed: {
    status: 203,
    ec: '0007-00000203',
    message: 'The object is stored, but the callback failed.',
  },
  MirrorFailed: {
    status: 424,
    ec: '0032-00000424',
    message: 'The object could not be fetched from its origin.',
  },
  InternalError: {
    status: 500,
    ec: '0005-00000001',
    message: 'We encountered an internal error. Please try again.',
  },
  ServiceUnavailable: {
    status: 503,
    ec: '0005-00000503',
    message: 'The service is not available at the moment. Please try again.',
  },
  DownloadTrafficRateLimitExceeded: {
    status: 503,
    ec: '0004-00000001',
    message: 'The download rate limit is exceeded. Please try again.',
  },
  UploadTrafficRateLimitExceeded: {
    status: 503,
    ec: '0004-00000002',
    message: 'The upload rate limit is exceeded. Please try again.',
  },
  TotalQpsLimitExceeded: {
    status: 503,
    ec: '0004-00000003',
    message: 'Too many requests a second. Please try again.',
  },
  ActiveRequestLimitExceeded: {
    status: 503,
    ec: '0004-00000004',
    message: 'Too many requests at once. Please try again.',
  },
} as const satisfies Record<string, OssErrorDefinition>
