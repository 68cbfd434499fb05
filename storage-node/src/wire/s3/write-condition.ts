/**
 * `If-Match` and `If-None-Match` of a write: what must be there, or that nothing must.
 *
 * @module
 */

import { headerNotImplemented, OssError } from '../../model/errors.ts'
import { parseEtag } from '../../model/etag.ts'
import type { WriteCondition } from '../../model/preconditions.ts'
import type { HeaderValues } from '../oss/request-head.ts'

const ANYTHING = '*'

/** Throws NotImplemented for a condition that S3 does not know, InvalidRequest for both at once. */
export function readWriteCondition(headers: HeaderValues): WriteCondition | undefined {
  const ifMatch = headers['if-match']
  const ifNoneMatch = headers['if-none-match']
  if (ifMatch === undefined) {
    if (ifNoneMatch === undefined) return undefined
    if (ifNoneMatch.trim() === ANYTHING) return { kind: 'absent' }
    throw headerNotImplemented('If-None-Match')
  }
  if (ifNoneMatch !== undefined) {
    throw new OssError('InvalidRequest', {
      message: 'A write cannot have both If-Match and If-None-Match.',
    })
  }
  if (ifMatch.trim() === ANYTHING || ifMatch.includes(',')) throw headerNotImplemented('If-Match')
  return { kind: 'etag', etag: parseEtag(ifMatch) }
}
