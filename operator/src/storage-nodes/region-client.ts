/**
 * The admin API of a region's storage nodes, over the network.
 *
 * What is asked of the region goes to one storage node after the other until one answers: each request
 * means the same however often it is taken.
 *
 * @module
 */

import type { Clock } from '@granary/storage-node/base/clock'
import {
  askAdmin,
  type AdminAddress,
  type AdminCall,
  type AdminResponse,
  type OperatorCredentials,
} from './admin-request.ts'
import type {
  Answer,
  BucketChange,
  PodAdmin,
  PodStatus,
  RegionAccessKey,
  RegionAdmin,
  RegionBucket,
} from './region-admin.ts'

export interface RegionClientOptions {
  readonly region: string
  readonly addresses: readonly AdminAddress[]
  readonly credentials: OperatorCredentials
  readonly clock: Clock
}

/** Others may answer in place of one that does not, but a reconcile is not to take minutes. */
const ATTEMPTS_MAX = 3
const MESSAGE_CHARS_MAX = 500

export class RegionClient implements RegionAdmin, PodAdmin {
  readonly #options: RegionClientOptions

  constructor(options: RegionClientOptions) {
    this.#options = options
  }

  putAccount(uid: string, name: string): Promise<Answer<void>> {
    return this.#ask('PUT', `accounts/${word(uid)}`, nothing, { name })
  }

  putAccessKey(accessKeyId: string, key: RegionAccessKey): Promise<Answer<void>> {
    return this.#ask('PUT', `access-keys/${word(accessKeyId)}`, nothing, key)
  }

  async deleteAccessKey(accessKeyId: string): Promise<Answer<void>> {
    return gone(await this.#ask('DELETE', `access-keys/${word(accessKeyId)}`, nothing))
  }

  listAccessKeys(): Promise<Answer<readonly string[]>> {
    return this.#ask('GET', 'access-keys', accessKeyIds)
  }

  putBucket(name: string, bucket: RegionBucket): Promise<Answer<BucketChange>> {
    return this.#ask('PUT', `buckets/${word(name)}`, bucketChange, bucket)
  }

  async findBucketAccount(name: string): Promise<Answer<string | undefined>> {
    const answer = await this.#ask('GET', `buckets/${word(name)}`, bucketAccount)
    return isNotThere(answer) ? { kind: 'ok', value: undefined } : answer
  }

  async deleteBucket(name: string, contents: boolean): Promise<Answer<void>> {
    const query = new URLSearchParams({ contents: String(contents) })
    return gone(await this.#ask('DELETE', `buckets/${word(name)}?${query}`, nothing))
  }

  listBuckets(after: string, limit: number): Promise<Answer<readonly string[]>> {
    const query = new URLSearchParams({ after, limit: String(limit) })
    return this.#ask('GET', `buckets?${query}`, bucketNames)
  }

  getStatus(pod: string): Promise<Answer<PodStatus>> {
    return this.#askPod(pod, 'GET', 'status', (body) => body as PodStatus)
  }

  handOver(pod: string): Promise<Answer<number>> {
    return this.#askPod(pod, 'POST', 'hand-over', (body) => Number(fieldOf(body, 'partitionsLeft')))
  }

  async #ask<T>(
    method: AdminCall['method'],
    path: string,
    read: (body: unknown) => T,
    body?: object,
  ): Promise<Answer<T>> {
    const { addresses, region } = this.#options
    const failures: string[] = []
    for (const address of addresses.slice(0, ATTEMPTS_MAX)) {
      const answer = await this.#askOne(address, method, path, read, body)
      if (answer.kind !== 'unreachable') return answer
      failures.push(answer.message)
    }
    const why = failures.length === 0 ? 'It has no storage nodes yet' : failures.join('; ')
    return { kind: 'unreachable', message: `Region ${region} does not answer: ${why}` }
  }

  async #askPod<T>(
    pod: string,
    method: AdminCall['method'],
    path: string,
    read: (body: unknown) => T,
  ): Promise<Answer<T>> {
    const address = this.#options.addresses.find((candidate) => candidate.pod === pod)
    if (address !== undefined) return this.#askOne(address, method, path, read)
    return { kind: 'unreachable', message: `${pod} has not told where it is` }
  }

  async #askOne<T>(
    address: AdminAddress,
    method: AdminCall['method'],
    path: string,
    read: (body: unknown) => T,
    body?: object,
  ): Promise<Answer<T>> {
    try {
      const call = { method, path: `/v1/${path}`, ...(body !== undefined && { body }) }
      return answerOf(address.pod, await askAdmin({ ...this.#options, address }, call), read)
    } catch (error) {
      const message = `${address.pod}: ${(error as Error).message}`.slice(0, MESSAGE_CHARS_MAX)
      return { kind: 'unreachable', message }
    }
  }
}

function answerOf<T>(
  pod: string,
  { status, body }: AdminResponse,
  read: (body: unknown) => T,
): Answer<T> {
  if (status >= 200 && status < 300) return { kind: 'ok', value: read(body) }
  const code = String(fieldOf(body, 'code') ?? status)
  const message = String(fieldOf(body, 'message') ?? `status ${status}`).slice(0, MESSAGE_CHARS_MAX)
  // Another storage node, or this one later, may do better.
  if (status >= 500 || status === 429) {
    return { kind: 'unreachable', message: `${pod}: ${code}: ${message}` }
  }
  return { kind: 'refused', status, code, message }
}

function isNotThere(answer: Answer<unknown>): boolean {
  return answer.kind === 'refused' && answer.status === 404
}

/** What is not there need not be deleted. */
function gone(answer: Answer<void>): Answer<void> {
  return isNotThere(answer) ? { kind: 'ok', value: undefined } : answer
}

function nothing(): void {}

function bucketChange(body: unknown): BucketChange {
  const changed = fieldOf(body, 'changed')
  return {
    created: fieldOf(body, 'created') === true,
    changed: Array.isArray(changed) ? changed.map(String) : [],
  }
}

function bucketAccount(body: unknown): string | undefined {
  const account = fieldOf(body, 'account')
  return account === undefined ? undefined : String(account)
}

function bucketNames(body: unknown): readonly string[] {
  const found = fieldOf(body, 'buckets')
  return Array.isArray(found) ? found.map(String) : []
}

function accessKeyIds(body: unknown): readonly string[] {
  const found = fieldOf(body, 'accessKeys')
  return Array.isArray(found) ? found.map((key) => String(fieldOf(key, 'accessKeyId'))) : []
}

function fieldOf(body: unknown, field: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, field) : undefined
}

function word(text: string): string {
  return encodeURIComponent(text)
}
