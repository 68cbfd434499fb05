/**
 * Parameters that several operations have in common, those that list things above all (oss.md 4, 5.6).
 *
 * @module
 */

import { invalidArgument } from '../../model/errors.ts'
import { LIST_TEXT_BYTES_MAX } from '../../model/limits.ts'
import type { QueryPair } from '../../wire/oss/request-head.ts'
import { queryValue } from '../../wire/oss/request-head.ts'

type Query = readonly QueryPair[]

/** A whole number from `min` to `max`; `fallback` when it is not given. */
export function integerArgument(
  query: Query,
  name: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = queryValue(query, name)
  return text === undefined ? fallback : parseInteger(name, text, min, max)
}

/** The same for a parameter that the operation cannot do without. */
export function requiredInteger(query: Query, name: string, min: number, max: number): number {
  return parseInteger(name, queryValue(query, name) ?? '', min, max)
}

function parseInteger(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (value >= min && value <= max) return value
  throw invalidArgument(name, text, `${name} must be a whole number from ${min} to ${max}.`)
}

/** A prefix, delimiter or marker; empty when it is not given. */
export function textArgument(query: Query, name: string): string {
  const text = queryValue(query, name) ?? ''
  // Most are far too short for their bytes to be counted.
  if (text.length * 3 > LIST_TEXT_BYTES_MAX && Buffer.byteLength(text) > LIST_TEXT_BYTES_MAX) {
    throw invalidArgument(name, text, `${name} must be at most ${LIST_TEXT_BYTES_MAX} bytes.`)
  }
  return text
}

/** True when names in the answer are to be percent-encoded. */
export function wantsUrlEncoding(query: Query): boolean {
  const text = queryValue(query, 'encoding-type') ?? ''
  if (text !== '' && text !== 'url') {
    throw invalidArgument('encoding-type', text, 'encoding-type must be "url".')
  }
  return text === 'url'
}
