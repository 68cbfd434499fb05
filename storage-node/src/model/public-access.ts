/**
 * What a public access block refuses: to give something to everybody, as it would have no effect.
 *
 * @module
 */

import type { BucketSettings } from './bucket.ts'
import { OssError } from './errors.ts'
import type { ObjectAcl } from './object.ts'

/** What a bucket and its account say of it. */
type PublicAccess = Pick<BucketSettings, 'publicAccessBlock' | 'ownerPublicAccessBlock'>

/** True when neither ACLs nor the policy give anything to everybody, by its own word or its account's. */
export function blocksPublicAccess(bucket: PublicAccess): boolean {
  return bucket.publicAccessBlock || bucket.ownerPublicAccessBlock
}

/** Throws `AccessDenied` for an ACL that would open the bucket or the object to everybody. */
export function refusePublicAcl(
  bucket: PublicAccess,
  acl: ObjectAcl,
  what: 'bucket' | 'object',
): void {
  if (acl === 'private' || acl === 'default' || !blocksPublicAccess(bucket)) return
  throw new OssError('AccessDenied', { message: `Put public ${what} acl is not allowed.` })
}

/** Throws `AccessDenied` for a policy that gives something to everybody. */
export function refusePublicPolicy(bucket: PublicAccess, isPublic: boolean): void {
  if (!isPublic || !blocksPublicAccess(bucket)) return
  throw new OssError('AccessDenied', { message: 'Put public bucket policy is not allowed.' })
}
