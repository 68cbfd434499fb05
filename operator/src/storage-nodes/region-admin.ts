/**
 * What the operator asks of a region's storage nodes (admin API): accounts and their keys, buckets, both
 * of which any storage node answers for the whole region, and single pods.
 *
 * Nothing here throws for what the surroundings do: no answer and a refusal are values.
 *
 * @module
 */

import type { ToldConfiguration } from '@granary/storage-node/contract/kubernetes-records'

/** An answer, or why there is none. */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** A storage node refused it: asking again changes nothing. */
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly code: string
      readonly message: string
    }
  /** None of them answered, or not in time: asking again may. */
  | { readonly kind: 'unreachable'; readonly message: string }

/** An access key as the region should have it. */
export interface RegionAccessKey {
  readonly account: string
  readonly accessKeySecret: string
  readonly enabled: boolean
  /** RFC 3339; null: never. */
  readonly expiresAt: string | null
  /** RAM policy documents; null: everything of the account. */
  readonly policies: readonly object[] | null
  /** Name of the RAM user that has these policies; null where there are none. */
  readonly user: string | null
}

/** A bucket as the region should have it; null: not managed. */
export interface RegionBucket {
  readonly account: string
  readonly acl: string
  readonly storageClass: string
  readonly versioning: string | null
  readonly tags: Readonly<Record<string, string>> | null
  readonly policy: object | null
  readonly cors: readonly object[] | null
}

/** What became of a bucket that was put. */
export interface BucketChange {
  readonly created: boolean
  /** Names of the fields that were different. */
  readonly changed: readonly string[]
}

/** Who may use the region. */
export interface KeyAdmin {
  putAccount(uid: string, name: string): Promise<Answer<void>>
  putAccessKey(accessKeyId: string, key: RegionAccessKey): Promise<Answer<void>>
  /** Also `ok` when there is none. */
  deleteAccessKey(accessKeyId: string): Promise<Answer<void>>
  /** The ids of all of them. */
  listAccessKeys(): Promise<Answer<readonly string[]>>
}

/** Its buckets. */
export interface BucketAdmin {
  putBucket(name: string, bucket: RegionBucket): Promise<Answer<BucketChange>>
  /** Whose the bucket is; undefined: there is none. */
  findBucketAccount(name: string): Promise<Answer<string | undefined>>
  /** Also `ok` when there is none; with `contents`, everything in it goes first. */
  deleteBucket(name: string, contents: boolean): Promise<Answer<void>>
  /** Names of buckets behind `after`, in order; fewer than asked for: there are no more. */
  listBuckets(after: string, limit: number): Promise<Answer<readonly string[]>>
}

/** What is asked of the whole region. */
export type RegionAdmin = KeyAdmin & BucketAdmin

/** A partition's copy on one storage node. */
export interface PartitionReplica {
  readonly id: number
  readonly epoch: number
  readonly role: 'Primary' | 'Secondary'
  /** Entries behind; of a primary the most that one of its members is behind. */
  readonly lag: number
  /** The newest that it knows; undefined: it knows none, or is of an earlier version. */
  readonly configuration?: ToldConfiguration
}

/** What a storage node says of itself. */
export interface PodStatus {
  readonly name: string
  readonly storeId: string
  readonly isReady: boolean
  readonly isDraining: boolean
  readonly version: string
  readonly partitions: readonly PartitionReplica[]
  readonly capacityBytes: number
  readonly usedBytes: number
  /** Its wall clock; a storage node of an earlier version does not say. */
  readonly clockMs?: number
  /** Ids of the keys that it can open secrets with, in their order. */
  readonly ringKeys?: readonly string[]
}

/** What is asked of a single pod. */
export interface PodAdmin {
  getStatus(pod: string): Promise<Answer<PodStatus>>
  /** Hands all primaries of the pod over to others; answers how many partitions it still leads. */
  handOver(pod: string): Promise<Answer<number>>
}
