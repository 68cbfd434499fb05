/**
 * AssumeRole: temporary credentials with the rights of a role (oss.md 2.7).
 *
 * @module
 */

import {
  SESSION_SECONDS_CEILING,
  SESSION_SECONDS_DEFAULT,
  SESSION_SECONDS_MIN,
} from '../../model/access/accounts.ts'
import { decideAccess } from '../../model/access/decide-access.ts'
import type { SignedIdentity } from '../../model/access/identity.ts'
import { accountArn, roleArn } from '../../model/access/identity.ts'
import { SESSION_POLICY_LENGTH_MAX } from '../../model/access/policy.ts'
import { compileWildcards } from '../../model/access/wildcard.ts'
import type { OssErrorCode } from '../../model/errors.ts'
import { OssError } from '../../model/errors.ts'
import type { AccessKey } from '../../services/access-key-service.ts'
import type { AccountDirectory, Role } from '../../services/account-directory.ts'
import { readUserPolicy } from '../../wire/oss/documents/policy.ts'
import type { AssumedRole } from '../../wire/sts/answers.ts'
import type { RpcParameters } from '../../wire/sts/rpc-signature.ts'
import type { OssRequest } from '../http-message.ts'
import { PolicyContext } from '../policy-context.ts'

/** What of the accounts it takes. */
export type Roles = Pick<AccountDirectory, 'findRole' | 'openSession'>

const ROLE_ARN = /^acs:ram::\d{1,20}:role\/[A-Za-z0-9._-]{1,64}$/i
const SESSION_NAME = /^[A-Za-z0-9.@_-]{2,64}$/

/** Throws what a request that cannot be granted gets. */
export function assumeRole(
  http: OssRequest,
  { identity, accessKeyId }: AccessKey,
  parameters: RpcParameters,
  roles: Roles,
): AssumedRole {
  const arn = matching(parameters, 'RoleArn', ROLE_ARN)
  const name = matching(parameters, 'RoleSessionName', SESSION_NAME)
  const policy = policyOf(parameters)
  const role = roles.findRole(arn)
  if (role === undefined) {
    throw new OssError('EntityNotExist.Role', { message: `The role not exists: ${arn}.` })
  }
  requireTrust(identity, role)
  requireRight(http, identity, accessKeyId, role)
  const expiresMs = http.receivedMs + secondsOf(parameters, role) * 1000
  const credentials = roles.openSession(role, { name, expiresMs, policy })
  return {
    ...credentials,
    requestId: http.requestId,
    arn: `${roleArn(role.account, role.name)}/${name}`,
    assumedRoleId: `${role.id}:${name}`,
    expiresMs,
  }
}

/** The role says whom it trusts; an account stands for all of its users and roles. */
function requireTrust(identity: SignedIdentity, { trusted }: Role): void {
  if (identity.kind === 'account') {
    throw new OssError('NoPermission', { message: 'Roles may not be assumed by root accounts.' })
  }
  const isTrusted = compileWildcards(trusted)
  const names = [accountArn(identity.account), ...identity.names]
  if (!names.some((name) => isTrusted(name))) throw new OssError('NoPermission')
}

/** The caller's own policies have to allow it, for it is not the role that pays for a mistake. */
function requireRight(
  http: OssRequest,
  identity: SignedIdentity,
  accessKeyId: string,
  role: Role,
): void {
  const { account } = identity
  const outcome = decideAccess({
    ...{ identity, action: 'sts:AssumeRole', access: 'manage', owner: account },
    resource: { service: 'ram', region: '', owner: role.account, path: `role/${role.name}` },
    ...{ bucket: undefined, objectAcl: undefined },
    context: new PolicyContext({
      ...{ http, accessKeyId, bucket: undefined, record: undefined, isListing: false },
    }),
  })
  if (outcome.kind !== 'allowed') throw new OssError('NoPermission')
}

/** The text of the session policy. What it says is checked now: later it could only be in the way. */
function policyOf(parameters: RpcParameters): string | undefined {
  const text = parameters.get('Policy')
  if (text === undefined || text === '') return undefined
  if (text.length > SESSION_POLICY_LENGTH_MAX) throw new OssError('InvalidParameter.PolicySize')
  try {
    readUserPolicy(text)
    return text
  } catch (error) {
    if (!(error instanceof OssError)) throw error
    throw new OssError('InvalidParameter.PolicyGrammar', { message: error.message })
  }
}

function secondsOf(parameters: RpcParameters, { sessionSecondsMax }: Role): number {
  const text = parameters.get('DurationSeconds')
  if (text === undefined || text === '') {
    return Math.min(SESSION_SECONDS_DEFAULT, sessionSecondsMax)
  }
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  const max = Math.min(sessionSecondsMax, SESSION_SECONDS_CEILING)
  if (seconds >= SESSION_SECONDS_MIN && seconds <= max) return seconds
  throw new OssError('InvalidParameter.DurationSeconds', {
    message: `DurationSeconds must be from ${SESSION_SECONDS_MIN} to ${max}.`,
  })
}

function matching(
  parameters: RpcParameters,
  name: 'RoleArn' | 'RoleSessionName',
  pattern: RegExp,
): string {
  const text = parameters.get(name)
  if (text === undefined || text === '') throw missingParameter(name)
  if (pattern.test(text)) return text
  const code: OssErrorCode = `InvalidParameter.${name}`
  throw new OssError(code)
}

/** A parameter that every request must have. */
export function missingParameter(name: string): OssError {
  return new OssError('MissingParameter', { message: `The parameter ${name} is missing.` })
}
