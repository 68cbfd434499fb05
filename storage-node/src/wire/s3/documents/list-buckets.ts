/**
 * `ListAllMyBucketsResult`: the answer to ListBuckets.
 *
 * @module
 */

import type { BucketRecord } from '../../../model/bucket.ts'
import type { AccountUid } from '../../../model/identifiers.ts'
import { formatIsoDate } from '../../http-date.ts'
import { writeOwner } from '../../oss/documents/owner.ts'
import { xmlDocument, xmlElement, xmlGroup, xmlOptional } from '../../xml-writer.ts'

export interface S3BucketList {
  readonly owner: AccountUid
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  readonly buckets: readonly BucketRecord[]
  /** Empty: as if it was not given. */
  readonly prefix: string
  readonly continuationToken: string | undefined
}

export function writeS3ListBuckets(list: S3BucketList): string {
  const { owner, region, prefix, continuationToken } = list
  let buckets = ''
  for (const { name, createdMs } of list.buckets) {
    buckets += xmlGroup(
      'Bucket',
      xmlElement('Name', name) +
        xmlElement('CreationDate', formatIsoDate(createdMs)) +
        xmlElement('BucketRegion', region),
    )
  }
  return xmlDocument(
    'ListAllMyBucketsResult',
    writeOwner(owner) +
      xmlGroup('Buckets', buckets) +
      xmlOptional('Prefix', prefix === '' ? undefined : prefix) +
      xmlOptional('ContinuationToken', continuationToken),
  )
}
