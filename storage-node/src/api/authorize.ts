/**
 * Decides whether a caller may do what it asks for (oss.md 2.7, 2.8).
 *
 * The owner of a bucket may do everything with it. Everybody else has what the ACLs give: that of the
 * object unless it is `default`, then that of the bucket; they never open the management of a bucket.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import type { ObjectAcl, ObjectRecord } from '../model/object.ts'
import { queryValue } from '../wire/oss/request-head.ts'
import type { Caller } from './authenticate.ts'
import type { OssRequest } from './http-message.ts'

/**
 * What an operation needs. `manage`: the owner. `list`: to read the names in a bucket. `read`,
 * `write`: an object, whose row has the last word.
 */
export type Access = 'manage' | 'list' | 'read' | 'write'

/** True when the bucket belongs to the caller's account. */
export function isOwner(caller: Caller, bucket: BucketRecord): boolean {
  return caller.account === bucket.owner
}

/** Throws `AccessDenied` unless the bucket alone gives `access`. */
export function authorizeBucket(caller: Caller, bucket: BucketRecord, access: Access): void {
  if (isOwner(caller, bucket)) return
  if (!aclGives(bucket.acl, access)) throw accessDenied(caller)
}

/** Throws `AccessDenied` unless the caller may read or write this object, or one that is not there. */
export function authorizeObject(
  caller: Caller,
  bucket: BucketRecord,
  record: ObjectRecord | undefined,
  access: 'read' | 'write',
): void {
  if (isOwner(caller, bucket)) return
  const acl = record === undefined || record.acl === 'default' ? bucket.acl : record.acl
  if (!aclGives(acl, access)) throw accessDenied(caller)
}

/** Throws unless the request is signed: some operations are for nobody in particular (oss.md 2.8). */
export function requireAccount(caller: Caller): NonNullable<Caller['account']> {
  if (caller.account === undefined) throw accessDenied(caller)
  return caller.account
}

const OVERRIDES = [
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
]

/** Throws when somebody anonymous asks for other response headers (oss.md 2.8). */
export function refuseAnonymousOverrides(caller: Caller, { query }: OssRequest): void {
  if (caller.account !== undefined || query.length === 0) return
  if (OVERRIDES.every((name) => queryValue(query, name) === undefined)) return
  throw new OssError('InvalidRequest', {
    message: 'The response headers cannot be overridden by an anonymous request.',
  })
}

function aclGives(acl: Exclude<ObjectAcl, 'default'>, access: Access): boolean {
  switch (access) {
    case 'manage':
      return false
    case 'list':
    case 'read':
      return acl !== 'private'
    case 'write':
      return acl === 'public-read-write'
    default:
      return unreachable(access)
  }
}

function accessDenied(caller: Caller): OssError {
  return new OssError('AccessDenied', {
    message:
      caller.account === undefined
        ? 'You have no right to access this object because of bucket acl.'
        : 'The bucket you access does not belong to you.',
  })
}
