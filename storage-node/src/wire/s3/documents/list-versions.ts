/**
 * `ListVersionsResult`: the answer to ListObjectVersions.
 *
 * @module
 */

import type { BucketRecord } from '../../../model/bucket.ts'
import type { VersionPage, VersionSummary } from '../../../model/query.ts'
import { formatVersionId } from '../../../model/version-id.ts'
import { formatIsoDate } from '../../http-date.ts'
import type { WriteName } from '../../oss/documents/encoded-names.ts'
import { writeCommonPrefixes, writeEncodingType } from '../../oss/documents/encoded-names.ts'
import { writeOwner } from '../../oss/documents/owner.ts'
import { escapeXml, xmlDocument, xmlElement, xmlOptional } from '../../xml-writer.ts'
import { checksumKindElements } from '../checksum-text.ts'
import { s3StorageClass } from '../storage-class.ts'
import { s3NameWriter } from './encoded-names.ts'

export interface S3VersionList {
  readonly bucket: Pick<BucketRecord, 'name' | 'owner'>
  readonly prefix: string
  readonly delimiter: string
  readonly keyMarker: string
  /** As sent. */
  readonly versionIdMarker: string
  readonly maxKeys: number
  readonly urlEncoding: boolean
  readonly page: VersionPage
}

export function writeS3ListVersions(list: S3VersionList): string {
  const { bucket, page, urlEncoding, delimiter } = list
  const writeName = s3NameWriter(urlEncoding)
  const { next, nextVersionId } = page.isTruncated ? page : {}
  const content =
    xmlElement('Name', bucket.name) +
    xmlElement('Prefix', writeName(list.prefix)) +
    xmlElement('KeyMarker', writeName(list.keyMarker)) +
    xmlElement('VersionIdMarker', list.versionIdMarker) +
    xmlOptional('NextKeyMarker', next === undefined ? undefined : writeName(next)) +
    xmlOptional('NextVersionIdMarker', nextVersionId && formatVersionId(nextVersionId)) +
    xmlElement('MaxKeys', list.maxKeys) +
    xmlOptional('Delimiter', delimiter === '' ? undefined : writeName(delimiter)) +
    writeEncodingType(urlEncoding) +
    xmlElement('IsTruncated', page.isTruncated) +
    writeVersions(page, writeName, writeOwner(bucket.owner)) +
    writeCommonPrefixes(page.commonPrefixes, writeName)
  return xmlDocument('ListVersionsResult', content)
}

function writeVersions({ versions }: VersionPage, writeName: WriteName, owner: string): string {
  let content = ''
  for (const version of versions) {
    const { key, isLatest, lastModifiedMs, isDeleteMarker } = version
    const head = `<Key>${escapeXml(writeName(key))}</Key><VersionId>${formatVersionId(version.versionId)}</VersionId><IsLatest>${isLatest}</IsLatest><LastModified>${formatIsoDate(lastModifiedMs)}</LastModified>`
    if (isDeleteMarker) content += `<DeleteMarker>${head}${owner}</DeleteMarker>`
    else content += `<Version>${head}${writeBody(version)}${owner}</Version>`
  }
  return content
}

function writeBody({ etag, checksum, sizeBytes, storageClass }: VersionSummary): string {
  return `<ETag>"${etag.toLowerCase()}"</ETag>${checksumKindElements(checksum)}<Size>${sizeBytes}</Size><StorageClass>${s3StorageClass(storageClass)}</StorageClass>`
}
