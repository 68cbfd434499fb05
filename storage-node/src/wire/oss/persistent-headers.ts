/**
 * `x-oss-persistent-headers`: headers of a client's own that every read of the object is answered with
 * (oss.md 5.5).
 *
 * @module
 */

import { invalidArgument } from '../../model/errors.ts'
import type { HeaderPair } from '../../model/object.ts'
import type { HeaderValues } from './request-head.ts'

const NAME = 'x-oss-persistent-headers'
const NONE: readonly HeaderPair[] = []
const BYTES_MAX = 8 * 1024
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** Printable: anything else would break the answer, or be read as another header. */
const HEADER_VALUE = /^[\x20-\x7e\x80-\xff\t]*$/
/** What the server says of the answer, the connection or the object. */
const OWN = new Set(
  (
    'accept-ranges age allow alt-svc cache-control connection content-disposition content-encoding ' +
    'content-language content-length content-md5 content-range content-type date etag expires host ' +
    'keep-alive last-modified location proxy-authenticate server set-cookie ' +
    'strict-transport-security te trailer transfer-encoding upgrade vary www-authenticate'
  ).split(' '),
)
const OWN_PREFIX = /^(x-oss-|access-control-|proxy-)/

/** `name:base64(value)`, separated by commas; lower-case names. Throws InvalidArgument. */
export function readPersistentHeaders(headers: HeaderValues): readonly HeaderPair[] {
  const text = headers[NAME]
  if (text === undefined || text === '') return NONE
  if (text.length > BYTES_MAX)
    throw invalid(text.slice(0, 100), `must be ${BYTES_MAX} bytes at most`)
  const pairs = text.split(',').map((piece) => pairOf(piece.trim()))
  const names = new Set(pairs.map(([name]) => name))
  if (names.size < pairs.length) throw invalid(text, 'must name each header once')
  return pairs
}

function pairOf(piece: string): HeaderPair {
  const colon = piece.indexOf(':')
  const name = piece.slice(0, Math.max(colon, 0)).trim().toLowerCase()
  const encoded = piece.slice(colon + 1).trim()
  if (!HEADER_NAME.test(name) || !BASE64.test(encoded)) {
    throw invalid(piece, 'must be name:base64(value), separated by commas')
  }
  if (OWN.has(name) || OWN_PREFIX.test(name)) throw invalid(piece, `must not set ${name}`)
  const value = Buffer.from(encoded, 'base64').toString('latin1')
  if (!HEADER_VALUE.test(value)) throw invalid(piece, 'must have values that a header can have')
  return [name, value]
}

function invalid(value: string, why: string): Error {
  return invalidArgument(NAME, value, `${NAME} ${why}.`)
}
