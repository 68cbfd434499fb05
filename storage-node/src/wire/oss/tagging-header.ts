/**
 * `x-oss-tagging`, what a copy does with tags, and `x-oss-bucket-tagging` (oss.md 1.2, 1.7, 5.11).
 *
 * @module
 */

import { decodePercent } from '../../base/percent-encoding.ts'
import { invalidArgument } from '../../model/errors.ts'
import { checkBucketTags, checkObjectTags } from '../../model/tag.ts'
import type { Tag } from '../../model/tag.ts'
import type { HeaderValues } from './request-head.ts'

const NAME = 'x-oss-tagging'
const BUCKET_NAME = 'x-oss-bucket-tagging'
const NO_TAGS: readonly Tag[] = []

/** Tags as a query has them: `a=1&b`. Throws InvalidArgument, or what wrong tags get. */
export function readTaggingHeader(headers: HeaderValues): readonly Tag[] {
  const text = headers[NAME]
  if (text === undefined || text === '') return NO_TAGS
  return checkObjectTags(tagsIn(text, NAME))
}

/** The tags that a bucket is made with, in the same form; undefined when it is made without the header. */
export function readBucketTaggingHeader(headers: HeaderValues): readonly Tag[] | undefined {
  const text = headers[BUCKET_NAME]
  return text === undefined ? undefined : checkBucketTags(tagsIn(text, BUCKET_NAME))
}

/** Whether a copy takes the tags that were sent in place of the source's. */
export function readReplacesTags(headers: HeaderValues): boolean {
  const directive = headers['x-oss-tagging-directive']
  const upper = directive?.toUpperCase() ?? 'COPY'
  if (upper === 'REPLACE' || upper === 'COPY') return upper === 'REPLACE'
  const message = 'x-oss-tagging-directive must be Copy or Replace.'
  throw invalidArgument('x-oss-tagging-directive', directive ?? '', message)
}

function tagsIn(text: string, header: string): Tag[] {
  const pieces = text.split('&').filter((piece) => piece !== '')
  return pieces.map((piece) => tagOf(piece, text, header))
}

function tagOf(piece: string, text: string, header: string): Tag {
  const equals = piece.indexOf('=')
  const key = decode(equals < 0 ? piece : piece.slice(0, equals))
  const value = equals < 0 ? '' : decode(piece.slice(equals + 1))
  if (key !== undefined && value !== undefined) return [key, value]
  throw invalidArgument(header, text, `${header} must be percent-encoded UTF-8.`)
}

/** Clients that encode as forms do write a blank as a plus. */
function decode(text: string): string | undefined {
  return decodePercent(text.replaceAll('+', ' '))
}
