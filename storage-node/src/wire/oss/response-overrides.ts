/**
 * `response-*` parameters: headers that a signed reader wants in place of the object's
 * (oss.md 5.5).
 *
 * @module
 */

import { invalidArgument } from '../../model/errors.ts'
import { queryValue, type QueryPair } from './request-head.ts'
import { bytesOf } from './signature-text.ts'

const OVERRIDES: readonly (readonly [parameter: string, header: string])[] = [
  ['response-content-type', 'Content-Type'],
  ['response-content-language', 'Content-Language'],
  ['response-expires', 'Expires'],
  ['response-cache-control', 'Cache-Control'],
  ['response-content-disposition', 'Content-Disposition'],
  ['response-content-encoding', 'Content-Encoding'],
]

/** What may not stand in a header: everything below a blank but the tab, and DEL. */
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/

/** Returns the flat headers with the overrides of the query in them. Throws InvalidArgument. */
export function overrideHeaders(
  headers: readonly string[],
  query: readonly QueryPair[],
): readonly string[] {
  if (query.length === 0) return headers
  const overridden = [...headers]
  for (const [parameter, header] of OVERRIDES) {
    const value = queryValue(query, parameter)
    if (value === undefined) continue
    if (CONTROL.test(value)) {
      throw invalidArgument(parameter, value, `${parameter} must not contain control characters.`)
    }
    setHeader(overridden, header, bytesOf(value))
  }
  return overridden
}

function setHeader(headers: string[], name: string, value: string): void {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== name) continue
    headers[at + 1] = value
    return
  }
  headers.push(name, value)
}
