/**
 * Names in the lists of S3 clients: as they are, or percent-encoded but for slashes.
 *
 * @module
 */

import { encodePercentPath } from '../../../base/percent-encoding.ts'
import type { WriteName } from '../../oss/documents/encoded-names.ts'

export function s3NameWriter(urlEncoding: boolean): WriteName {
  return urlEncoding ? encodePercentPath : (name) => name
}
