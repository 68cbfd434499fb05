/**
 * What a request says about the object it makes, as far as it is served.
 *
 * @module
 */

import type { ObjectMetadata } from '../../model/object.ts'
import { readObjectMetadata } from '../../wire/oss/object-headers.ts'
import type { ObjectRequest } from '../operation.ts'
import { refusePublicAcl } from '../../model/public-access.ts'

/** What of a request says it. */
export interface MetadataRequest extends Pick<ObjectRequest, 'bucket' | 'key'> {
  readonly http: Pick<ObjectRequest['http'], 'headers'>
}

/** Reads the headers. Throws `AccessDenied` for an ACL that a public access block takes the effect of. */
export function requestedMetadata({ http, bucket, key }: MetadataRequest): ObjectMetadata {
  const metadata = readObjectMetadata(http.headers, key, bucket)
  refusePublicAcl(bucket, metadata.acl, 'object')
  return metadata
}
