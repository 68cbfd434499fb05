/**
 * One client of a run: calls one storage node for a while, then another, one call at a time.
 *
 * @module
 */

import { Agent } from 'node:http'
import { sleep, systemClock } from '@granary/storage-node/base/clock'
import { SeededRandom } from '../crash/seeded-random.ts'
import type {
  ClientHistory,
  ClientOperation,
  Outcome,
  Seen,
} from '../simulation/checkers/history.ts'
import { etagOf, etagOfParts } from '../simulation/contents.ts'
import type { Endpoints } from './nemesis-region.ts'
import { OssCalls, outcomeOfError } from './oss-calls.ts'
import {
  APPENDED_KEYS,
  BRIEF_BUCKETS,
  LASTING_BUCKETS,
  PART_BYTES_MIN,
  PLAIN_KEYS,
} from './workload.ts'
import type { Workload } from './workload.ts'

/**
 * Half of the clients wait until a failover is over, which their calls have to survive; the others
 * soon ask elsewhere, so that a storage node which is cut off is asked a lot.
 */
const PATIENCE_MS = 7_000
const IMPATIENCE_MS = 1_000
/** A client stays with a storage node so long, and away from one that failed it. */
const STAY_MS_MAX = 2_000
const AWAY_MS = 3_000
const AFTER_FAILURE_MS = 50
const BRIEF_PROBABILITY = 0.04
const CHANGE_BUCKET_PROBABILITY = 0.3
const PART_COUNT_MAX = 3
const MORE_PARTS_PROBABILITY = 0.15
/** An object that is appended to begins anew now and then, so that it stays small. */
const APPENDED_BYTES_MAX = 60_000

export interface ClientOptions {
  readonly number: number
  readonly seed: number
  readonly endpoints: Endpoints
  readonly history: ClientHistory
  readonly workload: Workload
  /** Called with the end of each call. */
  onReturn(endpoint: string, operation: ClientOperation, isDone: boolean): void
}

