/**
 * `ListMultipartUploadsResult`: the uploads of a bucket.
 *
 * @module
 */

import type { AccountUid } from '../../../model/identifiers.ts'
import { formatIsoDate } from '../../http-date.ts'
import type { UploadList } from '../../oss/documents/list-uploads.ts'
import { writeCommonPrefixes, writeEncodingType } from '../../oss/documents/encoded-names.ts'
import { writeOwner } from '../../oss/documents/owner.ts'
import { xmlDocument, xmlElement, xmlGroup, xmlOptional } from '../../xml-writer.ts'
import { checksumKindElements } from '../checksum-text.ts'
import { s3StorageClass } from '../storage-class.ts'
import { s3NameWriter } from './encoded-names.ts'

export interface S3UploadList extends UploadList {
  readonly owner: AccountUid
}

export function writeS3ListUploads(list: S3UploadList): string {
  const { page, urlEncoding, owner, delimiter } = list
  const writeName = s3NameWriter(urlEncoding)
  const id = xmlElement('ID', owner) + xmlElement('DisplayName', owner)
  const owners = xmlGroup('Initiator', id) + writeOwner(owner)
  let uploads = ''
  for (const { key, uploadId, storageClass, initiatedMs, checksums } of page.uploads) {
    uploads += xmlGroup(
      'Upload',
      xmlElement('Key', writeName(key)) +
        xmlElement('UploadId', uploadId) +
        owners +
        xmlElement('StorageClass', s3StorageClass(storageClass)) +
        xmlElement('Initiated', formatIsoDate(initiatedMs)) +
        checksumKindElements(checksums),
    )
  }
  return xmlDocument(
    'ListMultipartUploadsResult',
    xmlElement('Bucket', list.bucket) +
      xmlElement('KeyMarker', writeName(list.keyMarker)) +
      xmlElement('UploadIdMarker', list.uploadIdMarker) +
      xmlElement('NextKeyMarker', writeName(page.nextKeyMarker)) +
      xmlElement('NextUploadIdMarker', page.nextUploadIdMarker) +
      xmlOptional('Delimiter', delimiter === '' ? undefined : writeName(delimiter)) +
      xmlElement('Prefix', writeName(list.prefix)) +
      writeEncodingType(urlEncoding) +
      xmlElement('MaxUploads', list.maxUploads) +
      xmlElement('IsTruncated', page.isTruncated) +
      uploads +
      writeCommonPrefixes(page.commonPrefixes, writeName),
  )
}
