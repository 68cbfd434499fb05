/**
 * `x-oss-restore`, and what lists call RestoreInfo: where the restore of an object stands (oss.md 5.15).
 *
 * @module
 */

import type { RestoreTimes } from '../../model/object.ts'
import { formatHttpDate } from '../http-date.ts'

/** Undefined of an object that was not restored, or is frozen again. */
export function restoreText(restore: RestoreTimes | undefined, nowMs: number): string | undefined {
  if (restore === undefined || nowMs >= restore.expiresMs) return undefined
  if (nowMs < restore.readyMs) return 'ongoing-request="true"'
  return `ongoing-request="false", expiry-date="${formatHttpDate(restore.expiresMs)}"`
}