export class Client {
  readonly #options: ClientOptions
  readonly #random: SeededRandom
  readonly #patienceMs: number
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 1 })
  readonly #awayUntilMs = new Map<string, number>()
  #endpoint = ''
  #stayUntilMs = 0

  constructor(options: ClientOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#patienceMs = options.number % 2 === 0 ? PATIENCE_MS : IMPATIENCE_MS
  }

  /** Makes a bucket, however often it has to ask. */
  async makeBucket(bucket: string): Promise<void> {
    const operation = { kind: 'createBucket', bucket } as const
    let outcome: Outcome<Seen> | undefined
    while (outcome?.kind !== 'done') {
      outcome = await this.#call(operation, (calls) => calls.createBucket(bucket))
    }
  }

  /** Calls until it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#turn()
    this.#agent.destroy()
  }

  /** Reads what the run has left behind, until every answer is known. */
  async readEverything(buckets: readonly string[]): Promise<void> {
    for (const bucket of buckets) {
      for (const key of [...PLAIN_KEYS, ...APPENDED_KEYS]) {
        await this.#insist(() => this.#get(bucket, key))
      }
      await this.#insist(() => this.#list(bucket))
    }
    this.#agent.destroy()
  }

  async #insist(act: () => Promise<Outcome<Seen>>): Promise<void> {
    const tries = 20
    for (let at = 0; at < tries; at++) {
      if ((await act()).kind !== 'unknown') return
    }
  }

  #turn(): Promise<unknown> {
    const random = this.#random
    const isBrief = random.chance(BRIEF_PROBABILITY)
    const bucket = random.pick(isBrief ? BRIEF_BUCKETS : LASTING_BUCKETS)
    if (isBrief && random.chance(CHANGE_BUCKET_PROBABILITY)) return this.#changeBucket(bucket)
    if (random.chance(0.02)) return this.#list(bucket)
    if (random.chance(0.2)) return this.#useAppended(bucket)
    const key = random.pick(PLAIN_KEYS)
    const turn = random.below(100)
    if (turn < 30) return this.#put(bucket, key, false)
    if (turn < 36) return this.#put(bucket, key, true)
    if (turn < 37) return this.#upload(bucket, key)
    if (turn < 47) return this.#delete(bucket, key)
    return this.#read(bucket, key)
  }

  #changeBucket(bucket: string): Promise<unknown> {
    if (this.#random.chance(0.6)) {
      return this.#call({ kind: 'createBucket', bucket }, (calls) => calls.createBucket(bucket))
    }
    return this.#call({ kind: 'deleteBucket', bucket }, (calls) => calls.deleteBucket(bucket))
  }

  #put(bucket: string, key: string, forbidOverwrite: boolean): Promise<unknown> {
    const { block, bytes } = this.#options.workload.newBlock(this.#random)
    const operation = {
      ...({ kind: 'put', bucket, key, forbidOverwrite } as const),
      ...{ content: String(block), etag: etagOf(bytes), sizeBytes: bytes.byteLength },
    }
    return this.#call(operation, (calls) => calls.put(bucket, key, bytes, forbidOverwrite))
  }

  async #upload(bucket: string, key: string): Promise<void> {
    const random = this.#random
    const { workload } = this.#options
    const blocks = [workload.newBlock(random)]
    // All parts but the last have a least size.
    while (blocks.length < PART_COUNT_MAX && random.chance(MORE_PARTS_PROBABILITY)) {
      blocks.unshift(workload.newBlock(random, PART_BYTES_MIN))
    }
    const parts = blocks.map(({ bytes }) => bytes)
    const begun = await this.#ask((calls) => calls.upload(bucket, key, parts))
    if (begun.kind === 'unknown') await this.#moveOn()
    if (begun.kind !== 'done') return
    const { uploadId, document } = begun.value
    const operation: ClientOperation = {
      ...({ kind: 'complete', bucket, key, uploadId } as const),
      content: blocks.map(({ block }) => block).join(),
      etag: etagOfParts(parts),
      sizeBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    }
    const complete = () =>
      this.#call(operation, (calls) => calls.complete(bucket, key, uploadId, document))
    // As SDKs do, who does not know asks once more.
    if ((await complete()).kind === 'unknown') await complete()
  }

  #delete(bucket: string, key: string): Promise<Outcome<Seen>> {
    return this.#call({ kind: 'delete', bucket, key }, (calls) => calls.delete(bucket, key))
  }

  #read(bucket: string, key: string): Promise<Outcome<Seen>> {
    if (!this.#random.chance(0.3)) return this.#get(bucket, key)
    return this.#call({ kind: 'head', bucket, key }, async (calls) => {
      const seen = await calls.head(bucket, key)
      this.#options.workload.lengths.set(`${bucket}/${key}`, seen.sizeBytes)
      return seen
    })
  }

  #get(bucket: string, key: string): Promise<Outcome<Seen>> {
    return this.#call({ kind: 'get', bucket, key }, (calls) => calls.get(bucket, key))
  }

  #list(bucket: string): Promise<Outcome<Seen>> {
    return this.#call({ kind: 'list', bucket }, (calls) => calls.list(bucket))
  }

  #useAppended(bucket: string): Promise<unknown> {
    const key = this.#random.pick(APPENDED_KEYS)
    const { lengths } = this.#options.workload
    const name = `${bucket}/${key}`
    const position = lengths.get(name) ?? 0
    const turn = this.#random.below(100)
    if (turn < 3 || position > APPENDED_BYTES_MAX) {
      lengths.delete(name)
      return this.#delete(bucket, key)
    }
    if (turn < 45) return this.#read(bucket, key)
    return this.#append(bucket, key, position)
  }

  async #append(bucket: string, key: string, position: number): Promise<void> {
    const { workload } = this.#options
    const { lengths } = workload
    const { block, bytes } = workload.newBlock(this.#random)
    const operation = {
      ...({ kind: 'append', bucket, key, position } as const),
      ...{ content: String(block), sizeBytes: bytes.byteLength },
    }
    const outcome = await this.#call(operation, (calls) =>
      calls.append(bucket, key, position, bytes),
    )
    const name = `${bucket}/${key}`
    // Somebody else appended, or deleted: the next one begins anew, or asks.
    if (outcome.kind === 'done') lengths.set(name, position + bytes.byteLength)
    else lengths.delete(name)
  }

  async #call(
    operation: ClientOperation,
    act: (calls: OssCalls) => Promise<Seen>,
  ): Promise<Outcome<Seen>> {
    const { number, history, onReturn } = this.#options
    this.#chooseEndpoint()
    const answer = history.invoke(number, tenthsOfMs(), operation)
    const outcome = await this.#ask(act)
    answer(tenthsOfMs(), outcome)
    onReturn(this.#endpoint, operation, outcome.kind === 'done')
    if (outcome.kind === 'unknown') await this.#moveOn()
    return outcome
  }

  async #ask<T>(act: (calls: OssCalls) => Promise<T>): Promise<Outcome<T>> {
    this.#chooseEndpoint()
    const access = this.#options.endpoints.get(this.#endpoint)
    if (access === undefined) throw new Error(`There is no ${this.#endpoint}`)
    try {
      return { kind: 'done', value: await act(new OssCalls(access, this.#agent, this.#patienceMs)) }
    } catch (error) {
      return outcomeOfError(error)
    }
  }

  async #moveOn(): Promise<void> {
    this.#awayUntilMs.set(this.#endpoint, performance.now() + AWAY_MS)
    this.#stayUntilMs = 0
    await sleep(systemClock, AFTER_FAILURE_MS)
  }

  #chooseEndpoint(): void {
    const nowMs = performance.now()
    if (nowMs < this.#stayUntilMs) return
    const names = [...this.#options.endpoints.keys()]
    const good = names.filter((name) => (this.#awayUntilMs.get(name) ?? 0) < nowMs)
    this.#endpoint = this.#random.pick(good.length === 0 ? names : good)
    this.#stayUntilMs = nowMs + this.#random.below(STAY_MS_MAX)
  }
}

/** Finer times only make histories hard to read. */
function tenthsOfMs(): number {
  return Math.round(performance.now() * 10) / 10
}
