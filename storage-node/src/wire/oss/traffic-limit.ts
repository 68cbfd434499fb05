/**
 * `x-oss-traffic-limit`: how fast the bytes of one request may move (oss.md 4, 5.21).
 *
 * @module
 */

import { invalidArgument } from '../../model/errors.ts'
import type { RequestHead } from './request-head.ts'
import { queryValue } from './request-head.ts'

const NAME = 'x-oss-traffic-limit'
const BITS_MIN = 245_760
const BITS_MAX = 838_860_800

/** Bytes a second; undefined when nothing is said. Throws InvalidArgument. */
export function readTrafficLimit({ headers, query }: RequestHead): number | undefined {
  const text = headers[NAME] ?? (query.length === 0 ? undefined : queryValue(query, NAME))
  if (text === undefined) return undefined
  const bits = /^\d{1,12}$/.test(text) ? Number(text) : 0
  if (bits >= BITS_MIN && bits <= BITS_MAX) return bits / 8
  const message = `${NAME} must be a whole number of bits a second from ${BITS_MIN} to ${BITS_MAX}.`
  throw invalidArgument(NAME, text, message)
}
