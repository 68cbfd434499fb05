/**
 * `CreateBucketConfiguration`: what PutBucket may say about the bucket (oss.md 1.2).
 *
 * @module
 */

import type { DataRedundancy } from '../../../model/bucket.ts'
import { invalidArgument } from '../../../model/errors.ts'
import type { StorageClass } from '../../../model/object.ts'
import { parseStorageClass } from '../../../model/storage-class.ts'
import { findChildText, readXml } from '../../xml-reader.ts'

export interface CreateBucketConfiguration {
  readonly storageClass: StorageClass
  readonly dataRedundancy: DataRedundancy
}

/** The body is optional. `LocationConstraint`, which old clients send, says nothing new. */
export function readCreateBucketConfiguration(bytes: Uint8Array): CreateBucketConfiguration {
  if (bytes.byteLength === 0) return { storageClass: 'Standard', dataRedundancy: 'LRS' }
  const root = readXml(bytes, 'CreateBucketConfiguration')
  const storageClass = findChildText(root, 'StorageClass')?.trim() ?? ''
  const redundancy = findChildText(root, 'DataRedundancyType')?.trim() ?? ''
  return {
    storageClass:
      storageClass === '' ? 'Standard' : parseStorageClass('StorageClass', storageClass),
    dataRedundancy: redundancy === '' ? 'LRS' : parseRedundancy(redundancy),
  }
}

function parseRedundancy(text: string): DataRedundancy {
  if (text === 'LRS' || text === 'ZRS') return text
  throw invalidArgument('DataRedundancyType', text, 'DataRedundancyType must be LRS or ZRS.')
}
