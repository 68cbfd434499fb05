/**
 * Errors about the request itself: its form, arguments, body and naming (oss.md 3.2).
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const requestErrors = {
  BadRequest: {
    status: 400,
    ec: '0016-00000001',
    message: 'The request cannot be understood.',
  },
  InvalidArgument: {
    status: 400,
    ec: '0017-00000002',
    message: 'An argument of the request is invalid.',
  },
  MissingArgument: {
    status: 400,
    ec: '0016-00000502',
    message: 'An argument that the request needs is missing.',
  },
  InvalidRequest: {
    status: 400,
    ec: '0017-00000003',
    message: 'The request is invalid.',
  },
  NotImplemented: {
    status: 400,
    ec: '0017-00000001',
    message: 'The request asks for a function that is not implemented.',
  },
  OperationNotSupported: {
    status: 400,
    ec: '0017-00000004',
    message: 'The operation is not supported for this resource.',
  },
  MalformedXML: {
    status: 400,
    ec: '0031-00000001',
    message: 'The XML you provided was not well-formed or did not validate against our schema.',
  },
  InvalidDigest: {
    status: 400,
    ec: '0016-00000402',
    message: 'The Content-MD5 you specified was invalid.',
  },
  InvalidCRC64: {
    status: 400,
    ec: '0016-00000403',
    message: 'The CRC-64 you specified does not match the body.',
  },
  IncompleteBody: {
    status: 400,
    ec: '0016-00000404',
    message: 'You did not provide the number of bytes that Content-Length announces.',
  },
  RequestTimeout: {
    status: 400,
    ec: '0016-00000405',
    message: 'Your socket connection was not read from or written to within the timeout period.',
  },
  EntityTooLarge: {
    status: 400,
    ec: '0016-00000406',
    message: 'Your proposed upload exceeds the maximum allowed size.',
  },
  EntityTooSmall: {
    status: 400,
    ec: '0016-00000407',
    message: 'Your proposed upload is smaller than the minimum allowed size.',
  },
  InvalidBucketName: {
    status: 400,
    ec: '0015-00000001',
    message: 'The specified bucket is not valid.',
  },
  InvalidObjectName: {
    status: 400,
    ec: '0026-00000010',
    message: 'The specified object is not valid.',
  },
  MethodNotAllowed: {
    status: 405,
    ec: '0017-00000005',
    message: 'The specified method is not allowed against this resource.',
  },
  MissingContentLength: {
    status: 411,
    ec: '0016-00000411',
    message: 'You must provide the Content-Length HTTP header.',
  },
  InvalidRange: {
    status: 416,
    ec: '0026-00000416',
    message: 'The requested range cannot be satisfied.',
  },
} as const satisfies Record<string, OssErrorDefinition>
