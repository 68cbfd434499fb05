/**
 * `ListVersionsResult`: the answer to ListObjectVersions (oss.md 1.2, 5.7).
 *
 * @module
 */

import type { BucketRecord } from '../../../model/bucket.ts'
import type { VersionPage, VersionSummary } from '../../../model/query.ts'
import { formatVersionId } from '../../../model/version-id.ts'
import { formatIsoDate } from '../../http-date.ts'
import { escapeXml, xmlDocument, xmlElement, xmlOptional } from '../../xml-writer.ts'
import type { WriteName } from './encoded-names.ts'
import { nameWriter, writeCommonPrefixes, writeEncodingType } from './encoded-names.ts'
import { writeOwner } from './owner.ts'
import { writeRestoreInfo } from './restore-info.ts'

export interface VersionList {
  readonly bucket: Pick<BucketRecord, 'name' | 'owner'>
  readonly prefix: string
  readonly delimiter: string
  readonly keyMarker: string
  /** As sent. */
  readonly versionIdMarker: string
  readonly maxKeys: number
  readonly urlEncoding: boolean
  readonly page: VersionPage
  /** By which restores are under way, done or over. */
  readonly nowMs: number
}

export function writeListVersions(list: VersionList): string {
  const { bucket, page, urlEncoding } = list
  const writeName = nameWriter(urlEncoding)
  const { next, nextVersionId } = page.isTruncated ? page : {}
  const content =
    xmlElement('Name', bucket.name) +
    xmlElement('Prefix', writeName(list.prefix)) +
    xmlElement('KeyMarker', writeName(list.keyMarker)) +
    xmlElement('VersionIdMarker', list.versionIdMarker) +
    xmlElement('MaxKeys', list.maxKeys) +
    xmlElement('Delimiter', writeName(list.delimiter)) +
    writeEncodingType(urlEncoding) +
    xmlElement('IsTruncated', page.isTruncated) +
    xmlOptional('NextKeyMarker', next === undefined ? undefined : writeName(next)) +
    xmlOptional('NextVersionIdMarker', nextVersionId && formatVersionId(nextVersionId)) +
    writeVersions(list, writeName, writeOwner(bucket.owner)) +
    writeCommonPrefixes(page.commonPrefixes, writeName)
  return xmlDocument('ListVersionsResult', content)
}

/** One template for each, as with objects. */
function writeVersions({ page, nowMs }: VersionList, writeName: WriteName, owner: string): string {
  let content = ''
  for (const version of page.versions) {
    const { key, isLatest, lastModifiedMs, isDeleteMarker } = version
    const head = `<Key>${escapeXml(writeName(key))}</Key><VersionId>${formatVersionId(version.versionId)}</VersionId><IsLatest>${isLatest}</IsLatest><LastModified>${formatIsoDate(lastModifiedMs)}</LastModified>`
    if (isDeleteMarker) content += `<DeleteMarker>${head}${owner}</DeleteMarker>`
    else content += `<Version>${head}${writeBody(version, nowMs)}${owner}</Version>`
  }
  return content
}

function writeBody(version: VersionSummary, nowMs: number): string {
  const { etag, type, sizeBytes, storageClass } = version
  const restore = version.restore === undefined ? '' : writeRestoreInfo(version.restore, nowMs)
  return `<ETag>"${etag}"</ETag><Type>${type}</Type><Size>${sizeBytes}</Size><StorageClass>${storageClass}</StorageClass>${restore}`
}
