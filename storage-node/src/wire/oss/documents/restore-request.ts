/**
 * `RestoreRequest`: for how long an object is to be restored, and how soon (oss.md 1.7, 5.15).
 *
 * @module
 */

import { invalidArgument } from '../../../model/errors.ts'
import type { RestorePriority } from '../../../model/restore.ts'
import { RESTORE_DAYS_MAX } from '../../../model/restore.ts'
import { findChild, findChildText, readXml } from '../../xml-reader.ts'

const PRIORITIES: readonly RestorePriority[] = ['Expedited', 'Standard', 'Bulk']

export interface RestoreDocument {
  readonly days: number | undefined
  readonly priority: RestorePriority | undefined
}

/** The body is optional, and so is all in it. Throws MalformedXML, InvalidArgument. */
export function readRestoreRequest(bytes: Uint8Array): RestoreDocument {
  if (bytes.byteLength === 0) return { days: undefined, priority: undefined }
  const root = readXml(bytes, 'RestoreRequest')
  const days = findChildText(root, 'Days')?.trim()
  // S3 clients call it so.
  const parameters = findChild(root, 'JobParameters') ?? findChild(root, 'GlacierJobParameters')
  const tier = parameters === undefined ? undefined : findChildText(parameters, 'Tier')?.trim()
  return {
    days: days === undefined ? undefined : parseDays(days),
    priority: tier === undefined ? undefined : parsePriority(tier),
  }
}

function parseDays(text: string): number {
  const days = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= RESTORE_DAYS_MAX) return days
  throw invalidArgument('Days', text, `Days must be a number from 1 to ${RESTORE_DAYS_MAX}.`)
}

function parsePriority(text: string): RestorePriority {
  const priority = PRIORITIES.find((known) => known === text)
  if (priority !== undefined) return priority
  throw invalidArgument('Tier', text, `Tier must be one of ${PRIORITIES.join(', ')}.`)
}
