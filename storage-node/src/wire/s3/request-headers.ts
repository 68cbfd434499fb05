/**
 * Headers of S3 requests in the words of the OSS API, so that whatever reads them is written once.
 *
 * What has another name gets it, beside the one that it was sent by; what S3 has no word for cannot be
 * asked for: `x-oss-` headers are left out.
 *
 * @module
 */

import { headerNotImplemented, invalidArgument } from '../../model/errors.ts'
import type { HeaderValues } from '../oss/request-head.ts'
import { parseS3StorageClass } from './storage-class.ts'

const USER_METADATA = 'x-amz-meta-'
/** Those with the same meaning, and the same values. */
const SAME = new Set([
  'x-amz-tagging',
  'x-amz-tagging-directive',
  'x-amz-metadata-directive',
  'x-amz-copy-source',
  'x-amz-copy-source-range',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
  'x-amz-request-payer',
])
/** The owner of a bucket owns its objects: what these add is there anyway. */
const PRIVATE_ACLS = new Set(['private', 'bucket-owner-full-control', 'bucket-owner-read'])
const PUBLIC_ACLS = new Set(['public-read', 'public-read-write'])
/** They give something to others than everybody: there is no such list here. */
const OTHER_ACLS = new Set(['authenticated-read', 'aws-exec-read', 'log-delivery-write'])
/** Not of the object, but of how the request carries it. */
const CARRIER_ENCODING = 'aws-chunked'

/** Throws what a value gets that cannot be said in OSS words. */
export function ossHeaders(headers: HeaderValues): HeaderValues {
  const translated: Record<string, string | undefined> = Object.create(null)
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name.startsWith('x-oss-')) continue
    // S3 answers with the bytes as they are stored.
    if (name === 'accept-encoding') continue
    if (name === 'content-encoding') setContentEncoding(translated, value)
    else translated[name] = value
    if (name.startsWith('x-amz-')) translate(translated, name, value)
  }
  // A range that does not fit is refused, or cut.
  translated['x-oss-range-behavior'] = 'standard'
  return translated
}

function translate(
  translated: Record<string, string | undefined>,
  name: string,
  value: string,
): void {
  if (SAME.has(name) || name.startsWith(USER_METADATA)) {
    translated[`x-oss-${name.slice('x-amz-'.length)}`] = value
  } else if (name === 'x-amz-storage-class') {
    translated['x-oss-storage-class'] = parseS3StorageClass(value)
  } else if (name === 'x-amz-acl') {
    const acl = cannedAcl(value)
    translated['x-oss-acl'] = acl
    translated['x-oss-object-acl'] = acl
  }
}

function cannedAcl(value: string): string {
  if (PRIVATE_ACLS.has(value)) return 'private'
  if (PUBLIC_ACLS.has(value)) return value
  if (OTHER_ACLS.has(value)) throw headerNotImplemented('x-amz-acl')
  throw invalidArgument('x-amz-acl', value, 'x-amz-acl must be one of the canned ACLs.')
}

function setContentEncoding(translated: Record<string, string | undefined>, value: string): void {
  const codings = value.split(',').map((coding) => coding.trim())
  const kept = codings.filter((coding) => coding.toLowerCase() !== CARRIER_ENCODING)
  if (kept.length > 0) translated['content-encoding'] = kept.join(',')
}
