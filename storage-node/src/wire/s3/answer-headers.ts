/**
 * Headers of answers as S3 clients know them.
 *
 * @module
 */

import type { StorageClass } from '../../model/object.ts'
import { s3StorageClass } from './storage-class.ts'

const USER_METADATA = 'x-oss-meta-'
/** Those that S3 has by the same name behind its own prefix. */
const SAME = new Set([
  'x-oss-version-id',
  'x-oss-delete-marker',
  'x-oss-copy-source-version-id',
  'x-oss-tagging-count',
  'x-oss-restore',
  'x-oss-request-charged',
])

/** What an OSS answer says in its headers; what S3 has no word for is left out. */
export function s3Headers(headers: readonly string[]): string[] {
  const translated: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]]
    // Clients compare it with the MD5 that they have, letter by letter.
    if (name === 'ETag') translated.push(name, value.toLowerCase())
    else if (name === 'Content-MD5') continue
    else if (!name.startsWith('x-oss-')) translated.push(name, value)
    else if (SAME.has(name) || name.startsWith(USER_METADATA)) {
      translated.push(`x-amz-${name.slice('x-oss-'.length)}`, value)
    } else if (name === 'x-oss-storage-class' && value !== 'Standard') {
      translated.push('x-amz-storage-class', s3StorageClass(value as StorageClass))
    }
  }
  return translated
}
