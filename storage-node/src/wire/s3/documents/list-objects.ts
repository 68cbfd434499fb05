/**
 * `ListBucketResult`: the answers to ListObjects and ListObjectsV2.
 *
 * @module
 */

import type { BucketRecord } from '../../../model/bucket.ts'
import type { ObjectPage } from '../../../model/query.ts'
import { formatIsoDate } from '../../http-date.ts'
import type { WriteName } from '../../oss/documents/encoded-names.ts'
import { writeCommonPrefixes, writeEncodingType } from '../../oss/documents/encoded-names.ts'
import { writeOwner } from '../../oss/documents/owner.ts'
import { escapeXml, xmlDocument, xmlElement, xmlOptional } from '../../xml-writer.ts'
import { checksumKindElements } from '../checksum-text.ts'
import { s3StorageClass } from '../storage-class.ts'
import { s3NameWriter } from './encoded-names.ts'

interface S3ObjectList {
  readonly bucket: Pick<BucketRecord, 'name' | 'owner'>
  readonly prefix: string
  readonly delimiter: string
  readonly maxKeys: number
  readonly urlEncoding: boolean
  readonly page: ObjectPage
}

export interface S3ObjectListV1 extends S3ObjectList {
  readonly marker: string
}

export interface S3ObjectListV2 extends S3ObjectList {
  readonly startAfter: string
  /** As sent. */
  readonly continuationToken: string | undefined
  readonly nextContinuationToken: string | undefined
  readonly fetchOwner: boolean
}

export function writeS3ListObjects(list: S3ObjectListV1): string {
  const { bucket, page, marker } = list
  const writeName = s3NameWriter(list.urlEncoding)
  const next = page.isTruncated ? page.next : undefined
  const content =
    xmlElement('Name', bucket.name) +
    xmlElement('Prefix', writeName(list.prefix)) +
    xmlElement('Marker', writeName(marker)) +
    xmlOptional('NextMarker', next === undefined ? undefined : writeName(next)) +
    writeCommon(list, writeName, writeOwner(bucket.owner))
  return xmlDocument('ListBucketResult', content)
}

export function writeS3ListObjectsV2(list: S3ObjectListV2): string {
  const { bucket, page, startAfter } = list
  const writeName = s3NameWriter(list.urlEncoding)
  const content =
    xmlElement('Name', bucket.name) +
    xmlElement('Prefix', writeName(list.prefix)) +
    xmlOptional('StartAfter', startAfter === '' ? undefined : writeName(startAfter)) +
    xmlOptional('ContinuationToken', list.continuationToken) +
    xmlOptional('NextContinuationToken', list.nextContinuationToken) +
    xmlElement('KeyCount', page.objects.length + page.commonPrefixes.length) +
    writeCommon(list, writeName, list.fetchOwner ? writeOwner(bucket.owner) : '')
  return xmlDocument('ListBucketResult', content)
}

function writeCommon(list: S3ObjectList, writeName: WriteName, owner: string): string {
  const { page, delimiter, urlEncoding } = list
  return (
    xmlElement('MaxKeys', list.maxKeys) +
    xmlOptional('Delimiter', delimiter === '' ? undefined : writeName(delimiter)) +
    writeEncodingType(urlEncoding) +
    xmlElement('IsTruncated', page.isTruncated) +
    writeObjects(page, writeName, owner) +
    writeCommonPrefixes(page.commonPrefixes, writeName)
  )
}

/** One template for each: a page of 1,000 is the most that any answer has to write. */
function writeObjects({ objects }: ObjectPage, writeName: WriteName, owner: string): string {
  let content = ''
  for (const { key, lastModifiedMs, etag, sizeBytes, storageClass, checksum } of objects) {
    const kind = checksumKindElements(checksum)
    content += `<Contents><Key>${escapeXml(writeName(key))}</Key><LastModified>${formatIsoDate(lastModifiedMs)}</LastModified><ETag>"${etag.toLowerCase()}"</ETag>${kind}<Size>${sizeBytes}</Size>${owner}<StorageClass>${s3StorageClass(storageClass)}</StorageClass></Contents>`
  }
  return content
}
