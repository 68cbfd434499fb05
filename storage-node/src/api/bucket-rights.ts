/**
 * A bucket as far as rights are concerned: its policy is read and prepared once for each record.
 *
 * @module
 */

import type { CompiledPolicy } from '../model/access/compile-policy.ts'
import { compilePolicy } from '../model/access/compile-policy.ts'
import type { BucketRights } from '../model/access/decide-access.ts'
import type { PolicyDocument } from '../model/access/policy.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import { readBucketPolicy } from '../wire/oss/documents/policy.ts'
import { blocksPublicAccess } from '../model/public-access.ts'

/** By the record: a cache of records has the same one until the bucket is changed. */
const rightsOf = new WeakMap<BucketRecord, BucketRights>()

export function bucketRights(bucket: BucketRecord, region: string): BucketRights {
  let rights = rightsOf.get(bucket)
  if (rights === undefined) {
    rights = {
      acl: bucket.acl,
      policy: compiledPolicy(bucket, region),
      blocksPublicAccess: blocksPublicAccess(bucket),
    }
    rightsOf.set(bucket, rights)
  }
  return rights
}

function compiledPolicy(bucket: BucketRecord, region: string): CompiledPolicy | undefined {
  const { policy, name, owner } = bucket
  if (policy === undefined) return undefined
  try {
    return compilePolicy(readBucketPolicy(policy, { name, owner, region }))
  } catch (error) {
    if (error instanceof OssError) return compilePolicy(CLOSED)
    throw error
  }
}

/** For a policy that some other version has checked and this one cannot read: nobody knows what it denies. */
const CLOSED: PolicyDocument = {
  statements: [
    {
      effect: 'Deny',
      actions: { isNegated: false, patterns: ['*'] },
      resources: ['*'],
      principals: { isNegated: false, patterns: ['*'] },
      conditions: [],
    },
  ],
}
