/**
 * Headers that set conditions (oss.md 5.8, 5.11).
 *
 * @module
 */

import type { Conditions } from '../../model/preconditions.ts'
import { parseHttpDate } from '../http-date.ts'
import type { HeaderValues } from './request-head.ts'

/** `If-Match` and the like. */
export function readConditions(headers: HeaderValues): Conditions {
  return conditionsOf(headers, '')
}

/** `x-oss-copy-source-if-match` and the like. */
export function readCopySourceConditions(headers: HeaderValues): Conditions {
  return conditionsOf(headers, 'x-oss-copy-source-')
}

function conditionsOf(headers: HeaderValues, prefix: string): Conditions {
  return {
    ifMatch: headers[`${prefix}if-match`],
    ifNoneMatch: headers[`${prefix}if-none-match`],
    ifModifiedSinceMs: dateOf(headers[`${prefix}if-modified-since`]),
    ifUnmodifiedSinceMs: dateOf(headers[`${prefix}if-unmodified-since`]),
  }
}

function dateOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseHttpDate(text)
}
