/**
 * Limits that clients meet (oss.md 4).
 *
 * @module
 */

import { assert } from '../base/assert.ts'

export const BUCKET_NAME_LENGTH_MIN = 3
export const BUCKET_NAME_LENGTH_MAX = 63
/** Buckets of one account in one region. */
export const BUCKET_COUNT_MAX = 100

/** Of UTF-8. */
export const OBJECT_KEY_BYTES_MAX = 1023

/** Whole-object writes: Put, Post, and what all appends come to. */
export const PUT_SIZE_BYTES_MAX = 5 * 1024 ** 3
export const APPEND_SIZE_BYTES_MAX = 5 * 1024 ** 3
export const COPY_SIZE_BYTES_MAX = 5 * 1024 ** 3
export const OBJECT_SIZE_BYTES_MAX = Math.floor(48.8 * 1024 ** 4)

export const PART_NUMBER_MIN = 1
export const PART_COUNT_MAX = 10_000
/** What an upload keeps of a running hash; as it is, it takes 156. */
export const RUNNING_STATE_BYTES_MAX = 1024
export const PART_SIZE_BYTES_MIN = 100 * 1024
export const PART_SIZE_BYTES_MAX = 5 * 1024 ** 3

/** Names with their prefix and values of all `x-oss-meta-` headers. */
export const USER_METADATA_BYTES_MAX = 8 * 1024

/** Of a field of an upload form: its name, its value, and all that stands before the file. */
export const FORM_NAME_BYTES_MAX = 8 * 1024
export const FORM_VALUE_BYTES_MAX = 2 * 1024 ** 2
export const FORM_FIELDS_BYTES_MAX = 4 * 1024 ** 2
export const FORM_PART_COUNT_MAX = 1000
/** Of the fields that become headers of the object: what the head of a request may hold, too. */
export const FORM_HEADERS_BYTES_MAX = 64 * 1024

export const LIST_KEYS_DEFAULT = 100
export const LIST_KEYS_MAX = 1000
export const LIST_BUCKETS_DEFAULT = 100
export const LIST_BUCKETS_MAX = 1000
export const LIST_PARTS_MAX = 1000
export const LIST_UPLOADS_MAX = 1000
/** Prefix, delimiter, marker and the like. */
export const LIST_TEXT_BYTES_MAX = 1023

export const DELETE_KEY_COUNT_MAX = 1000
export const DELETE_DOCUMENT_BYTES_MAX = 2 * 1024 ** 2
/** 10,000 parts with an ETag of 32 digits take 1.2 MB in the wordiest form. */
export const COMPLETE_DOCUMENT_BYTES_MAX = 4 * 1024 ** 2
/** Documents of a few elements, such as CreateBucketConfiguration. */
export const SMALL_DOCUMENT_BYTES_MAX = 16 * 1024
/** 20 tags of the longest keys and values, every character written as a reference. */
export const TAGGING_DOCUMENT_BYTES_MAX = 64 * 1024
export const CORS_DOCUMENT_BYTES_MAX = 16 * 1024
export const CORS_RULE_COUNT_MAX = 20

assert(
  PART_COUNT_MAX * PART_SIZE_BYTES_MAX >= OBJECT_SIZE_BYTES_MAX,
  'the largest object fits in the most parts',
)
assert(PART_SIZE_BYTES_MAX <= PUT_SIZE_BYTES_MAX, 'a part is written like a whole object')
assert(COPY_SIZE_BYTES_MAX <= PUT_SIZE_BYTES_MAX, 'a copy is written like a whole object')
assert(FORM_VALUE_BYTES_MAX <= FORM_FIELDS_BYTES_MAX, 'the largest field fits into a form')
assert(LIST_TEXT_BYTES_MAX >= OBJECT_KEY_BYTES_MAX, 'every key can be a marker')
assert(LIST_KEYS_DEFAULT <= LIST_KEYS_MAX, 'the default page is a page')
assert(
  DELETE_DOCUMENT_BYTES_MAX >= DELETE_KEY_COUNT_MAX * OBJECT_KEY_BYTES_MAX,
  'a full page of the longest keys can be deleted in one request',
)
