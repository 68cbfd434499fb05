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
  return readMatch(ifMatch)
}

/** The condition of a deletion, which has nothing to do where there is nothing. Throws NotImplemented. */
export function readDeleteCondition(headers: HeaderValues): WriteCondition | undefined {
  if (headers['if-none-match'] !== undefined) throw headerNotImplemented('If-None-Match')
  return readMatch(headers['if-match'])
}

/** An ETag that what is there must have, or that anything is there. Throws NotImplemented for several. */
export function readMatch(ifMatch: string | undefined): WriteCondition | undefined {
  if (ifMatch === undefined) return undefined
  if (ifMatch.trim() === ANYTHING) return { kind: 'present' }
  if (ifMatch.includes(',')) throw headerNotImplemented('If-Match')
  return { kind: 'etag', etag: parseEtag(ifMatch) }
}
