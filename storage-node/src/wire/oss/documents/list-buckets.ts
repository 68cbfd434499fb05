/**
 * `ListAllMyBucketsResult`: the answer to ListBuckets (oss.md 1.1).
 *
 * @module
 */

import type { BucketRecord } from '../../../model/bucket.ts'
import type { AccountUid } from '../../../model/identifiers.ts'
import { formatIsoDate } from '../../http-date.ts'
import { xmlDocument, xmlElement, xmlGroup, xmlOptional } from '../../xml-writer.ts'
import { writeOwner } from './owner.ts'
import { locationOf, type RegionNames } from './region-names.ts'

export interface BucketList {
  readonly owner: AccountUid
  readonly region: RegionNames
  readonly page: {
    readonly buckets: readonly BucketRecord[]
    readonly isTruncated: boolean
    readonly nextMarker: string | undefined
  }
  /** As asked; undefined when paging is not in play, which shows nothing of it. */
  readonly paging:
    { readonly prefix: string; readonly marker: string; readonly maxKeys: number } | undefined
}

export function writeListBuckets(list: BucketList): string {
  const { owner, region, page } = list
  let buckets = ''
  for (const bucket of page.buckets) buckets += writeBucket(bucket, region)
  const content = writePaging(list) + writeOwner(owner) + xmlGroup('Buckets', buckets)
  return xmlDocument('ListAllMyBucketsResult', content)
}

function writePaging({ page, paging }: BucketList): string {
  if (paging === undefined) return ''
  return (
    xmlElement('Prefix', paging.prefix) +
    xmlElement('Marker', paging.marker) +
    xmlElement('MaxKeys', paging.maxKeys) +
    xmlElement('IsTruncated', page.isTruncated) +
    xmlOptional('NextMarker', page.nextMarker)
  )
}

function writeBucket(bucket: BucketRecord, region: RegionNames): string {
  return xmlGroup(
    'Bucket',
    xmlElement('Name', bucket.name) +
      xmlElement('Location', locationOf(region.region)) +
      xmlElement('CreationDate', formatIsoDate(bucket.createdMs)) +
      xmlElement('StorageClass', bucket.storageClass) +
      xmlElement('ExtranetEndpoint', region.extranetEndpoint) +
      xmlElement('IntranetEndpoint', region.intranetEndpoint) +
      xmlElement('Region', region.region),
  )
}
