/**
 * Keeps the object StorageNode of this pod as it should be: made at the start, written again on a
 * change of state and every few minutes. The API server may be away for as long as it likes.
 *
 * @module
 */

import type { Clock, Timer } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { KubernetesObject } from './contract/kubernetes-object.ts'
import { API_VERSION } from './contract/kubernetes-records.ts'
import type {
  StorageNodeSpec,
  StorageNodeState,
  StorageNodeStatus,
} from './contract/storage-node-record.ts'
import { storageNodeObject } from './contract/storage-node-record.ts'
import type { ApiClient } from './kubernetes/api-client.ts'
import { KubernetesStatusError } from './kubernetes/api-client.ts'

export interface PodRecordParts {
  readonly api: ApiClient
  readonly clock: Clock
  readonly logger: Logger
  readonly namespace: string
  readonly region: string
  readonly spec: StorageNodeSpec
  /** Everything of the status that is measured. */
  readonly measure: () => Promise<Omit<StorageNodeStatus, 'state' | 'at'>>
}

const WRITE_MS = 300_000
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 30_000

export class PodRecord {
  readonly #parts: PodRecordParts
  readonly #path: string
  #state: StorageNodeState = 'Starting'
  #timer: Timer | undefined
  #retryMs = RETRY_MS_MIN
  /** Of the write under way, and of all before it. */
  #writing: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(parts: PodRecordParts) {
    this.#parts = parts
    this.#path = `/apis/${API_VERSION}/namespaces/${parts.namespace}/storagenodes`
    this.#write()
  }

  /** Resolves once it was tried to tell so. */
  become(state: StorageNodeState): Promise<void> {
    this.#state = state
    this.#write()
    return this.#writing
  }

  /** Writes no more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#writing
  }

  #write(): void {
    this.#timer?.cancel()
    this.#writing = this.#writing.then(async () => {
      if (this.#isStopped) return
      const waitMs = await this.#tryWrite()
      this.#timer?.cancel()
      if (!this.#isStopped) this.#timer = this.#parts.clock.schedule(waitMs, () => this.#write())
    })
  }

  /** Returns when to write again. */
  async #tryWrite(): Promise<number> {
    const { logger } = this.#parts
    try {
      await this.#writeOnce()
      this.#retryMs = RETRY_MS_MIN
      return WRITE_MS
    } catch (error) {
      logger.warn('The storage node is not told of', { why: (error as Error).message })
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX)
      return this.#retryMs
    }
  }

  async #writeOnce(): Promise<void> {
    const { api, clock, region, spec, measure } = this.#parts
    const object = storageNodeObject(region, spec)
    const present = (await this.#find()) ?? (await api.call('POST', this.#path, object))
    const own = await this.#withSpec(present as KubernetesObject, object)
    const at = new Date(clock.nowMs()).toISOString()
    const status: StorageNodeStatus = { ...(await measure()), state: this.#state, at }
    await api.call('PUT', `${this.#path}/${spec.pod}/status`, { ...own, status })
  }

  /** A pod that comes back with another disk is another store under the same name. */
  async #withSpec(present: KubernetesObject, wanted: KubernetesObject): Promise<KubernetesObject> {
    const { spec } = this.#parts
    const known = (present.spec ?? {}) as Partial<StorageNodeSpec>
    const isSame = (Object.keys(spec) as (keyof StorageNodeSpec)[]).every(
      (field) => known[field] === spec[field],
    )
    if (isSame) return present
    const { resourceVersion } = present.metadata
    const metadata = { ...wanted.metadata, ...(resourceVersion && { resourceVersion }) }
    const path = `${this.#path}/${spec.pod}`
    const written = await this.#parts.api.call('PUT', path, { ...wanted, metadata })
    return written as KubernetesObject
  }

  async #find(): Promise<KubernetesObject | undefined> {
    const { api, spec } = this.#parts
    try {
      return (await api.call('GET', `${this.#path}/${spec.pod}`)) as KubernetesObject
    } catch (error) {
      if (error instanceof KubernetesStatusError && error.status === 404) return undefined
      throw error
    }
  }
}
