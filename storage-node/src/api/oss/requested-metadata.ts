/**
 * What a request says about the object it makes, as far as it is served.
 *
 * @module
 */

import { headerNotImplemented, OssError } from '../../model/errors.ts'
import type { ObjectMetadata, StorageClass } from '../../model/object.ts'
import { readObjectMetadata } from '../../wire/oss/object-headers.ts'
import type { ObjectRequest } from '../operation.ts'
import { refusePublicAcl } from '../public-access.ts'

/** What of a request says it. */
export interface MetadataRequest extends Pick<ObjectRequest, 'bucket' | 'key'> {
  readonly http: Pick<ObjectRequest['http'], 'headers'>
}

/**
 * Reads the headers. Throws `NotImplemented` for a class whose objects could not be read again,
 * `AccessDenied` for an ACL that a public access block takes the effect of.
 */
export function requestedMetadata({ http, bucket, key }: MetadataRequest): ObjectMetadata {
  const metadata = readObjectMetadata(http.headers, key, bucket)
  if (!isServed(metadata.storageClass)) throw headerNotImplemented('x-oss-storage-class')
  refusePublicAcl(bucket, metadata.acl, 'object')
  return metadata
}

/** The same for the class that objects of a bucket have by default. */
export function refuseUnservedClass(storageClass: StorageClass): void {
  if (isServed(storageClass)) return
  throw new OssError('NotImplemented', {
    message: `The storage class ${storageClass} is not implemented.`,
    details: [{ name: 'StorageClass', value: storageClass }],
  })
}

/** Objects of colder classes have to be restored before they are read (oss.md 5.15): not served yet. */
function isServed(storageClass: StorageClass): boolean {
  return storageClass === 'Standard' || storageClass === 'IA'
}
