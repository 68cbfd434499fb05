/**
 * Principals of bucket policies: whom a statement is about.
 *
 * `*` is everybody, also who sends no signature. A number is an account or a RAM user, exactly that
 * one: an account's number does not stand for its RAM users. Anything else is a name such as
 * `acs:ram::<uid>:user/<name>` or `arn:sts::<uid>:assumed-role/<role>/<session>`, with wildcards.
 *
 * @module
 */

import type { Identity } from './identity.ts'
import type { PatternList } from './policy.ts'
import { compileWildcards } from './wildcard.ts'

/** What a principal may look like. */
export const PRINCIPAL =
  /^(\*|\d{1,20}|acs:ram::[\d*?]+:(root|\*|(user|role)\/[^:\s]+)|arn:sts::[\d*?]+:assumed-role\/[^:\s]+)$/

/** True for the one that stands for everybody. */
export function isEverybody(principal: string): boolean {
  return principal === '*'
}

/** Prepares principals. Undefined, as in policies of users and roles: whoever has the policy. */
export function compilePrincipals(
  principals: PatternList | undefined,
): (identity: Identity) => boolean {
  if (principals === undefined) return () => true
  const { isNegated, patterns } = principals
  if (patterns.some(isEverybody)) return () => !isNegated
  const ids = new Set(patterns.filter((pattern) => /^\d+$/.test(pattern)))
  const names = patterns.filter((pattern) => !ids.has(pattern))
  const isName = compileWildcards(names)
  return (identity) => {
    if (identity.kind === 'anonymous') return isNegated
    const isOne = ids.has(identity.id) || (names.length > 0 && identity.names.some(isName))
    return isOne !== isNegated
  }
}
