/**
 * Errors about who asks, whether they may, and whom they address (oss.md 2, 3.2, 3.3).
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const accessErrors = {
  AccessDenied: {
    status: 403,
    ec: '0003-00000001',
    message: 'AccessDenied',
  },
  InvalidAccessKeyId: {
    status: 403,
    ec: '0002-00000902',
    message: 'The OSS Access Key Id you provided does not exist in our records.',
  },
  SignatureDoesNotMatch: {
    status: 403,
    ec: '0002-00000040',
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },
  RequestTimeTooSkewed: {
    status: 403,
    ec: '0002-00000504',
    message: 'The difference between the request time and the current time is too large.',
  },
  InvalidSecurityToken: {
    status: 403,
    ec: '0002-00000801',
    message: 'The security token you provided is invalid.',
  },
  SecurityTokenExpired: {
    status: 403,
    ec: '0002-00000802',
    message: 'The security token you provided has expired.',
  },
  SecurityTokenNotSupported: {
    status: 403,
    ec: '0002-00000803',
    message: 'The operation does not support security tokens.',
  },
  AccessKeyIdAndSecurityTokenNotMatch: {
    status: 403,
    ec: '0002-00000804',
    message: 'The access key id does not belong to the security token.',
  },
  AccessForbidden: {
    status: 403,
    ec: '0003-00000501',
    message: 'CORSResponse: CORS is not enabled for this bucket.',
  },
  SecondLevelDomainForbidden: {
    status: 403,
    ec: '0003-00001101',
    message:
      'The bucket you are attempting to access must be addressed using OSS third level domain.',
  },
  NonStandardHostForbidden: {
    status: 403,
    ec: '0003-00001102',
    message: 'The Host header of the request is not an endpoint of this service.',
  },
  PermanentRedirect: {
    status: 403,
    ec: '0003-00001403',
    message:
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
  },
  UserDisable: {
    status: 403,
    ec: '0003-00000801',
    message: 'The account is disabled.',
  },
  BucketDisable: {
    status: 403,
    ec: '0003-00000802',
    message: 'The bucket is disabled.',
  },
} as const satisfies Record<string, OssErrorDefinition>
