/**
 * What a client is told when its data finds no room, or too few stores.
 *
 * @module
 */

import { OssError } from '../../model/errors.ts'

/** Why a store has no copy of a chunk that it was sent. */
export type CopyFailure =
  /** No room; the volume is nearly full. */
  | { readonly kind: 'full' }
  /** The dataId was removed there: it was killed. */
  | { readonly kind: 'removed' }
  /** It did not answer, or does not belong to the group by its map: another attempt may help. */
  | { readonly kind: 'unreachable' }
  /** Something else, and it will not pass. */
  | { readonly kind: 'broken'; readonly cause: unknown }

/** The one error for a chunk that cannot count any more. */
export function cannotStore(failures: readonly CopyFailure[]): unknown {
  const broken = failures.find((failure) => failure.kind === 'broken')
  if (broken !== undefined) return broken.cause
  if (failures.some(({ kind }) => kind === 'removed')) return uploadRemoved()
  return failures.some(({ kind }) => kind === 'full') ? volumeFull() : tooFewStores()
}

/** The answer to writes while the volumes are nearly full (replication.md D4). */
export function volumeFull(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'The storage is full. Reads and deletes go on; delete objects to make space.',
  })
}

function tooFewStores(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'Too few copies of the data could be stored. Please try again.',
  })
}

function uploadRemoved(): OssError {
  return new OssError('RequestTimeout', {
    message: 'The upload took so long that its data has been removed; send it again.',
  })
}
