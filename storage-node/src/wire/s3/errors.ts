/**
 * How the errors of the one table are told to S3 clients: they know other codes for some of them, and
 * act on codes and statuses.
 *
 * @module
 */

import type { OssError, OssErrorCode } from '../../model/errors.ts'

/** What an S3 client is told. */
export interface S3Error {
  readonly code: string
  readonly status: number
  readonly message: string
}

interface Told {
  readonly code?: string
  readonly status?: number
  readonly message?: string
}

/** What is told otherwise than the table says it. */
const TOLD: Readonly<Partial<Record<OssErrorCode, Told>>> = {
  // S3 clients know this status and do not try again.
  NotImplemented: { status: 501 },
  // Clients compare the text.
  NoSuchBucket: { message: 'The specified bucket does not exist' },
  FileAlreadyExists: { code: 'PreconditionFailed', status: 412 },
  BadRequest: { code: 'InvalidRequest' },
  MissingArgument: { code: 'InvalidRequest' },
  OperationNotSupported: { code: 'InvalidRequest' },
  InvalidObjectName: { code: 'InvalidArgument' },
  InvalidCRC64: { code: 'BadDigest' },
  InvalidTaggingKey: { code: 'InvalidTag' },
  RepeatedTags: { code: 'InvalidTag' },
  TooManyTags: { code: 'BadRequest' },
  InvalidSecurityToken: { code: 'InvalidToken', status: 400 },
  AccessKeyIdAndSecurityTokenNotMatch: { code: 'InvalidToken', status: 400 },
  SecurityTokenNotSupported: { code: 'InvalidToken', status: 400 },
  SecurityTokenExpired: { code: 'ExpiredToken', status: 400 },
  InvalidPolicyDocument: { code: 'MalformedPolicy' },
  CORSRuleBeyondLimit: { code: 'InvalidRequest' },
  SymlinkTargetNotExist: { code: 'NoSuchKey', status: 404 },
  InvalidTargetType: { code: 'InvalidRequest' },
  NoSuchServerSideEncryptionRule: { code: 'ServerSideEncryptionConfigurationNotFoundError' },
  NoSuchLifecycle: { code: 'NoSuchLifecycleConfiguration' },
  NonStandardHostForbidden: { code: 'InvalidRequest', status: 400 },
  TotalQpsLimitExceeded: { code: 'SlowDown', status: 503 },
  ActiveRequestLimitExceeded: { code: 'SlowDown', status: 503 },
  DownloadTrafficRateLimitExceeded: { code: 'SlowDown', status: 503 },
  UploadTrafficRateLimitExceeded: { code: 'SlowDown', status: 503 },
}

const KEY_TOO_LONG = 'must be at most'

/**
 * The error as S3 has it. `contentMd5` is the header as it was sent: a digest that can be read and is
 * not that of the body has another code than one that cannot.
 */
export function s3Error(error: OssError, contentMd5?: string): S3Error {
  const { code, status, message } = error
  if (code === 'InvalidDigest' && contentMd5 !== undefined && MD5_TEXT.test(contentMd5)) {
    const text = 'The Content-MD5 you specified did not match what we received.'
    return { code: 'BadDigest', status, message: text }
  }
  if (code === 'InvalidObjectName' && message.includes(KEY_TOO_LONG)) {
    return { code: 'KeyTooLongError', status, message: 'Your key is too long' }
  }
  return { code, status, message, ...TOLD[code] }
}

/** Base64 of 16 bytes. */
const MD5_TEXT = /^[A-Za-z0-9+/]{21}[AQgw]==$/
