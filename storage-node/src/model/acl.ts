/**
 * Access control lists: who besides the owner may read and write.
 *
 * @module
 */

import type { BucketAcl } from './bucket.ts'
import { invalidArgument } from './errors.ts'
import type { ObjectAcl } from './object.ts'

const BUCKET_ACLS: readonly BucketAcl[] = ['private', 'public-read', 'public-read-write']
const OBJECT_ACLS: readonly ObjectAcl[] = ['default', ...BUCKET_ACLS]

/** Value of `x-oss-acl`. Throws InvalidArgument. */
export function parseBucketAcl(text: string): BucketAcl {
  const acl = BUCKET_ACLS.find((known) => known === text)
  if (acl !== undefined) return acl
  throw invalidArgument('x-oss-acl', text, `x-oss-acl must be one of ${BUCKET_ACLS.join(', ')}.`)
}

/** Value of `x-oss-object-acl`. Throws InvalidArgument. */
export function parseObjectAcl(text: string): ObjectAcl {
  const acl = OBJECT_ACLS.find((known) => known === text)
  if (acl !== undefined) return acl
  throw invalidArgument(
    'x-oss-object-acl',
    text,
    `x-oss-object-acl must be one of ${OBJECT_ACLS.join(', ')}.`,
  )
}
