/**
 * `BucketInfo`: the answer to GetBucketInfo (oss.md 1.2).
 *
 * @module
 */

import type { BucketRecord } from '../../../model/bucket.ts'
import { formatIsoDate } from '../../http-date.ts'
import { xmlDocument, xmlElement, xmlGroup, xmlOptional } from '../../xml-writer.ts'
import { writeGrant } from './access-control-policy.ts'
import { writeOwner } from './owner.ts'
import { locationOf, type RegionNames } from './region-names.ts'

/** `Versioning` is only there once it has been set. */
export function writeBucketInfo(bucket: BucketRecord, region: RegionNames): string {
  const content =
    xmlElement('Name', bucket.name) +
    xmlElement('Location', locationOf(region.region)) +
    xmlElement('CreationDate', formatIsoDate(bucket.createdMs)) +
    xmlElement('ExtranetEndpoint', region.extranetEndpoint) +
    xmlElement('IntranetEndpoint', region.intranetEndpoint) +
    xmlElement('StorageClass', bucket.storageClass) +
    xmlElement('DataRedundancyType', bucket.dataRedundancy) +
    writeOwner(bucket.owner) +
    writeGrant(bucket.acl) +
    xmlGroup('ServerSideEncryptionRule', xmlElement('SSEAlgorithm', 'None')) +
    xmlGroup('BucketPolicy', xmlElement('LogBucket', '') + xmlElement('LogPrefix', '')) +
    xmlOptional('Versioning', bucket.versioning === 'unset' ? undefined : bucket.versioning) +
    xmlElement('AccessMonitor', 'Disabled') +
    xmlElement('TransferAcceleration', 'Disabled') +
    xmlElement('CrossRegionReplication', 'Disabled') +
    xmlElement('ResourceGroupId', '') +
    xmlElement('BlockPublicAccess', bucket.publicAccessBlock) +
    xmlElement('Comment', '')
  return xmlDocument('BucketInfo', xmlGroup('Bucket', content))
}
