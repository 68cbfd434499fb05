/**
 * The policy of an upload form: what somebody with an access key lets others upload (oss.md 2.6).
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { unreachable } from '../../base/assert.ts'
import { OssError } from '../../model/errors.ts'
import { bytesOf } from './signature-text.ts'

/** Something that a field of the form must be. Names are lower-case; texts are one character per byte. */
export type PolicyCondition =
  | { readonly kind: 'eq' | 'starts-with'; readonly name: string; readonly value: string }
  | { readonly kind: 'in' | 'not-in'; readonly name: string; readonly values: readonly string[] }

/** A policy, read. */
export interface PostPolicy {
  readonly expiresMs: number
  readonly conditions: readonly PolicyCondition[]
  /** Of the file. */
  readonly sizeRange: { readonly min: number; readonly max: number }
}

/** Value of a field, or of what a condition may look at besides; undefined when there is none. */
export type FieldOf = (name: string) => string | undefined

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** Reads the base64 text of a policy. Throws InvalidPolicyDocument. */
export function readPostPolicy(encoded: string): PostPolicy {
  const document = parseDocument(encoded)
  if (!isRecord(document)) throw invalidPolicy('must be an object')
  const { expiration, conditions } = document
  if (typeof expiration !== 'string' || !ISO_UTC.test(expiration)) {
    throw invalidPolicy('needs an expiration like 2026-12-01T12:00:00.000Z')
  }
  const expiresMs = Date.parse(expiration)
  if (Number.isNaN(expiresMs)) throw invalidPolicy('has an expiration that is no point in time')
  if (!Array.isArray(conditions)) throw invalidPolicy('needs a list of conditions')
  const read: PolicyCondition[] = []
  let sizeRange = { min: 0, max: Number.MAX_SAFE_INTEGER }
  for (const condition of conditions as unknown[]) {
    const range = readSizeRange(condition)
    if (range === undefined) read.push(...readCondition(condition))
    else {
      // Each one that is listed has to hold.
      const { min, max } = sizeRange
      sizeRange = { min: Math.max(min, range.min), max: Math.min(max, range.max) }
    }
  }
  return { expiresMs, conditions: read, sizeRange }
}

/** Why a form is not what its policy allows; undefined when it is. */
export function policyRefusal(
  { expiresMs, conditions }: PostPolicy,
  fieldOf: FieldOf,
  nowMs: number,
): OssError | undefined {
  if (nowMs > expiresMs) return denied('Policy expired.')
  const unmet = conditions.find((condition) => !isMet(condition, fieldOf(condition.name) ?? ''))
  if (unmet === undefined) return undefined
  return denied(`Policy Condition failed: ["${unmet.kind}", "$${unmet.name}", …]`)
}

/** Why a policy does not say which value each of these fields has; undefined when it does. */
export function unboundRefusal(
  { conditions }: PostPolicy,
  names: readonly string[],
): OssError | undefined {
  const isBound = (wanted: string) =>
    conditions.some(({ kind, name }) => name === wanted && (kind === 'eq' || kind === 'in'))
  const unbound = names.find((name) => !isBound(name))
  return unbound === undefined ? undefined : denied(`Policy has no condition on "${unbound}".`)
}

/** Why a form has fields that its policy says nothing about; undefined when it has none. */
export function uncoveredRefusal(
  { conditions }: PostPolicy,
  names: readonly string[],
): OssError | undefined {
  const covered = new Set(conditions.map(({ name }) => name))
  const uncovered = names.filter((name) => !covered.has(name))
  if (uncovered.length === 0) return undefined
  return denied(`Extra input fields: ${uncovered.join(', ')}`)
}

function parseDocument(encoded: string): unknown {
  const bytes = BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : undefined
  if (bytes === undefined || !isUtf8(bytes)) throw invalidPolicy('must be UTF-8, base64-encoded')
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw invalidPolicy('must be JSON')
  }
}

/** `["content-length-range", min, max]`; undefined for any other condition. */
function readSizeRange(condition: unknown): PostPolicy['sizeRange'] | undefined {
  if (!Array.isArray(condition) || operatorOf(condition) !== 'content-length-range')
    return undefined
  const [, min, max] = condition as unknown[]
  const isRange = condition.length === 3 && isSize(min) && isSize(max) && min <= max
  if (isRange) return { min, max }
  throw invalidPolicy('has a content-length-range that is no two sizes in bytes')
}

function readCondition(condition: unknown): PolicyCondition[] {
  if (Array.isArray(condition)) return [readTriple(condition)]
  if (!isRecord(condition)) throw invalidPolicy('has a condition that is neither list nor object')
  const pairs = Object.entries(condition)
  if (pairs.length === 0) throw invalidPolicy('has an empty condition')
  return pairs.map(([name, value]) => {
    return { kind: 'eq', name: name.toLowerCase(), value: textOf(value) }
  })
}

function readTriple(condition: readonly unknown[]): PolicyCondition {
  const kind = operatorOf(condition)
  const [, field, value] = condition
  if (condition.length !== 3 || typeof field !== 'string' || !field.startsWith('$')) {
    throw invalidPolicy('has a condition that is no [operator, "$field", value]')
  }
  const name = field.slice(1).toLowerCase()
  switch (kind) {
    case 'eq':
    case 'starts-with':
      return { kind, name, value: textOf(value) }
    case 'in':
    case 'not-in':
      if (!Array.isArray(value)) throw invalidPolicy(`has "${kind}" without a list of values`)
      return { kind, name, values: value.map(textOf) }
    default:
      throw invalidPolicy('has a condition with an unknown operator')
  }
}

function operatorOf([operator]: readonly unknown[]): string {
  return typeof operator === 'string' ? operator.toLowerCase() : ''
}

function isMet(condition: PolicyCondition, field: string): boolean {
  switch (condition.kind) {
    case 'eq':
      return field === condition.value
    case 'starts-with':
      return field.startsWith(condition.value)
    case 'in':
      return condition.values.includes(field)
    case 'not-in':
      return !condition.values.includes(field)
    default:
      return unreachable(condition)
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return bytesOf(value)
  throw invalidPolicy('has a condition with a value that is no text')
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalidPolicy(why: string): OssError {
  return new OssError('InvalidPolicyDocument', { message: `Invalid Policy: it ${why}.` })
}

function denied(why: string): OssError {
  return new OssError('AccessDenied', { message: `Invalid according to Policy: ${why}` })
}
