/**
 * Refusals on their way between a primary and a gateway.
 *
 * @module
 */

import { OssError, ossErrors } from '../model/errors.ts'
import type { OssErrorCode } from '../model/errors.ts'
import type { Refusal } from '../wire/peer/operation-messages.ts'

/** Bytes of a text of a refusal: what a client wrote may be longer, and is shown back in part. */
const TEXT_BYTES_MAX = 4096

/** What a primary tells of its refusal. */
export function refusalOf(error: OssError): Refusal {
  const { code, message, details, headers } = error
  return {
    code,
    message: message === ossErrors[code].message ? undefined : shortened(message),
    details: details.map(({ name, value }) => ({ name, value: shortened(value) })),
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
  }
}

/** The error that a gateway answers with. */
export function errorOf({ code, message, details, headers: told }: Refusal): OssError {
  // A primary of a later version may know more codes.
  const known = Object.hasOwn(ossErrors, code) ? (code as OssErrorCode) : 'InternalError'
  const headers = Object.fromEntries(told.map(({ name, value }) => [name, value]))
  return new OssError(known, { details, headers, ...(message !== undefined && { message }) })
}

function shortened(text: string): string {
  if (text.length * 3 <= TEXT_BYTES_MAX) return text
  // Whole characters: what was cut in two decodes to a replacement character, which goes.
  const cut = Buffer.from(text).subarray(0, TEXT_BYTES_MAX).toString('utf8')
  return cut.endsWith('\ufffd') ? cut.slice(0, -1) : cut
}
