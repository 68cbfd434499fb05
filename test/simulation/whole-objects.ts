/**
 * Objects of which everything says the same number: bytes, tags, metadata and ACL. So an object that was made by
 * halves, or of two writes, shows.
 *
 * @module
 */

import { blockOf } from './contents.ts'
import type { ObjectMetadata } from './running-node.ts'

const SMALL_BYTES = 16
/** More than a row takes. */
const LARGE_BYTES = 5000

interface Counters {
  readonly objects: number
  readonly objectBytes: number
  readonly standardBytes: number
  readonly infrequentBytes: number
}

/** No two of them are of one size. */
export function wholeBytes(number: number): Uint8Array {
  return blockOf(number, number + (number % 2 === 0 ? SMALL_BYTES : LARGE_BYTES))
}

export function wholeMetadata(
  number: number,
): Pick<ObjectMetadata, 'userMetadata' | 'tags' | 'acl' | 'storageClass'> {
  return {
    userMetadata: [['whole', String(number)]],
    tags: [['whole', String(number)]],
    acl: number % 3 === 0 ? 'private' : 'public-read',
    storageClass: number % 4 < 2 ? 'Standard' : 'IA',
  }
}

/** What is said of an object that was made whole. */
export function wholeText(number: number): string {
  return saidText([number], wholeMetadata(number))
}

/** What an object says that consists of these blocks. */
export function saidText(
  blocks: readonly number[] | undefined,
  { userMetadata, tags, acl, storageClass }: ReturnType<typeof wholeMetadata>,
): string {
  const written = blocks?.join() ?? 'foreign bytes'
  return [written, userMetadata.join(), tags.join(), acl, storageClass].join(' ')
}

/** What a bucket counts that has nothing but such an object. */
export function wholeCountText(number: number): string {
  const { byteLength } = wholeBytes(number)
  const isStandard = wholeMetadata(number).storageClass === 'Standard'
  return countText({
    ...{ objects: 1, objectBytes: byteLength },
    standardBytes: isStandard ? byteLength : 0,
    infrequentBytes: isStandard ? 0 : byteLength,
  })
}

export function countText(counters: Counters): string {
  const { objects, objectBytes, standardBytes, infrequentBytes } = counters
  return `${objects} of ${objectBytes}: ${standardBytes} and ${infrequentBytes}`
}
