/**
 * `ListBucketResult`: the answers to ListObjects and ListObjectsV2 (oss.md 5.6).
 *
 * @module
 */

import type { BucketRecord } from '../../../model/bucket.ts'
import type { ObjectPage } from '../../../model/query.ts'
import { formatIsoDate } from '../../http-date.ts'
import { escapeXml, xmlDocument, xmlElement, xmlOptional } from '../../xml-writer.ts'
import {
  nameWriter,
  writeCommonPrefixes,
  writeEncodingType,
  type WriteName,
} from './encoded-names.ts'
import { writeRestoreInfo } from './restore-info.ts'
import { writeOwner } from './owner.ts'

interface ObjectList {
  readonly bucket: Pick<BucketRecord, 'name' | 'owner'>
  readonly prefix: string
  readonly delimiter: string
  readonly maxKeys: number
  readonly urlEncoding: boolean
  readonly page: ObjectPage
  /** By which restores are under way, done or over. */
  readonly nowMs: number
}

export interface ObjectListV1 extends ObjectList {
  readonly marker: string
}

export interface ObjectListV2 extends ObjectList {
  readonly startAfter: string
  /** As sent. */
  readonly continuationToken: string | undefined
  readonly nextContinuationToken: string | undefined
  readonly fetchOwner: boolean
}

export function writeListObjects(list: ObjectListV1): string {
  const { bucket, page, urlEncoding } = list
  const writeName = nameWriter(urlEncoding)
  const next = page.isTruncated ? page.next : undefined
  const content =
    xmlElement('Name', bucket.name) +
    xmlElement('Prefix', writeName(list.prefix)) +
    xmlElement('Marker', writeName(list.marker)) +
    xmlElement('MaxKeys', list.maxKeys) +
    xmlElement('Delimiter', writeName(list.delimiter)) +
    writeEncodingType(urlEncoding) +
    xmlElement('IsTruncated', page.isTruncated) +
    xmlOptional('NextMarker', next === undefined ? undefined : writeName(next)) +
    writeObjects(list, writeName, writeOwner(bucket.owner)) +
    writeCommonPrefixes(page.commonPrefixes, writeName)
  return xmlDocument('ListBucketResult', content)
}

export function writeListObjectsV2(list: ObjectListV2): string {
  const { bucket, page, urlEncoding, continuationToken, nextContinuationToken } = list
  const writeName = nameWriter(urlEncoding)
  const writeToken = (token: string | undefined) => (token === undefined ? token : writeName(token))
  const content =
    xmlElement('Name', bucket.name) +
    xmlElement('Prefix', writeName(list.prefix)) +
    xmlOptional('StartAfter', list.startAfter === '' ? undefined : writeName(list.startAfter)) +
    xmlElement('MaxKeys', list.maxKeys) +
    xmlElement('Delimiter', writeName(list.delimiter)) +
    writeEncodingType(urlEncoding) +
    xmlElement('IsTruncated', page.isTruncated) +
    xmlOptional('ContinuationToken', writeToken(continuationToken)) +
    xmlOptional('NextContinuationToken', writeToken(nextContinuationToken)) +
    xmlElement('KeyCount', page.objects.length + page.commonPrefixes.length) +
    writeObjects(list, writeName, list.fetchOwner ? writeOwner(bucket.owner) : '') +
    writeCommonPrefixes(page.commonPrefixes, writeName)
  return xmlDocument('ListBucketResult', content)
}

/** One template for each: a page of 1,000 is the most that any answer has to write. */
function writeObjects({ page, nowMs }: ObjectList, writeName: WriteName, owner: string): string {
  let content = ''
  for (const object of page.objects) {
    const { key, lastModifiedMs, etag, type, sizeBytes, storageClass } = object
    const restore = object.restore === undefined ? '' : writeRestoreInfo(object.restore, nowMs)
    content += `<Contents><Key>${escapeXml(writeName(key))}</Key><LastModified>${formatIsoDate(lastModifiedMs)}</LastModified><ETag>"${etag}"</ETag><Type>${type}</Type><Size>${sizeBytes}</Size><StorageClass>${storageClass}</StorageClass>${restore}${owner}</Contents>`
  }
  return content
}
