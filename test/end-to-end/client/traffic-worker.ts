/**
 * One sequence of requests on keys of its own: puts, reads that are compared, deletions, at a steady pace.
 *
 * @module
 */

import { createHash, randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExpectedObjects, Found } from './expected-objects.ts'
import type { Measures } from './measures.ts'
import type { ObjectClient } from './object-clients.ts'

export interface TrafficWorkerOptions {
  /** Its keys begin with it. */
  readonly name: string
  /** What its requests are counted as. */
  readonly kind: string
  readonly client: ObjectClient
  readonly objects: ExpectedObjects
  /** Those of now. */
  readonly measures: () => Measures
  /** Takes what was found and should not have been. */
  readonly onWrong: (what: string) => void
  readonly periodMs: number
}

/** Keys that are in use at a time. */
const KEY_COUNT = 40
const KIB = 1024
/** Out of 100 requests. */
const SHARES = { put: 45, get: 42 }

export class TrafficWorker {
  readonly #options: TrafficWorkerOptions
  readonly #keys: string[] = []
  #made = 0

  constructor(options: TrafficWorkerOptions) {
    this.#options = options
    // Keys of an earlier process stay in use, those in doubt are only read.
    const known = options.objects.keys.filter((key) => key.startsWith(`${options.name}/`))
    this.#keys.push(...known.filter((key) => options.objects.isCertain(key)).slice(-KEY_COUNT))
    this.#made = known.length
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all([this.#request(), sleep(this.#options.periodMs)])
    }
  }

  async #request(): Promise<void> {
    const key = this.#chooseKey()
    const dice = randomInt(100)
    if (dice < SHARES.put) return this.#put(key)
    if (dice < SHARES.put + SHARES.get) return this.#get(key)
    return this.#change(key, 'absent', `delete ${key}`, (client) => client.remove(key))
  }

  #chooseKey(): string {
    if (this.#keys.length < KEY_COUNT) {
      this.#keys.push(`${this.#options.name}/${String(this.#made++).padStart(5, '0')}`)
    }
    return this.#keys[randomInt(this.#keys.length)] ?? ''
  }

  async #put(key: string): Promise<void> {
    const body = randomBytes(sizeBytes())
    await this.#change(key, sha256(body), `put ${key}`, (client) => client.put(key, body))
  }

  async #get(key: string): Promise<void> {
    const { client, objects, onWrong } = this.#options
    const found = await this.#measured(`get ${key}`, false, () => client.get(key))
    if (found.failed) return
    const wrong = objects.wrongAbout(key, digestOf(found.value))
    if (wrong !== undefined) onWrong(wrong)
  }

  async #change(
    key: string,
    wanted: Found,
    what: string,
    work: (client: ObjectClient) => Promise<void>,
  ): Promise<void> {
    const { client, objects } = this.#options
    objects.begin(key, wanted)
    const { failed } = await this.#measured(what, true, () => work(client))
    if (!failed) return objects.acknowledge(key, wanted)
    objects.doubt(key, wanted)
    this.#keys.splice(this.#keys.indexOf(key), 1)
  }

  async #measured<T>(
    what: string,
    isWrite: boolean,
    work: () => Promise<T>,
  ): Promise<{ readonly failed: false; readonly value: T } | { readonly failed: true }> {
    const { kind, measures } = this.#options
    const beganMs = Date.now()
    try {
      const value = await work()
      measures().succeeded(kind, isWrite, beganMs, Date.now())
      return { failed: false, value }
    } catch (error) {
      measures().failed(`${kind} ${what}`, error, beganMs, Date.now())
      return { failed: true }
    }
  }
}

export function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}

/** What a read has found. */
export function digestOf(body: Buffer | undefined): Found {
  return body === undefined ? 'absent' : sha256(body)
}

/** Small ones lie in rows, others in one chunk, a few in more than one. */
function sizeBytes(): number {
  const dice = randomInt(100)
  if (dice < 70) return randomInt(0, 8 * KIB)
  if (dice < 98) return randomInt(20 * KIB, 300 * KIB)
  return randomInt(4 * KIB, 6 * KIB) * KIB
}
