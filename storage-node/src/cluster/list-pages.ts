/**
 * Puts list pages together where a bucket reaches into several partitions: a page that ends with its
 * partition goes on in the next one.
 *
 * @module
 */

import { compareBytes } from '../base/bytes.ts'
import { OssError } from '../model/errors.ts'
import type { Answer, ListQuery, Query } from '../model/query.ts'
import { positionOfPrefix } from '../wire/stored/range-keys.ts'

type ListKind = 'list' | 'versions' | 'uploads'

/** Asks the partition that holds the position. */
export type AskAt<K extends ListKind> = (
  position: Uint8Array,
  query: Query<K>,
) => Promise<Answer<K>>

/** Ranges follow each other; an answer that leads back came from a route that is out of date. */
export function onward(from: Uint8Array, to: Uint8Array): Uint8Array {
  if (compareBytes(from, to) < 0) return to
  throw new OssError('ServiceUnavailable', {
    cause: new Error('A range goes on before its own beginning'),
  })
}

/** The position at which a list begins to look. */
function listStart({ bucketId, prefix, after }: ListQuery): Uint8Array {
  const first = positionOfPrefix(bucketId, prefix)
  const behind = positionOfPrefix(bucketId, after)
  return compareBytes(first, behind) < 0 ? behind : first
}

/** One page of objects. */
export async function listPages(query: Query<'list'>, ask: AskAt<'list'>): Promise<Answer<'list'>> {
  let position = listStart(query)
  let page = await ask(position, query)
  while (page.continuesAt !== undefined && !page.isTruncated) {
    const shown = lastOf(page.objects.at(-1)?.key, page.commonPrefixes.at(-1))
    const count = page.objects.length + page.commonPrefixes.length
    const rest = { ...query, after: shown ?? query.after, maxCount: query.maxCount - count }
    position = onward(position, page.continuesAt)
    const more = await ask(position, rest)
    page = {
      ...more,
      objects: [...page.objects, ...more.objects],
      commonPrefixes: [...page.commonPrefixes, ...more.commonPrefixes],
      next: more.isTruncated ? (more.next ?? shown) : undefined,
    }
  }
  return { ...page, continuesAt: undefined }
}

/** One page of versions. */
export async function versionPages(
  query: Query<'versions'>,
  ask: AskAt<'versions'>,
): Promise<Answer<'versions'>> {
  let position = listStart(query)
  let page = await ask(position, query)
  while (page.continuesAt !== undefined && !page.isTruncated) {
    const { next, nextVersionId } = page
    const shown = next === undefined ? {} : { after: next, afterVersionId: nextVersionId }
    const count = page.versions.length + page.commonPrefixes.length
    position = onward(position, page.continuesAt)
    const more = await ask(position, { ...query, ...shown, maxCount: query.maxCount - count })
    page = {
      ...more,
      versions: [...page.versions, ...more.versions],
      commonPrefixes: [...page.commonPrefixes, ...more.commonPrefixes],
      ...(more.next === undefined ? { next, nextVersionId } : {}),
    }
  }
  return { ...page, continuesAt: undefined }
}

/** One page of uploads. */
export async function uploadPages(
  query: Query<'uploads'>,
  ask: AskAt<'uploads'>,
): Promise<Answer<'uploads'>> {
  let position = listStart(query)
  let page = await ask(position, query)
  while (page.continuesAt !== undefined && !page.isTruncated) {
    const shown = lastUpload(page) ?? { after: query.after, afterUploadId: query.afterUploadId }
    const count = page.uploads.length + page.commonPrefixes.length
    position = onward(position, page.continuesAt)
    const more = await ask(position, { ...query, ...shown, maxCount: query.maxCount - count })
    const isFull = more.isTruncated && more.nextKeyMarker === ''
    page = {
      ...more,
      uploads: [...page.uploads, ...more.uploads],
      commonPrefixes: [...page.commonPrefixes, ...more.commonPrefixes],
      nextKeyMarker: isFull ? shown.after : more.nextKeyMarker,
      nextUploadId: isFull ? shown.afterUploadId : more.nextUploadId,
    }
  }
  return { ...page, continuesAt: undefined }
}

/** The last entry of a page, as the next page's query names it. */
function lastUpload({
  uploads,
  commonPrefixes,
}: Answer<'uploads'>): Pick<Query<'uploads'>, 'after' | 'afterUploadId'> | undefined {
  const upload = uploads.at(-1)
  const prefix = commonPrefixes.at(-1)
  const after = lastOf(upload?.key, prefix)
  if (after === undefined) return undefined
  return { after, afterUploadId: after === upload?.key ? upload.uploadId : undefined }
}

/** The later of a key and a common prefix, in the order of lists. */
function lastOf(key: string | undefined, prefix: string | undefined): string | undefined {
  if (key === undefined || prefix === undefined) return key ?? prefix
  return compareBytes(Buffer.from(key), Buffer.from(prefix)) < 0 ? prefix : key
}
