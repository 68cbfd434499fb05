/**
 * Policies and requests for tests of access control.
 *
 * @module
 */

import type { AccountUid } from '../identifiers.ts'
import { compilePolicy } from './compile-policy.ts'
import type { CompiledPolicy, PolicyQuestion } from './compile-policy.ts'
import { ANONYMOUS_IDENTITY } from './identity.ts'
import { parseIpAddress } from './ip-network.ts'
import type { PolicyCondition, PolicyDocument, PolicyStatement } from './policy.ts'
import type { RequestContext } from './request-context.ts'

export const accountA = '1000000000000001' as AccountUid
export const accountB = '2000000000000002' as AccountUid

/** What a statement says, as far as a test cares; it allows everything otherwise. */
export interface StatementFixture {
  readonly effect?: 'Allow' | 'Deny'
  readonly actions?: readonly string[]
  readonly notActions?: readonly string[]
  readonly resources?: readonly string[]
  readonly principals?: readonly string[]
  readonly notPrincipals?: readonly string[]
  readonly conditions?: readonly PolicyCondition[]
}

export function statementOf(fixture: StatementFixture): PolicyStatement {
  const { effect = 'Allow', resources = ['*'], conditions = [] } = fixture
  const { actions = ['oss:*'], notActions, principals, notPrincipals } = fixture
  const named = notPrincipals ?? principals
  return {
    effect,
    resources,
    conditions,
    actions: { isNegated: notActions !== undefined, patterns: notActions ?? actions },
    principals: named && { isNegated: notPrincipals !== undefined, patterns: named },
  }
}

export function policyOf(...fixtures: readonly StatementFixture[]): PolicyDocument {
  return { statements: fixtures.map(statementOf) }
}

export function compiledOf(...fixtures: readonly StatementFixture[]): CompiledPolicy {
  return compilePolicy(policyOf(...fixtures))
}

/** A request from 192.0.2.1 over HTTP, with what a test adds. */
export function contextOf(
  parts: Partial<RequestContext> & { readonly tags?: Readonly<Record<string, string>> } = {},
): RequestContext {
  const { sourceIp = '192.0.2.1', tags = {} } = parts
  const tag = (key: string) => tags[key]
  return {
    sourceIp,
    sourceAddress: parseIpAddress(sourceIp),
    userAgent: undefined,
    accessKeyId: undefined,
    nowMs: Date.UTC(2026, 0, 2),
    isSecure: false,
    prefix: undefined,
    delimiter: undefined,
    bucketAcl: undefined,
    objectAcl: undefined,
    bucketTag: tag,
    existingObjectTag: tag,
    requestObjectTag: tag,
    ...parts,
  }
}

/** Somebody anonymous reads `grain/barley`, with what a test says otherwise. */
export function questionOf(
  parts: Partial<PolicyQuestion> & { path?: string } = {},
): PolicyQuestion {
  const { path = 'grain/barley', ...others } = parts
  return {
    identity: ANONYMOUS_IDENTITY,
    action: 'oss:GetObject',
    resource: { service: 'oss', region: 'cn-hangzhou', owner: accountA, path },
    context: contextOf(),
    ...others,
  }
}
