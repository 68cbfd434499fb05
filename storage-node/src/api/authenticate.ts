/**
 * Finds out who sends a request.
 *
 * @module
 */

import type { Identity } from '../model/access/identity.ts'
import { ANONYMOUS_IDENTITY } from '../model/access/identity.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid } from '../model/identifiers.ts'
import type { AccessKeyService } from '../services/access-key-service.ts'
import type { SignedResource } from '../wire/oss/authorization.ts'
import { readAuthorization } from '../wire/oss/read-authorization.ts'
import type { OssRequest } from './http-message.ts'

/** Who sends a request; nobody in particular when it is not signed. */
export interface Caller {
  /** Whose buckets it is about and who pays: of a RAM user or a role, the account they belong to. */
  readonly account: AccountUid | undefined
  readonly identity: Identity
  readonly accessKeyId: string | undefined
}

const ANONYMOUS: Caller = {
  account: undefined,
  identity: ANONYMOUS_IDENTITY,
  accessKeyId: undefined,
}

/** Verifies the signature, if there is one. Throws what a wrong one gets (oss.md 2). */
export function authenticate(
  request: OssRequest,
  resource: SignedResource,
  accessKeys: AccessKeyService,
): Caller {
  const authorization = readAuthorization(request, resource)
  if (authorization.kind === 'anonymous') return ANONYMOUS
  const key = accessKeys.find(authorization.accessKeyId)
  if (key === undefined || !key.enabled) {
    throw new OssError('InvalidAccessKeyId', {
      details: [{ name: 'OSSAccessKeyId', value: authorization.accessKeyId }],
    })
  }
  const refusal = authorization.verify(key.accessKeySecret, request.receivedMs)
  if (refusal !== undefined) throw refusal
  // Access keys that are given at start are permanent: no token goes with them.
  if (authorization.securityToken !== undefined) throw new OssError('InvalidSecurityToken')
  const { account, accessKeyId, identity } = key
  request.facts.accessKeyId = accessKeyId
  request.facts.account = account
  return { account, identity, accessKeyId }
}
