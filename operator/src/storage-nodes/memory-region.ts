/**
 * A region in memory, as its admin API shows it: for tests, and for trying the operator without storage
 * nodes. It passes the same suite as the real one.
 *
 * @module
 */

import type {
  Answer,
  BucketChange,
  PodAdmin,
  PodStatus,
  RegionAccessKey,
  RegionAdmin,
  RegionBucket,
} from './region-admin.ts'

/** Fields of a bucket that are set only where they are named. */
const MANAGED = ['acl', 'versioning', 'tags', 'policy', 'cors'] as const

export class MemoryRegion implements RegionAdmin, PodAdmin {
  readonly accounts = new Map<string, string>()
  readonly accessKeys = new Map<string, RegionAccessKey>()
  readonly buckets = new Map<string, RegionBucket>()
  /** Names of buckets that hold objects. */
  readonly full = new Set<string>()
  readonly statuses = new Map<string, PodStatus>()
  /** Pods that were told to hand over, in order. */
  readonly handedOver: string[] = []
  /** Nobody answers. */
  isDown = false

  async putAccount(uid: string, name: string): Promise<Answer<void>> {
    return this.#answer(() => void this.accounts.set(uid, name))
  }

  async putAccessKey(accessKeyId: string, key: RegionAccessKey): Promise<Answer<void>> {
    if (!this.accounts.has(key.account)) return refused(404, 'NoSuchAccount', 'There is none')
    return this.#answer(() => void this.accessKeys.set(accessKeyId, key))
  }

  async deleteAccessKey(accessKeyId: string): Promise<Answer<void>> {
    return this.#answer(() => void this.accessKeys.delete(accessKeyId))
  }

  async listAccessKeys(): Promise<Answer<readonly string[]>> {
    return this.#answer(() => [...this.accessKeys.keys()])
  }

  async putBucket(name: string, bucket: RegionBucket): Promise<Answer<BucketChange>> {
    const present = this.buckets.get(name)
    if (present !== undefined && present.account !== bucket.account) {
      return refused(409, 'NameTaken', 'The bucket belongs to another account')
    }
    return this.#answer(() => {
      const named = MANAGED.filter((field) => bucket[field] !== null)
      const changed = named.filter((field) => {
        return JSON.stringify(present?.[field] ?? null) !== JSON.stringify(bucket[field])
      })
      const fields = Object.fromEntries(named.map((field) => [field, bucket[field]]))
      this.buckets.set(name, { ...(present ?? bucket), ...fields })
      return { created: present === undefined, changed: present === undefined ? [] : changed }
    })
  }

  async findBucketAccount(name: string): Promise<Answer<string | undefined>> {
    return this.#answer(() => this.buckets.get(name)?.account)
  }

  async deleteBucket(name: string, contents: boolean): Promise<Answer<void>> {
    if (this.full.has(name) && !contents) {
      return refused(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty.')
    }
    return this.#answer(() => void this.buckets.delete(name))
  }

  async listBuckets(after: string, limit: number): Promise<Answer<readonly string[]>> {
    return this.#answer(() => {
      return [...this.buckets.keys()]
        .sort()
        .filter((name) => name > after)
        .slice(0, limit)
    })
  }

  async getStatus(pod: string): Promise<Answer<PodStatus>> {
    const status = this.statuses.get(pod)
    if (status === undefined) return { kind: 'unreachable', message: `${pod} is not there` }
    return this.#answer(() => status)
  }

  async handOver(pod: string): Promise<Answer<number>> {
    return this.#answer(() => {
      this.handedOver.push(pod)
      return 0
    })
  }

  #answer<T>(act: () => T): Answer<T> {
    if (this.isDown) return { kind: 'unreachable', message: 'Nobody answers' }
    return { kind: 'ok', value: act() }
  }
}

function refused(status: number, code: string, message: string): Answer<never> {
  return { kind: 'refused', status, code, message }
}
