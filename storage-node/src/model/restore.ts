/**
 * What keeps objects of frozen classes from being read, and what a restore does about it (oss.md 5.15).
 *
 * A restore is two moments in the object's row. The clock alone takes it from the first to the second
 * and past it, so that no work is left for anybody to do at either.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { BucketSettings } from './bucket.ts'
import { invalidArgument, OssError } from './errors.ts'
import type { ObjectRecord, RestoreTimes, StorageClass } from './object.ts'
import { isFrozenClass } from './storage-class.ts'

/** How soon objects of the two coldest classes are wanted. */
export type RestorePriority = 'Expedited' | 'Standard' | 'Bulk'

/** How long things take: a setting of the region. */
export interface RestoreLengths {
  /** From the request until the object can be read, where that takes the least. */
  readonly delayMs: number
  /** What a client means by a day. */
  readonly dayMs: number
}

/**
 * Nothing has to be fetched from anywhere: the delay is there for clients to meet the states that they
 * meet in the cloud, in seconds in place of minutes and hours.
 */
export const defaultRestoreLengths: RestoreLengths = {
  delayMs: 5_000,
  dayMs: 24 * 60 * 60 * 1000,
}

/** How many times the delay it takes; of class Archive, once. */
const DELAY_FACTORS: Readonly<Record<RestorePriority, number>> = {
  Expedited: 1,
  Standard: 3,
  Bulk: 12,
}

/** What a client asks for. */
export interface RestoreRequest {
  /** Undefined: one. */
  readonly days: number | undefined
  /** Undefined: `Standard`; of class Archive there is none. */
  readonly priority: RestorePriority | undefined
  readonly lengths: RestoreLengths
}

export const DEFAULT_PRIORITY: RestorePriority = 'Standard'
export const RESTORE_DAYS_MAX = 365
const ARCHIVE_DAYS_MAX = 7

/** `readable`: an object that is never frozen. */
export type RestoreState = 'readable' | 'frozen' | 'restoring' | 'restored'

type Restorable = Pick<ObjectRecord, 'type' | 'storageClass' | 'restore'>

export function restoreState(
  { type, storageClass, restore }: Restorable,
  nowMs: number,
): RestoreState {
  // A link has no bytes that could be frozen.
  if (!isFrozenClass(storageClass) || type === 'Symlink') return 'readable'
  if (restore === undefined || nowMs >= restore.expiresMs) return 'frozen'
  return nowMs < restore.readyMs ? 'restoring' : 'restored'
}

/** The refusal of a read of the bytes; undefined where they may be read. */
export function refuseFrozen(
  record: Restorable,
  { archiveDirectRead }: Pick<BucketSettings, 'archiveDirectRead'>,
  nowMs: number,
): OssError | undefined {
  const state = restoreState(record, nowMs)
  if (state === 'readable' || state === 'restored') return undefined
  if (archiveDirectRead && record.storageClass === 'Archive') return undefined
  return new OssError('InvalidObjectState', {
    details: [{ name: 'StorageClass', value: record.storageClass }],
  })
}

/** Begins a restore, or prolongs one that is done. */
export function decideRestore(
  record: Restorable,
  request: RestoreRequest,
  nowMs: number,
): RestoreTimes | OssError {
  const { storageClass, restore } = record
  const state = restoreState(record, nowMs)
  if (state === 'readable') return notRestorable()
  const refused = refuseRequest(storageClass, request)
  if (refused !== undefined) return refused
  if (state === 'restoring') return new OssError('RestoreAlreadyInProgress')
  const { days = 1, lengths } = request
  if (state === 'restored' && restore !== undefined) {
    const latestMs = restore.readyMs + daysMax(storageClass) * lengths.dayMs
    const wantedMs = restore.expiresMs + days * lengths.dayMs
    // A limit that was set lower since takes nothing away.
    const expiresMs = Math.max(restore.expiresMs, Math.min(wantedMs, latestMs))
    return { readyMs: restore.readyMs, expiresMs }
  }
  const readyMs = nowMs + delayMs(storageClass, request)
  return { readyMs, expiresMs: readyMs + days * lengths.dayMs }
}

/** The refusal to end a restore before its time; undefined where there is one to end. */
export function refuseCleaning(record: Restorable, nowMs: number): OssError | undefined {
  const state = restoreState(record, nowMs)
  switch (state) {
    case 'readable':
      return notRestorable()
    case 'frozen':
      return new OssError('ArchiveRestoreFileStale')
    case 'restoring':
      return new OssError('ArchiveRestoreNotFinished')
    case 'restored':
      return undefined
    default:
      return unreachable(state)
  }
}

function notRestorable(): OssError {
  return new OssError('OperationNotSupported', {
    message:
      'Only objects of class Archive, ColdArchive or DeepColdArchive are restored, and no symlinks.',
  })
}

function refuseRequest(
  storageClass: StorageClass,
  { days = 1, priority }: RestoreRequest,
): OssError | undefined {
  if (storageClass === 'Archive' && priority !== undefined) {
    const value = 'Objects of class Archive are restored without JobParameters.'
    return new OssError('MalformedXML', { details: [{ name: 'ErrorDetail', value }] })
  }
  const max = daysMax(storageClass)
  if (days > max) {
    const message = `Days must be a number from 1 to ${max} for objects of class ${storageClass}.`
    return invalidArgument('Days', String(days), message)
  }
  if (storageClass !== 'DeepColdArchive' || priority !== 'Bulk') return undefined
  const message = 'Tier must be Expedited or Standard for objects of class DeepColdArchive.'
  return invalidArgument('Tier', priority, message)
}

function daysMax(storageClass: StorageClass): number {
  return storageClass === 'Archive' ? ARCHIVE_DAYS_MAX : RESTORE_DAYS_MAX
}

function delayMs(
  storageClass: StorageClass,
  { priority = DEFAULT_PRIORITY, lengths }: RestoreRequest,
): number {
  return lengths.delayMs * (storageClass === 'Archive' ? 1 : DELAY_FACTORS[priority])
}
