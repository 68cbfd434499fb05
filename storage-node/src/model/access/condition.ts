/**
 * Conditions of policies, prepared: whether one holds of a request.
 *
 * A key that the request has no value for fails every operator but those that say not: these hold, as
 * there is nothing that would be one of the values.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { ConditionKey } from './condition-keys.ts'
import { findConditionKey } from './condition-keys.ts'
import type { IpAddress } from './ip-network.ts'
import { compileNetworks, parseIpNetwork } from './ip-network.ts'
import type { ConditionOperator, PolicyCondition } from './policy.ts'
import type { RequestContext } from './request-context.ts'
import { compileWildcards } from './wildcard.ts'

export type ConditionMatcher = (context: RequestContext) => boolean

/** What is wrong with a condition, in words that follow its name; undefined: nothing. */
export function conditionMistake(condition: PolicyCondition): string | undefined {
  const { operator, key, values } = condition
  const found = findConditionKey(key)
  if (found === undefined) return 'has a key that is not known'
  const { family } = OPERATORS[operator]
  if (!FAMILIES_OF[found.kind].includes(family)) return `cannot be used with ${operator}`
  const bad = values.find((value) => !isValueOf(family, value))
  return bad === undefined ? undefined : `has a value that ${operator} cannot compare: "${bad}"`
}

/** Prepares a condition in which `conditionMistake` finds nothing wrong. */
export function compileCondition({ operator, key, values }: PolicyCondition): ConditionMatcher {
  const found = findConditionKey(key)
  // It would have been refused; should it come here after all, it opens nothing and closes nothing.
  if (found === undefined) return () => false
  const { family, isNegated, compare } = OPERATORS[operator]
  const isOne = compileFamily(found, family, values, compare)
  return isNegated ? (context) => !isOne(context) : isOne
}

type Family = 'string' | 'caseless' | 'like' | 'numeric' | 'date' | 'flag' | 'address'
type Compare = (value: number, wanted: number) => boolean

interface Operator {
  readonly family: Family
  readonly isNegated: boolean
  readonly compare: Compare
}

const equal: Compare = (value, wanted) => value === wanted
const less: Compare = (value, wanted) => value < wanted
const lessOrEqual: Compare = (value, wanted) => value <= wanted
const greater: Compare = (value, wanted) => value > wanted
const greaterOrEqual: Compare = (value, wanted) => value >= wanted

const OPERATORS: Readonly<Record<ConditionOperator, Operator>> = {
  StringEquals: is('string'),
  StringNotEquals: isNot('string'),
  StringEqualsIgnoreCase: is('caseless'),
  StringNotEqualsIgnoreCase: isNot('caseless'),
  StringLike: is('like'),
  StringNotLike: isNot('like'),
  NumericEquals: is('numeric'),
  NumericNotEquals: isNot('numeric'),
  NumericLessThan: is('numeric', less),
  NumericLessThanEquals: is('numeric', lessOrEqual),
  NumericGreaterThan: is('numeric', greater),
  NumericGreaterThanEquals: is('numeric', greaterOrEqual),
  DateEquals: is('date'),
  DateNotEquals: isNot('date'),
  DateLessThan: is('date', less),
  DateLessThanEquals: is('date', lessOrEqual),
  DateGreaterThan: is('date', greater),
  DateGreaterThanEquals: is('date', greaterOrEqual),
  Bool: is('flag'),
  IpAddress: is('address'),
  NotIpAddress: isNot('address'),
}

const TEXT_FAMILIES: readonly Family[] = ['string', 'caseless', 'like', 'numeric', 'date', 'flag']
const FAMILIES_OF: Readonly<Record<ConditionKey['kind'], readonly Family[]>> = {
  text: TEXT_FAMILIES,
  date: ['date'],
  flag: ['flag', 'string', 'caseless'],
  address: ['address'],
}

function is(family: Family, compare: Compare = equal): Operator {
  return { family, isNegated: false, compare }
}

function isNot(family: Family): Operator {
  return { family, isNegated: true, compare: equal }
}

function isValueOf(family: Family, value: string): boolean {
  switch (family) {
    case 'string':
    case 'caseless':
    case 'like':
      return true
    case 'numeric':
      return parseNumber(value) !== undefined
    case 'date':
      return parseDate(value) !== undefined
    case 'flag':
      return /^(true|false)$/i.test(value)
    case 'address':
      return parseIpNetwork(value) !== undefined
    default:
      return unreachable(family)
  }
}

function compileFamily(
  key: ConditionKey,
  family: Family,
  values: readonly string[],
  compare: Compare,
): ConditionMatcher {
  switch (key.kind) {
    case 'address':
      return addressMatcher(key.find, values)
    case 'date':
      return numberMatcher(key.find, numbersOf(values, parseDate), compare)
    case 'flag': {
      const wanted = new Set(values.map((value) => value.toLowerCase()))
      return (context) => wanted.has(String(key.find(context)))
    }
    case 'text':
      return textMatcher(key.find, family, values, compare)
    default:
      return unreachable(key)
  }
}

function textMatcher(
  find: (context: RequestContext) => string | undefined,
  family: Family,
  values: readonly string[],
  compare: Compare,
): ConditionMatcher {
  if (family === 'numeric' || family === 'date') {
    const parse = family === 'numeric' ? parseNumber : parseDate
    const numberOf = (context: RequestContext) => {
      const value = find(context)
      return value === undefined ? undefined : parse(value)
    }
    return numberMatcher(numberOf, numbersOf(values, parse), compare)
  }
  const isCaseless = family === 'caseless' || family === 'flag'
  const wanted = new Set(isCaseless ? values.map((value) => value.toLowerCase()) : values)
  const isLike = compileWildcards(values)
  return (context) => {
    const value = find(context)
    if (value === undefined) return false
    if (family === 'like') return isLike(value)
    return wanted.has(isCaseless ? value.toLowerCase() : value)
  }
}

function numberMatcher(
  find: (context: RequestContext) => number | undefined,
  wanted: readonly number[],
  compare: Compare,
): ConditionMatcher {
  return (context) => {
    const value = find(context)
    if (value === undefined) return false
    for (const each of wanted) if (compare(value, each)) return true
    return false
  }
}

function addressMatcher(
  find: (context: RequestContext) => IpAddress | undefined,
  values: readonly string[],
): ConditionMatcher {
  const isOne = compileNetworks(values.flatMap((value) => parseIpNetwork(value) ?? []))
  return (context) => {
    const address = find(context)
    return address !== undefined && isOne(address)
  }
}

function numbersOf(
  values: readonly string[],
  parse: (value: string) => number | undefined,
): number[] {
  return values.flatMap((value) => parse(value) ?? [])
}

function parseNumber(value: string): number | undefined {
  return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : undefined
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** Days and times of ISO 8601; a day begins in UTC. */
function parseDate(value: string): number | undefined {
  const ms = DATE.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}
