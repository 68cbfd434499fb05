/**
 * Tags of buckets and objects: names with values that policies, lists and rules pick by (oss.md 4).
 *
 * @module
 */

import { OssError } from './errors.ts'
import type { OssErrorCode } from './errors.ts'

/** As the client wrote it: keys are case-sensitive, and no two of a set are the same. */
export type Tag = readonly [key: string, value: string]

/** What the tags of a bucket, or of an object, must keep to. */
interface TagRules {
  readonly countMax: number
  readonly keyLengthMax: number
  readonly valueLengthMax: number
  readonly mayBeKey: (key: string) => boolean
  readonly mayBeValue: (value: string) => boolean
  readonly invalidKey: OssErrorCode
}

const RESERVED_PREFIX = /^(https?:\/\/|aliyun)/i
/** Letters and digits of any script, blanks and a few signs. */
const OBJECT_TAG_TEXT = /^[\p{L}\p{M}\p{N} +\-=._:/]*$/u

const bucketTagRules: TagRules = {
  countMax: 20,
  keyLengthMax: 64,
  valueLengthMax: 128,
  mayBeKey: (key) => !RESERVED_PREFIX.test(key),
  mayBeValue: () => true,
  invalidKey: 'InvalidTag',
}

const objectTagRules: TagRules = {
  countMax: 10,
  keyLengthMax: 128,
  valueLengthMax: 256,
  mayBeKey: (key) => OBJECT_TAG_TEXT.test(key),
  mayBeValue: (value) => OBJECT_TAG_TEXT.test(value),
  invalidKey: 'InvalidTaggingKey',
}

/** The tags, if a bucket may have them. Throws what the first that it may not have gets. */
export function checkBucketTags(tags: readonly Tag[]): readonly Tag[] {
  return check(tags, bucketTagRules)
}

/** The tags, if an object may have them. */
export function checkObjectTags(tags: readonly Tag[]): readonly Tag[] {
  return check(tags, objectTagRules)
}

function check(tags: readonly Tag[], rules: TagRules): readonly Tag[] {
  if (tags.length > rules.countMax) {
    throw new OssError('TooManyTags', {
      message: `There may be at most ${rules.countMax} tags, there are ${tags.length}.`,
    })
  }
  for (const [key, value] of tags) checkTag(key, value, rules)
  const seen = new Set<string>()
  for (const [key] of tags) {
    if (seen.has(key)) throw tagError('RepeatedTags', 'Key', key)
    seen.add(key)
  }
  return tags
}

function checkTag(key: string, value: string, rules: TagRules): void {
  const { keyLengthMax, valueLengthMax, mayBeKey, mayBeValue, invalidKey } = rules
  if (key === '' || !isWithin(key, keyLengthMax) || !mayBeKey(key)) {
    throw tagError(invalidKey, 'Key', key)
  }
  if (!isWithin(value, valueLengthMax) || !mayBeValue(value)) {
    throw tagError('InvalidTag', 'Value', value, 'The TagValue you have provided is invalid.')
  }
}

/** Counted in characters, of which some take two places. */
function isWithin(text: string, lengthMax: number): boolean {
  if (text.length <= lengthMax) return true
  return text.length <= lengthMax * 2 && [...text].length <= lengthMax
}

function tagError(code: OssErrorCode, name: string, value: string, message?: string): OssError {
  return new OssError(code, { ...(message && { message }), details: [{ name, value }] })
}
