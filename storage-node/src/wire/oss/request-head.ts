/**
 * The head of a request as signatures, addressing and routing need it: what was sent, decoded once.
 *
 * @module
 */

import { invalidArgument } from '../../model/errors.ts'
import { decodePercent } from '../../base/percent-encoding.ts'

/** Lower-case names; values trimmed, repeated ones joined by a comma. Characters are Latin-1 bytes. */
export type HeaderValues = Readonly<Record<string, string | undefined>>

/** One parameter of the query, decoded. */
export interface QueryPair {
  readonly name: string
  /** Empty when there is none. */
  readonly value: string
  /** Whether the name was followed by `=`; some signatures tell `a=` from `a`. */
  readonly hasEquals: boolean
}

export interface RequestHead {
  readonly method: string
  readonly query: readonly QueryPair[]
  readonly headers: HeaderValues
}

/** Splits a request target at its first question mark; the path stays percent-encoded. */
export function splitTarget(target: string): { rawPath: string; rawQuery: string } {
  const mark = target.indexOf('?')
  if (mark < 0) return { rawPath: target, rawQuery: '' }
  return { rawPath: target.slice(0, mark), rawQuery: target.slice(mark + 1) }
}

/** Decodes a query, in the order sent. Throws InvalidArgument for what is no UTF-8. */
export function parseQuery(rawQuery: string): QueryPair[] {
  if (rawQuery === '') return []
  const pairs: QueryPair[] = []
  for (const piece of rawQuery.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = decodePiece(equals < 0 ? piece : piece.slice(0, equals))
    const value = equals < 0 ? '' : decodePiece(piece.slice(equals + 1))
    pairs.push({ name, value, hasEquals: equals >= 0 })
  }
  return pairs
}

/** Value of a parameter; the first one counts when it is repeated (oss.md 2.3). */
export function queryValue(query: readonly QueryPair[], name: string): string | undefined {
  for (const pair of query) if (pair.name === name) return pair.value
  return undefined
}

/** Collects Node's flat list of names and values. */
export function parseHeaders(rawHeaders: readonly string[]): HeaderValues {
  // Without a prototype: a header may be called `constructor`.
  const headers: Record<string, string | undefined> = Object.create(null)
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? ''
    const value = trimBlanks(rawHeaders[at + 1] ?? '')
    const earlier = headers[name]
    headers[name] = earlier === undefined ? value : `${earlier},${value}`
  }
  return headers
}

/** Cuts blanks and tabs only: U+00A0 may be the last byte of a letter in UTF-8. */
function trimBlanks(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, '')
}

function decodePiece(piece: string): string {
  const spaced = piece.includes('+') ? piece.replaceAll('+', ' ') : piece
  const decoded = decodePercent(spaced)
  if (decoded !== undefined) return decoded
  throw invalidArgument('query', piece, 'The query must be percent-encoded UTF-8.')
}
