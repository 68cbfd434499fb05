/**
 * Keys of objects (oss.md 4, 5.20).
 *
 * Any UTF-8 is a key, control characters, empty segments and `..` included: nothing is normalised,
 * for the bytes that were signed are the bytes that name the object.
 *
 * @module
 */

import { decodePercent } from '../base/percent-encoding.ts'
import { OssError } from './errors.ts'
import type { ObjectKey } from './identifiers.ts'
import { OBJECT_KEY_BYTES_MAX } from './limits.ts'

/**
 * Decodes a key as it stands in a path: `%2F` is a slash, `+` is a plus. Throws InvalidObjectName.
 */
export function decodeObjectKey(rawKey: string): ObjectKey {
  const text = decodePercent(rawKey)
  if (text === undefined) throw invalidName(rawKey, 'must be percent-encoded UTF-8')
  return parseObjectKey(text)
}

/** Checks a key that is decoded already. Throws InvalidObjectName. */
export function parseObjectKey(text: string): ObjectKey {
  if (text === '') throw invalidName(text, 'must not be empty')
  if (text.startsWith('/') || text.startsWith('\\')) {
    throw invalidName(text, 'must not begin with a slash or backslash')
  }
  // A character takes up to three bytes of UTF-8: most keys need no counting.
  if (text.length * 3 > OBJECT_KEY_BYTES_MAX && Buffer.byteLength(text) > OBJECT_KEY_BYTES_MAX) {
    throw invalidName(text, `must be at most ${OBJECT_KEY_BYTES_MAX} bytes`)
  }
  return text as ObjectKey
}

function invalidName(text: string, what: string): OssError {
  return new OssError('InvalidObjectName', {
    message: `The specified object is not valid: its name ${what}.`,
    details: [{ name: 'ObjectName', value: text }],
  })
}
