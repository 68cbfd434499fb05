/**
 * Finds out who sends a request.
 *
 * @module
 */

import type { Identity } from '../model/access/identity.ts'
import { ANONYMOUS_IDENTITY } from '../model/access/identity.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid } from '../model/identifiers.ts'
import type { AccessKey, AccessKeyService } from '../services/access-key-service.ts'
import type { Signed, SignedResource } from '../wire/oss/authorization.ts'
import { readAuthorization } from '../wire/oss/read-authorization.ts'
import { queryValue } from '../wire/oss/request-head.ts'
import { foreignRegionRefusal, readS3Authorization } from '../wire/s3/read-authorization.ts'
import { dialectOf } from './dialect.ts'
import type { OssRequest } from './http-message.ts'
import { signedBody } from './signed-body.ts'

/** Who sends a request; nobody in particular when it is not signed. */
export interface Caller {
  /** Whose buckets it is about and who pays: of a RAM user or a role, the account they belong to. */
  readonly account: AccountUid | undefined
  readonly identity: Identity
  readonly accessKeyId: string | undefined
}

/** The region that a signature is for, and whether a credential of its own says so, in a URL or a form. */
interface SignedRegion {
  readonly region?: string | undefined
  readonly presigned: boolean
}

const ANONYMOUS: Caller = {
  account: undefined,
  identity: ANONYMOUS_IDENTITY,
  accessKeyId: undefined,
}

/** What both dialects say of a signature. */
type Signature = Pick<Signed, 'accessKeyId' | 'securityToken' | 'verify'>

/**
 * Verifies the signature, if there is one; `region` is where this is. Throws what a wrong one gets
 * (oss.md 2).
 */
export async function authenticate(
  request: OssRequest,
  resource: SignedResource,
  accessKeys: AccessKeyService,
  region: string,
): Promise<Caller> {
  if (dialectOf(request) === 's3') return authenticateS3(request, resource, accessKeys, region)
  const authorization = readAuthorization(request, resource)
  if (authorization.kind === 'anonymous') return ANONYMOUS
  refuseTwoTokens(request)
  refuseOtherRegion(authorization, region)
  const key = await findSigner(request, authorization, accessKeys)
  refuseForged(request, authorization, key)
  return callerOf(request, key)
}

async function authenticateS3(
  request: OssRequest,
  resource: SignedResource,
  accessKeys: AccessKeyService,
  region: string,
): Promise<Caller> {
  const authorization = readS3Authorization(request, resource)
  const { body } = request
  if (authorization.kind === 'anonymous') {
    request.body = signedBody(body, request, authorization.payload, neverSigned)
    return ANONYMOUS
  }
  const foreign = foreignRegionRefusal(authorization, region)
  if (foreign !== undefined) throw foreign
  const key = await findSigner(request, authorization, accessKeys)
  refuseForged(request, authorization, key)
  request.body = signedBody(body, request, authorization.payload, () =>
    authorization.chunkSigner(key.accessKeySecret),
  )
  return callerOf(request, key)
}

function neverSigned(): never {
  throw new OssError('InvalidRequest')
}

/** The access key that is said to have made the signature. */
function findSigner(
  { receivedMs }: OssRequest,
  { accessKeyId, securityToken }: Signature,
  accessKeys: AccessKeyService,
): AccessKey | Promise<AccessKey> {
  return findAccessKey(accessKeys, accessKeyId, securityToken, receivedMs)
}

/** Throws what a signature gets that the key has not made. */
function refuseForged({ receivedMs }: OssRequest, signature: Signature, key: AccessKey): void {
  const refusal = signature.verify(key.accessKeySecret, receivedMs)
  if (refusal !== undefined) throw refusal
}

function callerOf({ facts }: OssRequest, { account, accessKeyId, identity }: AccessKey): Caller {
  facts.accessKeyId = accessKeyId
  facts.account = account
  return { account, identity, accessKeyId }
}

/**
 * The access key that a request names, permanent or, where a security token comes with it, temporary: at
 * once where it is at hand. Throws what one that cannot be used gets; the signature is another matter.
 */
export function findAccessKey(
  accessKeys: AccessKeyService,
  accessKeyId: string,
  securityToken: string | undefined,
  nowMs: number,
): AccessKey | Promise<AccessKey> {
  if (securityToken !== undefined) {
    const key = accessKeys.findTemporary(securityToken)
    if (key === undefined) throw new OssError('InvalidSecurityToken')
    if (key.accessKeyId !== accessKeyId) throw new OssError('AccessKeyIdAndSecurityTokenNotMatch')
    if (nowMs >= key.expiresMs) throw new OssError('SecurityTokenExpired')
    return key
  }
  const found = accessKeys.find(accessKeyId)
  return found instanceof Promise
    ? found.then((key) => requireUsable(key, accessKeyId, nowMs))
    : requireUsable(found, accessKeyId, nowMs)
}

function requireUsable(key: AccessKey | undefined, accessKeyId: string, nowMs: number): AccessKey {
  if (key !== undefined && isUsable(key, nowMs)) return key
  throw new OssError('InvalidAccessKeyId', {
    details: [{ name: 'OSSAccessKeyId', value: accessKeyId }],
  })
}

/** Whether a key that is there may be used at the moment. */
export function isUsable({ enabled, expiresMs }: AccessKey, nowMs: number): boolean {
  return enabled && (expiresMs === undefined || nowMs < expiresMs)
}

/** A signature for another region is right there, and an SDK that is set up for it is lost here. */
export function refuseOtherRegion(signed: SignedRegion, region: string): void {
  if (signed.region === undefined || signed.region === region) return
  throw new OssError('InvalidArgument', {
    message: signed.presigned
      ? 'The signing region in credential is invalid.'
      : 'Invalid signing region in Authorization header.',
    ec: '0002-00000226',
    details: [{ name: 'Region', value: region }],
  })
}

/** A token in the header and one in the query: nobody could say which one was meant (oss.md 2.7). */
function refuseTwoTokens({ headers, query }: OssRequest): void {
  if (headers['x-oss-security-token'] === undefined || query.length === 0) return
  const inQuery = ['security-token', 'x-oss-security-token'].find(
    (name) => queryValue(query, name) !== undefined,
  )
  if (inQuery === undefined) return
  throw new OssError('InvalidArgument', {
    message: 'A security token must be in the headers or in the query, not in both.',
    details: [{ name: 'ArgumentName', value: inQuery }],
  })
}
