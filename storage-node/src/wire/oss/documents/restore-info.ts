/**
 * `RestoreInfo`: where the restore of an object stands, in lists (oss.md 5.6).
 *
 * @module
 */

import type { RestoreTimes } from '../../../model/object.ts'
import { xmlOptional } from '../../xml-writer.ts'
import { restoreText } from '../restore-text.ts'

/** Nothing when it is over. */
export function writeRestoreInfo(restore: RestoreTimes, nowMs: number): string {
  return xmlOptional('RestoreInfo', restoreText(restore, nowMs))
}
