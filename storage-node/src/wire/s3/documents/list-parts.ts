/**
 * `ListPartsResult`: the parts of an upload.
 *
 * @module
 */

import { quoteEtag } from '../../../model/etag.ts'
import type { AccountUid } from '../../../model/identifiers.ts'
import type { ChecksumPlan } from '../../../model/object-checksum.ts'
import { formatIsoDate } from '../../http-date.ts'
import type { PartList } from '../../oss/documents/list-parts.ts'
import { writeOwner } from '../../oss/documents/owner.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { partChecksumElement } from '../checksum-text.ts'
import { s3StorageClass } from '../storage-class.ts'

export interface S3PartList extends Omit<PartList, 'urlEncoding'> {
  readonly owner: AccountUid
}

export function writeS3ListParts(list: S3PartList): string {
  const { page, owner } = list
  const id = xmlElement('ID', owner) + xmlElement('DisplayName', owner)
  return xmlDocument(
    'ListPartsResult',
    xmlElement('Bucket', list.bucket) +
      xmlElement('Key', list.key) +
      xmlElement('UploadId', list.uploadId) +
      xmlGroup('Initiator', id) +
      writeOwner(owner) +
      xmlElement('StorageClass', s3StorageClass(page.upload.metadata.storageClass)) +
      xmlElement('PartNumberMarker', list.after) +
      xmlElement('NextPartNumberMarker', page.parts.at(-1)?.partNumber ?? list.after) +
      xmlElement('MaxParts', list.maxParts) +
      xmlElement('IsTruncated', page.isTruncated) +
      writePlan(page.upload.checksums) +
      page.parts.map(writePart).join(''),
  )
}

function writePlan(plan: ChecksumPlan | undefined): string {
  if (plan === undefined) return ''
  const { algorithm, type } = plan
  return xmlElement('ChecksumAlgorithm', algorithm) + xmlElement('ChecksumType', type)
}

function writePart(part: PartList['page']['parts'][number]): string {
  return xmlGroup(
    'Part',
    xmlElement('PartNumber', part.partNumber) +
      xmlElement('LastModified', formatIsoDate(part.lastModifiedMs)) +
      xmlElement('ETag', quoteEtag(part.md5.toLowerCase())) +
      xmlElement('Size', part.sizeBytes) +
      partChecksumElement(part.checksum),
  )
}
