/**
 * What an AccessKey may do, as policy documents: its permissions with the names of their buckets.
 *
 * @module
 */

import {
  mayNotBePrefix,
  permissionPolicy,
  type NamedPermission,
} from '../decisions/permission-policy.ts'
import { listed, type Refusal } from '../decisions/refusal.ts'
import type { AccessKey, Permission } from '../resources/access-key.ts'
import { buckets, type Bucket } from '../resources/bucket.ts'
import { keyOf } from '../resources/kubernetes-object.ts'
import { bucketNameOf } from './bucket-reconciler.ts'
import type { ReconcilerParts } from './parts.ts'
import { regionName } from './region-access.ts'

/** The rights of a pair. */
export interface KeyRights {
  /** Null: everything of the account. None at all: nothing. */
  readonly policies: readonly object[] | null
  /** The one bucket that the permissions are for. */
  readonly bucket: string | undefined
  /** What of the permissions is not granted, and why. */
  readonly refusal: Refusal | undefined
}

interface Found {
  readonly permission: Permission
  readonly bucket: Bucket | undefined
}

/** Grants what can be granted: a permission for a bucket that is not there waits for it alone. */
export async function findRights(parts: ReconcilerParts, key: AccessKey): Promise<KeyRights> {
  const { policy, permissions } = key.spec
  if (policy !== null) return { policies: [policy], bucket: undefined, refusal: undefined }
  if (permissions.length === 0) return { policies: null, bucket: undefined, refusal: undefined }
  const found = await Promise.all(permissions.map((permission) => find(parts, key, permission)))
  const granted = found.flatMap((one) => grant(parts, key, one))
  const names = [...new Set(granted.map(({ bucket }) => bucket))]
  return {
    policies: granted.length === 0 ? [] : [permissionPolicy(granted)],
    bucket: names.length === 1 ? names[0] : undefined,
    refusal: whyNot(parts, key, found),
  }
}

async function find(
  { api }: ReconcilerParts,
  { metadata }: AccessKey,
  permission: Permission,
): Promise<Found> {
  const { namespace = '' } = metadata
  const bucket = await api.get(buckets, { namespace, name: permission.bucketRef.name })
  return { permission, bucket }
}

function grant(
  parts: ReconcilerParts,
  key: AccessKey,
  { permission, bucket }: Found,
): NamedPermission[] {
  const { prefix, access } = permission
  if (bucket === undefined || mayNotBePrefix(prefix) !== undefined) return []
  if (!isSameRegion(parts, key, bucket)) return []
  return [{ prefix, access, bucket: bucketNameOf(bucket) }]
}

function whyNot(
  parts: ReconcilerParts,
  key: AccessKey,
  found: readonly Found[],
): Refusal | undefined {
  const missing = found.filter(({ bucket }) => bucket === undefined).map(nameOf)
  if (missing.length > 0) {
    const message = `There is no Bucket ${listed(missing)} in ${key.metadata.namespace}: make it`
    return { reason: 'BucketNotFound', message }
  }
  const elsewhere = found.filter(({ bucket }) => bucket && !isSameRegion(parts, key, bucket))
  if (elsewhere.length > 0) {
    const message = `Bucket ${listed(elsewhere.map(nameOf))} is in another Region than this AccessKey`
    return { reason: 'BucketInOtherRegion', message }
  }
  return found.map(({ permission }) => mayNotBePrefix(permission.prefix)).find(Boolean)
}

function nameOf({ permission }: Found): string {
  return permission.bucketRef.name
}

function isSameRegion(parts: ReconcilerParts, key: AccessKey, bucket: Bucket): boolean {
  const regionOf = ({ spec }: AccessKey | Bucket) => keyOf(regionName(spec.regionRef, parts))
  return regionOf(key) === regionOf(bucket)
}
