/**
 * `InitiateMultipartUploadResult` (oss.md 1.8).
 *
 * @module
 */

import type { BucketName, ObjectKey } from '../../../model/identifiers.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'
import { nameWriter, writeEncodingType } from './encoded-names.ts'

export interface InitiatedUpload {
  readonly bucket: BucketName
  readonly key: ObjectKey
  readonly uploadId: string
  readonly urlEncoding: boolean
}

export function writeInitiateMultipartUpload(upload: InitiatedUpload): string {
  const { bucket, key, uploadId, urlEncoding } = upload
  return xmlDocument(
    'InitiateMultipartUploadResult',
    xmlElement('Bucket', bucket) +
      xmlElement('Key', nameWriter(urlEncoding)(key)) +
      xmlElement('UploadId', uploadId) +
      writeEncodingType(urlEncoding),
  )
}
