/**
 * `ListPartsResult` (oss.md 1.8).
 *
 * @module
 */

import { quoteEtag } from '../../../model/etag.ts'
import type { BucketName, ObjectKey } from '../../../model/identifiers.ts'
import type { PieceRecord, UploadRecord } from '../../../model/object.ts'
import { formatIsoDate } from '../../http-date.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { nameWriter, writeEncodingType } from './encoded-names.ts'

type Part = Pick<PieceRecord, 'lastModifiedMs' | 'md5' | 'sizeBytes' | 'crc64' | 'checksum'> & {
  readonly partNumber: number
}

export interface PartList {
  readonly bucket: BucketName
  readonly key: ObjectKey
  readonly uploadId: string
  /** The part number marker as sent. */
  readonly after: number
  readonly maxParts: number
  readonly urlEncoding: boolean
  readonly page: {
    readonly upload: UploadRecord
    readonly parts: readonly Part[]
    readonly isTruncated: boolean
  }
}

export function writeListParts(list: PartList): string {
  const { page, urlEncoding } = list
  let parts = ''
  for (const part of page.parts) parts += writePart(part)
  return xmlDocument(
    'ListPartsResult',
    xmlElement('Bucket', list.bucket) +
      xmlElement('Key', nameWriter(urlEncoding)(list.key)) +
      xmlElement('UploadId', list.uploadId) +
      xmlElement('StorageClass', page.upload.metadata.storageClass) +
      xmlElement('PartNumberMarker', list.after) +
      xmlElement('NextPartNumberMarker', page.parts.at(-1)?.partNumber ?? list.after) +
      xmlElement('MaxParts', list.maxParts) +
      xmlElement('IsTruncated', page.isTruncated) +
      writeEncodingType(urlEncoding) +
      parts,
  )
}

function writePart({ partNumber, lastModifiedMs, md5, sizeBytes, crc64 }: Part): string {
  return xmlGroup(
    'Part',
    xmlElement('PartNumber', partNumber) +
      xmlElement('LastModified', formatIsoDate(lastModifiedMs)) +
      xmlElement('ETag', quoteEtag(md5.toUpperCase())) +
      xmlElement('Size', sizeBytes) +
      xmlElement('HashCrc64ecma', crc64),
  )
}
