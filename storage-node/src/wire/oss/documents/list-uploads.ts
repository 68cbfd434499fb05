/**
 * `ListMultipartUploadsResult` (oss.md 1.8).
 *
 * @module
 */

import type { BucketName, ObjectKey } from '../../../model/identifiers.ts'
import type { ChecksumPlan } from '../../../model/object-checksum.ts'
import type { StorageClass } from '../../../model/object.ts'
import { formatIsoDate } from '../../http-date.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import {
  nameWriter,
  writeCommonPrefixes,
  writeEncodingType,
  type WriteName,
} from './encoded-names.ts'

interface Upload {
  readonly key: ObjectKey
  readonly uploadId: string
  readonly initiatedMs: number
  readonly storageClass: StorageClass
  /** Told to S3 clients. */
  readonly checksums?: ChecksumPlan | undefined
}

export interface UploadList {
  readonly bucket: BucketName
  readonly prefix: string
  readonly delimiter: string
  readonly keyMarker: string
  readonly uploadIdMarker: string
  readonly maxUploads: number
  readonly urlEncoding: boolean
  readonly page: {
    readonly uploads: readonly Upload[]
    readonly commonPrefixes: readonly string[]
    readonly isTruncated: boolean
    readonly nextKeyMarker: string
    readonly nextUploadIdMarker: string
  }
}

export function writeListUploads(list: UploadList): string {
  const { page, urlEncoding } = list
  const writeName = nameWriter(urlEncoding)
  let uploads = ''
  for (const upload of page.uploads) uploads += writeUpload(upload, writeName)
  return xmlDocument(
    'ListMultipartUploadsResult',
    xmlElement('Bucket', list.bucket) +
      writeEncodingType(urlEncoding) +
      xmlElement('KeyMarker', writeName(list.keyMarker)) +
      xmlElement('UploadIdMarker', list.uploadIdMarker) +
      xmlElement('NextKeyMarker', writeName(page.nextKeyMarker)) +
      xmlElement('NextUploadIdMarker', page.nextUploadIdMarker) +
      xmlElement('Delimiter', writeName(list.delimiter)) +
      xmlElement('Prefix', writeName(list.prefix)) +
      xmlElement('MaxUploads', list.maxUploads) +
      xmlElement('IsTruncated', page.isTruncated) +
      uploads +
      writeCommonPrefixes(page.commonPrefixes, writeName),
  )
}

function writeUpload(upload: Upload, writeName: WriteName): string {
  return xmlGroup(
    'Upload',
    xmlElement('Key', writeName(upload.key)) +
      xmlElement('UploadId', upload.uploadId) +
      xmlElement('StorageClass', upload.storageClass) +
      xmlElement('Initiated', formatIsoDate(upload.initiatedMs)),
  )
}
