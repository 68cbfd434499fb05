/**
 * Conditions that a reader or a copier sets (oss.md 5.8).
 *
 * Every condition that is present has to hold: one does not switch off another. Those whose failure
 * is 412 are looked at first.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import { OssError } from './errors.ts'
import type { ObjectKey } from './identifiers.ts'
import type { ObjectRecord } from './object.ts'

/** Conditions as read from headers; what cannot be read as a date is no condition. */
export interface Conditions {
  /** ETags as sent: a list, quoted or not, or `*`. */
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSinceMs: number | undefined
  readonly ifUnmodifiedSinceMs: number | undefined
}

/** What conditions are about. */
export interface ConditionSubject {
  /** Without quotes. */
  readonly etag: string
  readonly lastModifiedMs: number
}

/**
 * What has to hold of the version that a write replaces or removes for it to take effect: decided where the write
 * is, so that of several writers one at most succeeds.
 */
export type WriteCondition =
  /** There is none, or it is a delete marker. */
  | { readonly kind: 'absent' }
  /** There is one that is no delete marker. */
  | { readonly kind: 'present' }
  /** It has this ETag: upper-case, without quotes. */
  | { readonly kind: 'etag'; readonly etag: string }

export type ConditionOutcome = 'proceed' | 'notModified' | 'preconditionFailed'

/** The refusal of a write whose condition does not hold of the version that it would replace or remove. */
export function refuseCondition(
  { key, condition }: { readonly key: ObjectKey; readonly condition?: WriteCondition | undefined },
  current: ObjectRecord | undefined,
): OssError | undefined {
  if (condition === undefined) return undefined
  const found = current?.isDeleteMarker === true ? undefined : current
  switch (condition.kind) {
    case 'absent':
      return found === undefined ? undefined : new OssError('PreconditionFailed')
    case 'present':
      return found === undefined ? noSuchKey(key) : undefined
    case 'etag':
      if (found === undefined) return noSuchKey(key)
      return found.etag === condition.etag ? undefined : new OssError('PreconditionFailed')
    default:
      return unreachable(condition)
  }
}

function noSuchKey(key: ObjectKey): OssError {
  return new OssError('NoSuchKey', { details: [{ name: 'Key', value: key }] })
}

/** Evaluates all conditions. */
export function evaluateConditions(
  conditions: Conditions,
  { etag, lastModifiedMs }: ConditionSubject,
): ConditionOutcome {
  const { ifMatch, ifNoneMatch, ifModifiedSinceMs, ifUnmodifiedSinceMs } = conditions
  // Clients only ever see whole seconds.
  const modifiedMs = Math.floor(lastModifiedMs / 1000) * 1000
  if (ifMatch !== undefined && !namesEtag(ifMatch, etag)) return 'preconditionFailed'
  if (ifUnmodifiedSinceMs !== undefined && modifiedMs > ifUnmodifiedSinceMs) {
    return 'preconditionFailed'
  }
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) return 'notModified'
  if (ifModifiedSinceMs !== undefined && modifiedMs <= ifModifiedSinceMs) return 'notModified'
  return 'proceed'
}

/** Throws NotModified or PreconditionFailed unless every condition holds. */
export function requireConditions(conditions: Conditions, subject: ConditionSubject): void {
  const outcome = evaluateConditions(conditions, subject)
  if (outcome === 'proceed') return
  throw new OssError(outcome === 'notModified' ? 'NotModified' : 'PreconditionFailed')
}

function namesEtag(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const text = item.trim()
    const bare = text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
    return bare === '*' || bare.toUpperCase() === etag.toUpperCase()
  })
}
