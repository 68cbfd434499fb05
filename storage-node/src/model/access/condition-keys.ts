/**
 * The keys that conditions of policies may name (oss.md 2.7).
 *
 * @module
 */

import type { IpAddress } from './ip-network.ts'
import type { RequestContext } from './request-context.ts'

/** How to find the value of a key in a request. */
export type ConditionKey =
  | { readonly kind: 'text'; readonly find: (context: RequestContext) => string | undefined }
  | { readonly kind: 'date'; readonly find: (context: RequestContext) => number }
  | { readonly kind: 'flag'; readonly find: (context: RequestContext) => boolean }
  | { readonly kind: 'address'; readonly find: (context: RequestContext) => IpAddress | undefined }

/** By lower-case name: clients do not agree on the case. */
const KEYS: Readonly<Record<string, ConditionKey>> = {
  'acs:sourceip': { kind: 'address', find: (context) => context.sourceAddress },
  'acs:useragent': text((context) => context.userAgent),
  'acs:currenttime': { kind: 'date', find: (context) => context.nowMs },
  'acs:securetransport': { kind: 'flag', find: (context) => context.isSecure },
  // Requests come from no network that the cloud would know by a name.
  'acs:sourcevpc': text(() => undefined),
  'acs:accessid': text((context) => context.accessKeyId),
  // Access keys are used without a second factor.
  'acs:mfapresent': { kind: 'flag', find: () => false },
  'oss:prefix': text((context) => context.prefix),
  'oss:delimiter': text((context) => context.delimiter),
  'oss:x-oss-acl': text((context) => context.bucketAcl),
  'oss:x-oss-object-acl': text((context) => context.objectAcl),
}

const EXISTING_TAG = 'oss:existingobjecttag/'
/** The key of a tag is what follows, in the case in which it is written. */
const TAGS: Readonly<
  Record<string, (context: RequestContext, tagKey: string) => string | undefined>
> = {
  'oss:buckettag/': (context, tagKey) => context.bucketTag(tagKey),
  [EXISTING_TAG]: (context, tagKey) => context.existingObjectTag(tagKey),
  'oss:requestobjecttag/': (context, tagKey) => context.requestObjectTag(tagKey),
}

/** Returns undefined for a key that nothing is known of: a condition on it could never be judged. */
export function findConditionKey(name: string): ConditionKey | undefined {
  const slash = name.indexOf('/')
  if (slash < 0) {
    const lower = name.toLowerCase()
    return Object.hasOwn(KEYS, lower) ? KEYS[lower] : undefined
  }
  const family = name.slice(0, slash + 1).toLowerCase()
  const find = Object.hasOwn(TAGS, family) ? TAGS[family] : undefined
  const tagKey = name.slice(slash + 1)
  return find === undefined || tagKey === '' ? undefined : text((context) => find(context, tagKey))
}

/** Whether judging it takes the row of the object. */
export function readsObject(name: string): boolean {
  return name.toLowerCase().startsWith(EXISTING_TAG)
}

function text(find: (context: RequestContext) => string | undefined): ConditionKey {
  return { kind: 'text', find }
}
