/**
 * Refuses what S3 clients ask for in headers and is not served: ignoring it would promise it.
 *
 * @module
 */

import { headerNotImplemented } from '../../model/errors.ts'
import type { HeaderValues } from '../../wire/oss/request-head.ts'

/** What these begin with is about encryption, locks, second factors, grants to single users or redirects. */
const UNSERVED = [
  'x-amz-server-side-encryption',
  'x-amz-copy-source-server-side-encryption',
  'x-amz-object-lock-',
  'x-amz-bucket-object-lock-',
  'x-amz-bypass-governance-retention',
  'x-amz-grant-',
  'x-amz-mfa',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
  'x-amz-rename-source',
  'x-amz-bucket-namespace',
  'x-amz-source-expected-bucket-owner',
  'x-amz-skip-destination-validation',
  'x-amz-if-match-',
]
/** Asks for nothing. */
const ABSENT = 'false'
/** These have a meaning on reads only, the others also where an operation says so. */
const CONDITIONS_ON_TIME = ['if-modified-since', 'if-unmodified-since']
const CONDITIONS = ['if-match', 'if-none-match', ...CONDITIONS_ON_TIME]

/** Throws `NotImplemented` naming the first header that is not served. */
export function refuseUnservedS3Headers(
  headers: HeaderValues,
  isObjectWrite: boolean,
  { isConditional = false }: { readonly isConditional?: boolean },
): void {
  for (const name in headers) {
    if (!name.startsWith('x-amz-') || headers[name]?.toLowerCase() === ABSENT) continue
    if (UNSERVED.some((beginning) => name.startsWith(beginning))) throw headerNotImplemented(name)
  }
  if (!isObjectWrite) return
  for (const name of isConditional ? CONDITIONS_ON_TIME : CONDITIONS) {
    if (headers[name] !== undefined) throw headerNotImplemented(name)
  }
}
