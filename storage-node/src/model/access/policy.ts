/**
 * A policy as a value: who may do what with which resource, under which conditions (oss.md 2.7).
 *
 * The same language serves policies of RAM users and roles, session policies and bucket policies; only
 * the last ones name principals.
 *
 * @module
 */

/** What compares the value that a request has with those of a condition. */
export const CONDITION_OPERATORS = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateEquals',
  'DateNotEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'Bool',
  'IpAddress',
  'NotIpAddress',
] as const
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number]

/** Patterns of which one has to match; of a negated list, none may. */
export interface PatternList {
  readonly isNegated: boolean
  readonly patterns: readonly string[]
}

/** Holds when one of the values does; of an operator that says not, when all do. */
export interface PolicyCondition {
  readonly operator: ConditionOperator
  readonly key: string
  readonly values: readonly string[]
}

export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny'
  readonly actions: PatternList
  /** `acs:<service>:<region>:<owner>:<path>`, or `*`. */
  readonly resources: readonly string[]
  /** Of a bucket policy only. */
  readonly principals: PatternList | undefined
  /** All of them have to hold. */
  readonly conditions: readonly PolicyCondition[]
}

export interface PolicyDocument {
  readonly statements: readonly PolicyStatement[]
}

/** Bytes of a bucket policy as text. */
export const BUCKET_POLICY_BYTES_MAX = 20 * 1024
/** Characters of a session policy, which travels in every security token. */
export const SESSION_POLICY_LENGTH_MAX = 2048
