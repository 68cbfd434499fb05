/**
 * Errors of the STS endpoint, in the words of its RPC style (oss.md 2.7).
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const stsErrors = {
  MissingParameter: {
    status: 400,
    ec: '0060-00000001',
    message: 'A parameter that is needed is missing.',
  },
  InvalidParameter: {
    status: 400,
    ec: '0060-00000002',
    message: 'A parameter is not valid.',
  },
  'InvalidAction.NotFound': {
    status: 404,
    ec: '0060-00000003',
    message: 'The specified action is not found.',
  },
  InvalidVersion: {
    status: 400,
    ec: '0060-00000004',
    message: 'Specified parameter Version is not valid.',
  },
  UnsupportedHTTPMethod: {
    status: 400,
    ec: '0060-00000005',
    message: 'This http method is not supported.',
  },
  'InvalidTimeStamp.Expired': {
    status: 400,
    ec: '0060-00000006',
    message: 'Specified time stamp or date value is expired.',
  },
  'InvalidTimeStamp.Format': {
    status: 400,
    ec: '0060-00000007',
    message: 'Specified time stamp or date value is not well formatted.',
  },
  SignatureNonceUsed: {
    status: 400,
    ec: '0060-00000008',
    message: 'Specified signature nonce was used already.',
  },
  IncompleteSignature: {
    status: 400,
    ec: '0060-00000009',
    message: 'The request signature does not conform to the standards.',
  },
  'InvalidAccessKeyId.NotFound': {
    status: 404,
    ec: '0060-00000010',
    message: 'Specified access key is not found.',
  },
  'InvalidAccessKeyId.Inactive': {
    status: 400,
    ec: '0060-00000011',
    message: 'Specified access key is disabled.',
  },
  'InvalidParameter.RoleArn': {
    status: 400,
    ec: '0060-00000012',
    message: 'The parameter RoleArn is wrongly formed.',
  },
  'InvalidParameter.RoleSessionName': {
    status: 400,
    ec: '0060-00000013',
    message: 'The parameter RoleSessionName is wrongly formed.',
  },
  'InvalidParameter.DurationSeconds': {
    status: 400,
    ec: '0060-00000014',
    message: 'The parameter DurationSeconds is out of its range.',
  },
  'InvalidParameter.PolicyGrammar': {
    status: 400,
    ec: '0060-00000015',
    message: 'The parameter Policy has not passed grammar check.',
  },
  'InvalidParameter.PolicySize': {
    status: 400,
    ec: '0060-00000016',
    message: 'The size of Policy must be smaller than 2048 bytes.',
  },
  'EntityNotExist.Role': {
    status: 404,
    ec: '0060-00000017',
    message: 'The specified role does not exist.',
  },
  'EntityAlreadyExists.AccessKey': {
    status: 409,
    ec: '0060-00000019',
    message: 'The specified access key is that of another account.',
  },
  NoPermission: {
    status: 403,
    ec: '0060-00000018',
    message: 'You are not authorized to do this action. You should be authorized by RAM.',
  },
} as const satisfies Record<string, OssErrorDefinition>
