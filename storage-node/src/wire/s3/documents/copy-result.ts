/**
 * `CopyObjectResult` and `CopyPartResult`.
 *
 * @module
 */

import { quoteEtag } from '../../../model/etag.ts'
import { formatIsoDate } from '../../http-date.ts'
import type { Copied } from '../../oss/documents/copy-result.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** `checksum`: elements that tell that of the copy. */
export function writeS3CopyResult(
  root: 'CopyObjectResult' | 'CopyPartResult',
  { lastModifiedMs, etag }: Copied,
  checksum: string,
): string {
  return xmlDocument(
    root,
    xmlElement('LastModified', formatIsoDate(lastModifiedMs)) +
      xmlElement('ETag', quoteEtag(etag.toLowerCase())) +
      checksum,
  )
}
