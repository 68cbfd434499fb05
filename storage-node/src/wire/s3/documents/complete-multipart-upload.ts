/**
 * `CompleteMultipartUploadResult`: the object that an upload has become.
 *
 * @module
 */

import { quoteEtag } from '../../../model/etag.ts'
import type { CompletedUpload } from '../../oss/documents/complete-multipart-upload.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** `checksum`: elements that tell that of the object. */
export function writeS3CompletedUpload(
  upload: Omit<CompletedUpload, 'urlEncoding'>,
  checksum: string,
): string {
  return xmlDocument(
    'CompleteMultipartUploadResult',
    xmlElement('Location', upload.location) +
      xmlElement('Bucket', upload.bucket) +
      xmlElement('Key', upload.key) +
      xmlElement('ETag', quoteEtag(upload.etag.toLowerCase())) +
      checksum,
  )
}
