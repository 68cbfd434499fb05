/**
 * What request headers say about an object that is made, and what answers say about one that is
 * (oss.md 1.7, 5.5).
 *
 * @module
 */

import mime from 'mime'
import { parseObjectAcl } from '../../model/acl.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import { invalidArgument, OssError } from '../../model/errors.ts'
import { quoteEtag } from '../../model/etag.ts'
import type { ObjectKey } from '../../model/identifiers.ts'
import { USER_METADATA_BYTES_MAX } from '../../model/limits.ts'
import type { HeaderPair, ObjectMetadata, ObjectRecord } from '../../model/object.ts'
import { parseStorageClass } from '../../model/storage-class.ts'
import { formatHttpDate } from '../http-date.ts'
import { readPersistentHeaders } from './persistent-headers.ts'
import type { HeaderValues } from './request-head.ts'
import { readTaggingHeader } from './tagging-header.ts'

/** Kept with an object and given back as they came; spelled as in answers. */
const STANDARD_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'Cache-Control',
  'content-disposition': 'Content-Disposition',
  'content-encoding': 'Content-Encoding',
  'content-language': 'Content-Language',
  expires: 'Expires',
}
const USER_METADATA_PREFIX = 'x-oss-meta-'
const USER_METADATA_NAME = /^[a-z0-9-]+$/
const DEFAULT_CONTENT_TYPE = 'application/octet-stream'
/** Base64 of 16 bytes. */
const MD5_TEXT = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** Everything a client says about an object besides its bytes. Throws InvalidArgument. */
export function readObjectMetadata(
  headers: HeaderValues,
  key: ObjectKey,
  bucket: Pick<BucketRecord, 'storageClass'>,
): ObjectMetadata {
  const storageClass = headers['x-oss-storage-class']
  const acl = headers['x-oss-object-acl']
  return {
    // What was sent is kept, even when it is empty.
    contentType: headers['content-type'] ?? mime.getType(key) ?? DEFAULT_CONTENT_TYPE,
    headers: readKeptHeaders(headers),
    userMetadata: readUserMetadata(headers),
    storageClass:
      storageClass === undefined
        ? bucket.storageClass
        : parseStorageClass('x-oss-storage-class', storageClass),
    acl: acl === undefined ? 'default' : parseObjectAcl(acl),
    tags: readTaggingHeader(headers),
  }
}

/** `x-oss-metadata-directive`: whether a copy takes what was sent in place of the source's. */
export function readReplacesMetadata(headers: HeaderValues): boolean {
  const directive = headers['x-oss-metadata-directive']
  if (directive === undefined) return false
  const upper = directive.toUpperCase()
  if (upper === 'REPLACE' || upper === 'COPY') return upper === 'REPLACE'
  throw invalidArgument(
    'x-oss-metadata-directive',
    directive,
    'x-oss-metadata-directive must be COPY or REPLACE.',
  )
}

/** What of a copy's metadata is what was sent, not the source's. */
export interface Replaced {
  readonly metadata: boolean
  readonly tags: boolean
}

/** Metadata of a copy: class and ACL are never the source's (oss.md 5.11). */
export function copiedMetadata(
  source: ObjectMetadata,
  requested: ObjectMetadata,
  replaced: Replaced,
): ObjectMetadata {
  const { contentType, headers, userMetadata } = replaced.metadata ? requested : source
  const { tags } = replaced.tags ? requested : source
  return { ...requested, contentType, headers, userMetadata, tags }
}

/** `x-oss-forbid-overwrite`. */
export function readForbidOverwrite(headers: HeaderValues): boolean {
  const text = headers['x-oss-forbid-overwrite']
  if (text === undefined) return false
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  throw invalidArgument(
    'x-oss-forbid-overwrite',
    text,
    'x-oss-forbid-overwrite must be true or false.',
  )
}

/** The 16 bytes of Content-MD5. Throws InvalidDigest when it is something else. */
export function readContentMd5(headers: HeaderValues): Uint8Array | undefined {
  const text = headers['content-md5']
  if (text === undefined) return undefined
  if (!MD5_TEXT.test(text)) throw new OssError('InvalidDigest')
  return Buffer.from(text, 'base64')
}

/**
 * Headers of an answer to GetObject or HeadObject, flat; the length is the body's affair. `bytes` is
 * whose bytes they are: of a symlink those of its target.
 */
export function objectHeaders(record: ObjectRecord, bytes = record): string[] {
  const headers = ['Content-Type', record.contentType, 'Accept-Ranges', 'bytes']
  headers.push(...objectMetaHeaders(record))
  headers.push('x-oss-object-type', record.type, 'x-oss-storage-class', record.storageClass)
  const md5 = contentMd5Of(bytes)
  if (md5 !== undefined) headers.push('Content-MD5', md5)
  if (record.type === 'Appendable') {
    headers.push('x-oss-next-append-position', String(record.sizeBytes))
  }
  for (const [name, value] of record.headers) headers.push(STANDARD_HEADERS[name] ?? name, value)
  for (const [name, value] of record.userMetadata) {
    headers.push(`${USER_METADATA_PREFIX}${name}`, value)
  }
  return headers
}

/** Headers of an answer to GetObjectMeta, which GetObject and HeadObject share. */
export function objectMetaHeaders(record: ObjectRecord): string[] {
  return [
    'ETag',
    quoteEtag(record.etag),
    'Last-Modified',
    formatHttpDate(record.lastModifiedMs),
    'x-oss-hash-crc64ecma',
    String(record.crc64),
  ]
}

/** Value of Content-MD5 of an object; undefined where the MD5 of all its bytes is not known. */
export function contentMd5Of(record: ObjectRecord): string | undefined {
  // Only of objects that were written in one go is the ETag the MD5.
  const md5 = record.type === 'Normal' ? record.etag : record.contentMd5
  return md5 === undefined ? undefined : contentMd5(md5)
}

/** Value of a Content-MD5 header; `md5` is hex. */
export function contentMd5(md5: string): string {
  return Buffer.from(md5, 'hex').toString('base64')
}

function readKeptHeaders(headers: HeaderValues): HeaderPair[] {
  const pairs: HeaderPair[] = []
  for (const name of Object.keys(STANDARD_HEADERS)) {
    const value = headers[name]
    if (value !== undefined) pairs.push([name, value])
  }
  pairs.push(...readPersistentHeaders(headers))
  return pairs
}

function readUserMetadata(headers: HeaderValues): HeaderPair[] {
  const pairs: HeaderPair[] = []
  let sizeBytes = 0
  for (const header in headers) {
    if (!header.startsWith(USER_METADATA_PREFIX)) continue
    const value = headers[header] ?? ''
    const name = header.slice(USER_METADATA_PREFIX.length)
    if (!USER_METADATA_NAME.test(name)) {
      throw invalidArgument(
        header,
        value,
        'Names of user metadata must consist of letters, digits and hyphens.',
      )
    }
    sizeBytes += header.length + value.length
    pairs.push([name, value])
  }
  if (sizeBytes <= USER_METADATA_BYTES_MAX) return pairs
  throw new OssError('InvalidArgument', {
    message: `User metadata must be at most ${USER_METADATA_BYTES_MAX} bytes, is ${sizeBytes}.`,
    details: [{ name: 'ArgumentName', value: 'x-oss-meta-*' }],
  })
}
