/**
 * Asks whether a caller may do what it asks for (`model/access/decide-access.ts`), and refuses it
 * otherwise.
 *
 * The account that owns a bucket without a policy may do everything with it: that is told first, for
 * most requests are of this kind.
 *
 * @module
 */

import type { Access, AccessOutcome, DeniedBy } from '../model/access/decide-access.ts'
import { decideAccess } from '../model/access/decide-access.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid, BucketName, ObjectKey } from '../model/identifiers.ts'
import type { ObjectRecord } from '../model/object.ts'
import { queryValue } from '../wire/oss/request-head.ts'
import type { Caller } from './authenticate.ts'
import { bucketRights } from './bucket-rights.ts'
import type { OssRequest } from './http-message.ts'
import { PolicyContext } from './policy-context.ts'

export type { Access } from '../model/access/decide-access.ts'

/** What an operation needs; one value for all of its requests. */
export interface Right {
  /** What policies call it. */
  readonly action: string
  readonly access: Access
  /** Bare: `cn-hangzhou`. */
  readonly region: string
}

/** What somebody wants to do with a bucket, or with an object in it. */
export interface Deed {
  readonly http: OssRequest
  readonly caller: Caller
  readonly bucket: BucketRecord
  readonly key?: ObjectKey
  readonly right: Right
}

/** Throws `AccessDenied` unless the account that a request is about lets the caller do this. */
export function authorizeService(
  http: OssRequest,
  caller: Caller,
  right: Right,
  bucketName: BucketName | undefined,
): AccountUid {
  const { account, identity, accessKeyId } = caller
  if (account === undefined) throw accessDenied(caller, undefined, 'nobody')
  const { action, access, region } = right
  const parts = { http, accessKeyId, bucket: undefined, record: undefined, isListing: false }
  const outcome = decideAccess({
    ...{ identity, action, access, owner: account },
    resource: { service: 'oss', region, owner: account, path: bucketName ?? '*' },
    ...{ bucket: undefined, objectAcl: undefined },
    context: new PolicyContext(parts),
  })
  if (outcome.kind === 'denied') throw accessDenied(caller, undefined, outcome.by)
  return account
}

/** Throws `AccessDenied` unless the caller may do this, whatever the object is. */
export function authorizeBucket(deed: Deed): void {
  authorizeObject(deed, undefined)
}

/**
 * Throws `AccessDenied` unless the caller may do this. True when it depends on the object: it has to
 * be read and `authorizeObject` asked again.
 */
export function dependsOnObject(deed: Deed): boolean {
  if (isUnrestricted(deed)) return false
  const outcome = outcomeOf(deed, 'unread')
  if (outcome.kind === 'denied') throw accessDenied(deed.caller, deed.bucket, outcome.by)
  return outcome.kind === 'needsObject'
}

/** Throws `AccessDenied` unless the caller may do this to the object; undefined: to one that is not there. */
export function authorizeObject(deed: Deed, record: ObjectRecord | undefined): void {
  if (isUnrestricted(deed)) return
  const outcome = outcomeOf(deed, record)
  if (outcome.kind === 'denied') throw accessDenied(deed.caller, deed.bucket, outcome.by)
}

/** Whether the caller may do this to the object, which it was found to be allowed something else to. */
export function mayDo(deed: Deed, record: ObjectRecord): boolean {
  return isUnrestricted(deed) || outcomeOf(deed, record).kind === 'allowed'
}

/**
 * Throws `AccessDenied` where no key of a request about many could be allowed: its body need not be
 * read. Each key is asked about afterwards.
 */
export function authorizeSome(deed: Deed): void {
  const { identity } = deed.caller
  const hasPolicies = identity.kind === 'user' || identity.kind === 'session'
  if (!hasPolicies && deed.bucket.policy === undefined) authorizeBucket(deed)
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

function isUnrestricted({ caller: { identity }, bucket }: Deed): boolean {
  return (
    identity.kind === 'account' && identity.account === bucket.owner && bucket.policy === undefined
  )
}

function outcomeOf(
  { http, caller, bucket, key, right }: Deed,
  object: ObjectRecord | 'unread' | undefined,
): AccessOutcome {
  const { action, access, region } = right
  const { name, owner } = bucket
  const record = object === 'unread' ? undefined : object
  // Joined, the path is one flat text: patterns are compared with it many times.
  const path = key === undefined ? name : [name, key].join('/')
  const isListing = key === undefined && action.startsWith('oss:List')
  return decideAccess({
    ...{ identity: caller.identity, action, access, owner },
    resource: { service: 'oss', region, owner, path },
    bucket: bucketRights(bucket, region),
    objectAcl: aclOf(key, object),
    context: new PolicyContext({
      ...{ http, accessKeyId: caller.accessKeyId, bucket, record, isListing },
    }),
  })
}

function aclOf(key: ObjectKey | undefined, object: ObjectRecord | 'unread' | undefined) {
  if (key === undefined) return undefined
  return object === 'unread' ? object : (object?.acl ?? 'default')
}

const MESSAGES: Readonly<Record<Exclude<DeniedBy, 'nobody'>, string>> = {
  sessionPolicy: "Access denied by authorizer's policy.",
  ramPolicy: 'Access denied by the RAM policy of the user or role.',
  bucketPolicy: 'Access denied by bucket policy.',
  acl: 'You have no right to access this object because of bucket acl.',
}

function accessDenied(
  { account }: Caller,
  bucket: BucketRecord | undefined,
  by: DeniedBy,
): OssError {
  if (by !== 'nobody') return new OssError('AccessDenied', { message: MESSAGES[by] })
  if (account === undefined) return new OssError('AccessDenied', { message: MESSAGES.acl })
  if (bucket !== undefined && bucket.owner !== account) {
    return new OssError('AccessDenied', {
      message: 'The bucket you access does not belong to you.',
    })
  }
  return new OssError('AccessDenied', {
    message: 'You have no right to do this: no policy allows it.',
    ec: '0003-00000905',
  })
}
