/**
 * Buckets as the operator wants them: what it names is brought about, what it leaves out stays as it is.
 *
 * Everything goes the way of the REST API, so that limits and refusals are the same.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Partitions } from '../cluster/partitions.ts'
import type { BucketAcl, BucketRecord } from '../model/bucket.ts'
import type { BucketSetting } from '../model/bucket-setting.ts'
import type { CorsConfiguration } from '../model/cors.ts'
import type { AccountUid, BucketName } from '../model/identifiers.ts'
import type { StorageClass } from '../model/object.ts'
import { refusePublicAcl } from '../model/public-access.ts'
import type { Tag } from '../model/tag.ts'
import { checkBucketTags } from '../model/tag.ts'
import type { BucketService } from './bucket-service.ts'
import { checkPolicy } from './checked-policy.ts'
import { emptyBucket } from './empty-bucket.ts'
import type { EmptyingServices } from './empty-bucket.ts'
import { everyBucket } from './every-bucket.ts'

/** Undefined: it is not managed. */
export interface WantedBucket {
  readonly account: AccountUid
  readonly acl: BucketAcl | undefined
  readonly storageClass: StorageClass | undefined
  readonly versioning: 'Enabled' | 'Suspended' | undefined
  readonly tags: readonly Tag[] | undefined
  /** JSON. */
  readonly policy: string | undefined
  /** Without rules: there is to be none. */
  readonly cors: CorsConfiguration | undefined
}

/** What had to be done. */
export interface BucketChanges {
  readonly created: boolean
  /** Names of the fields that were not as wanted. */
  readonly changed: readonly string[]
}

export interface ManagedBucketsParts extends EmptyingServices {
  readonly partitions: Partitions
  readonly buckets: BucketService
  readonly clock: Clock
  /** Bare: `cn-hangzhou`. */
  readonly region: string
}

/** One field that differs, and how that is put right. */
interface Change {
  readonly field: string
  readonly make: () => Promise<unknown>
}

export class ManagedBuckets {
  readonly #parts: ManagedBucketsParts

  constructor(parts: ManagedBucketsParts) {
    this.#parts = parts
  }

  /** As of this moment, whatever is cached. */
  find(name: BucketName): Promise<BucketRecord | undefined> {
    return this.#parts.partitions.ask({ kind: 'bucket', name })
  }

  /**
   * Undefined: the name is taken, by another account. Refuses another class than the bucket has with
   * `BucketAlreadyExists`, and what it may not have before anything is changed.
   */
  async put(name: BucketName, wanted: WantedBucket): Promise<BucketChanges | undefined> {
    const { account, storageClass, acl } = wanted
    const existing = await this.find(name)
    if (existing !== undefined && existing.owner !== account) return undefined
    await this.#check(name, existing, wanted)
    const { record, created } = await this.#parts.buckets.create({
      ...{ name, owner: account, acl: existing === undefined ? acl : undefined },
      storageClass: storageClass ?? existing?.storageClass ?? 'Standard',
      dataRedundancy: existing?.dataRedundancy ?? 'LRS',
    })
    const changed: string[] = []
    for (const { field, make } of this.#changesOf(record, wanted)) {
      await make()
      changed.push(field)
    }
    return { created, changed }
  }

  /**
   * Whether there was one. Refuses with `BucketNotEmpty` while something is in it; with `contents`, what
   * is in it goes first, as much as is done in some seconds: the next call goes on.
   */
  async delete(name: BucketName, contents: boolean): Promise<boolean> {
    const { buckets, clock } = this.#parts
    const bucket = await this.find(name)
    if (bucket === undefined) return false
    if (contents) await emptyBucket(bucket, this.#parts, clock)
    await buckets.delete(bucket)
    return true
  }

  /** In order, behind `after`. */
  async names(after: string, limit: number): Promise<BucketName[]> {
    const names: BucketName[] = []
    for await (const { name } of everyBucket(this.#parts.partitions, after)) {
      names.push(name)
      if (names.length >= limit) break
    }
    return names
  }

  #changesOf(bucket: BucketRecord, wanted: WantedBucket): Change[] {
    const { buckets } = this.#parts
    const { acl, versioning, tags, policy, cors } = wanted
    const changes: Change[] = []
    const set = (field: string, setting: BucketSetting) =>
      changes.push({ field, make: () => buckets.putSetting(bucket, setting) })
    if (acl !== undefined && acl !== bucket.acl) {
      changes.push({ field: 'acl', make: () => buckets.setAcl(bucket, acl) })
    }
    if (versioning !== undefined && versioning !== bucket.versioning) {
      set('versioning', { kind: 'versioning', value: versioning })
    }
    if (tags !== undefined && !isSame(sorted(tags), sorted(bucket.tags))) {
      set('tags', { kind: 'tags', value: tags })
    }
    if (policy !== undefined && !isSamePolicy(policy, bucket.policy)) {
      set('policy', { kind: 'policy', value: policy })
    }
    const wantedCors = cors?.rules.length === 0 ? undefined : cors
    if (cors !== undefined && !isSame(wantedCors, bucket.cors)) {
      set('cors', { kind: 'cors', value: wantedCors })
    }
    return changes
  }

  async #check(
    name: BucketName,
    existing: BucketRecord | undefined,
    { account, acl, policy, tags }: WantedBucket,
  ): Promise<void> {
    const { partitions, region } = this.#parts
    const { publicAccessBlock } = await partitions.ask({ kind: 'account', account })
    const unmade = { publicAccessBlock: false, ownerPublicAccessBlock: publicAccessBlock }
    const holder = { ...(existing ?? unmade), name, owner: account }
    if (acl !== undefined && acl !== existing?.acl) refusePublicAcl(holder, acl, 'bucket')
    if (policy !== undefined && !isSamePolicy(policy, existing?.policy)) {
      checkPolicy(holder, policy, region)
    }
    if (tags !== undefined) checkBucketTags(tags)
  }
}

function sorted(tags: readonly Tag[]): readonly Tag[] {
  return tags.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** A client may have put it with other blanks. */
function isSamePolicy(wanted: string, kept: string | undefined): boolean {
  return kept !== undefined && isSame(JSON.parse(wanted), JSON.parse(kept))
}
