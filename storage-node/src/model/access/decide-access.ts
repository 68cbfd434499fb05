/**
 * May a request do what it asks for? The one place that decides (oss.md 2.7, 2.8).
 *
 * In this order: the session policy of temporary credentials takes away what it does not allow; a deny
 * in any policy stands; any allow suffices; the account that owns a bucket needs none. Where policies
 * are silent, ACLs decide about objects and listings: that of the object unless it is `default`, then
 * that of the bucket. They open the management of a bucket to nobody.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { BucketAcl } from '../bucket.ts'
import type { AccountUid } from '../identifiers.ts'
import type { ObjectAcl } from '../object.ts'
import type { CompiledPolicy, PolicyQuestion, Verdict } from './compile-policy.ts'
import type { SignedIdentity } from './identity.ts'

/**
 * What an operation needs where policies are silent. `manage`: ACLs never give it. `list`: to read the
 * names in a bucket. `read`, `write`: an object.
 */
export type Access = 'manage' | 'list' | 'read' | 'write'

/** A bucket as far as rights are concerned. */
export interface BucketRights {
  readonly acl: BucketAcl
  readonly policy: CompiledPolicy | undefined
  /** Of the bucket or of its account: neither ACLs nor the policy give anything to everybody. */
  readonly blocksPublicAccess: boolean
}

export interface AccessQuestion extends PolicyQuestion {
  readonly access: Access
  /** The account that has what is asked for, or will have it. */
  readonly owner: AccountUid
  /** Undefined: the request is about none that exists. */
  readonly bucket: BucketRights | undefined
  /**
   * The object's ACL; of one that is not there `default`. `unread`: not known yet. Requests that are
   * about no object have none.
   */
  readonly objectAcl: ObjectAcl | 'unread' | undefined
}

/** Whose word it was. */
export type DeniedBy = 'sessionPolicy' | 'ramPolicy' | 'bucketPolicy' | 'acl' | 'nobody'

/** `needsObject`: it depends on the object, which has to be read. */
export type AccessOutcome =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'needsObject' }
  | { readonly kind: 'denied'; readonly by: DeniedBy }

export function decideAccess(question: AccessQuestion): AccessOutcome {
  if (dependsOnTags(question)) return NEEDS_OBJECT
  const { identity, owner, bucket } = question
  const session = identity.kind === 'session' ? identity.sessionPolicy : undefined
  if (session !== undefined && session.judge(question) !== 'allow') return DENIED.sessionPolicy

  const ofUser = identity.kind === 'anonymous' ? 'silent' : judgeOwn(identity, question)
  if (ofUser === 'deny') return DENIED.ramPolicy
  const ofBucket = judgeBucket(question)
  if (ofBucket === 'deny') return DENIED.bucketPolicy
  if (ofBucket === 'allow') return ALLOWED
  if (identity.kind !== 'anonymous' && identity.account === owner) {
    // A user's policies never open what belongs to another account.
    if (identity.kind === 'account' || ofUser === 'allow') return ALLOWED
  }
  return bucket === undefined ? DENIED.nobody : decideByAcl(question, bucket)
}

const ALLOWED: AccessOutcome = { kind: 'allowed' }
const NEEDS_OBJECT: AccessOutcome = { kind: 'needsObject' }
const DENIED = {
  sessionPolicy: { kind: 'denied', by: 'sessionPolicy' },
  ramPolicy: { kind: 'denied', by: 'ramPolicy' },
  bucketPolicy: { kind: 'denied', by: 'bucketPolicy' },
  acl: { kind: 'denied', by: 'acl' },
  nobody: { kind: 'denied', by: 'nobody' },
} as const

/** Operations on the policy itself: no policy may lock out the account that could take it back. */
const ON_POLICY: ReadonlySet<string> = new Set([
  'oss:PutBucketPolicy',
  'oss:GetBucketPolicy',
  'oss:DeleteBucketPolicy',
])

/** Some policy that has a say is about tags of an object that nobody has read yet. */
function dependsOnTags({ identity, bucket, objectAcl }: AccessQuestion): boolean {
  if (objectAcl !== 'unread') return false
  if (bucket?.policy?.readsObject === true) return true
  if (identity.kind !== 'user' && identity.kind !== 'session') return false
  if (identity.kind === 'session' && identity.sessionPolicy?.readsObject === true) return true
  return identity.policies.some((policy) => policy.readsObject)
}

function judgeOwn(identity: SignedIdentity, question: PolicyQuestion): Verdict {
  if (identity.kind === 'account') return 'silent'
  let verdict: Verdict = 'silent'
  for (const policy of identity.policies) {
    const one = policy.judge(question)
    if (one === 'deny') return 'deny'
    if (one === 'allow') verdict = 'allow'
  }
  return verdict
}

function judgeBucket(question: AccessQuestion): Verdict {
  const { identity, owner, bucket, action } = question
  if (bucket?.policy === undefined) return 'silent'
  const isOwner = identity.kind === 'account' && identity.account === owner
  if (isOwner && ON_POLICY.has(action)) return 'silent'
  return bucket.policy.judge(question, bucket.blocksPublicAccess)
}

function decideByAcl({ access, objectAcl }: AccessQuestion, bucket: BucketRights): AccessOutcome {
  // All that an ACL can give is given to everybody.
  if (access === 'manage') return DENIED.nobody
  if (bucket.blocksPublicAccess) return DENIED.acl
  if (access !== 'list' && objectAcl === 'unread') return NEEDS_OBJECT
  const isDefault =
    access === 'list' ||
    objectAcl === undefined ||
    objectAcl === 'default' ||
    objectAcl === 'unread'
  return aclGives(isDefault ? bucket.acl : objectAcl, access) ? ALLOWED : DENIED.acl
}

function aclGives(acl: BucketAcl, access: Exclude<Access, 'manage'>): boolean {
  switch (access) {
    case 'list':
    case 'read':
      return acl !== 'private'
    case 'write':
      return acl === 'public-read-write'
    default:
      return unreachable(access)
  }
}
