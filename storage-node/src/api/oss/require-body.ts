/**
 * What must be known of a body before a byte of it is read (oss.md 5.4).
 *
 * @module
 */

import { OssError } from '../../model/errors.ts'
import type { RequestBodySource } from '../http-message.ts'

/** Throws unless the client announced a body, and none that is larger than `sizeBytesMax`. */
export function requireBody(
  { framing, lengthBytes }: RequestBodySource,
  sizeBytesMax: number,
): void {
  if (framing === 'none') throw new OssError('MissingContentLength')
  if (lengthBytes !== undefined && lengthBytes > sizeBytesMax) throw new OssError('EntityTooLarge')
}
