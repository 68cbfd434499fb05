/**
 * Histories of clients that call a generated region: calls overlap, some answers are lost, and what is unknown to the
 * client happens at once, much later, or never.
 *
 * @module
 */

import { SeededRandom } from '../../crash/seeded-random.ts'
import { GeneratedRegion } from './generated-region.ts'
import type { RegionBug } from './generated-region.ts'
import { ClientHistory } from './history.ts'
import type { ClientOperation, Outcome, Seen, WriteCondition } from './history.ts'

export interface HistoryPlan {
  readonly seed: number
  readonly clientCount: number
  readonly keyCount: number
  readonly callCount: number
  readonly unknownProbability: number
  readonly bug?: RegionBug
}

const CALL_MS_MAX = 20
const LATE_MS_MAX = 400
const PIECE_BYTES = 100
const BUCKET = 'barn'

/** Runs the clients of a plan. */
export function generateHistory(plan: HistoryPlan): ClientHistory {
  return new Generator(plan).run()
}

class Generator {
  readonly #plan: HistoryPlan
  readonly #random: SeededRandom
  readonly #region: GeneratedRegion
  readonly #history = new ClientHistory()
  readonly #events: { readonly atMs: number; readonly run: (nowMs: number) => void }[] = []
  readonly #lengths = new Map<string, number>()
  readonly #uploads: Extract<ClientOperation, { readonly kind: 'complete' }>[] = []
  /** As last heard. */
  readonly #etags = new Map<string, string>()
  #callCount = 0
  #pieceCount = 0

  constructor(plan: HistoryPlan) {
    this.#plan = plan
    this.#random = new SeededRandom(plan.seed)
    const bugs = new SeededRandom(this.#random.seed())
    this.#region = new GeneratedRegion(plan.bug, () => bugs.below(2 ** 30) / 2 ** 30)
  }

  run(): ClientHistory {
    const { clientCount } = this.#plan
    this.#call(0, 0, { kind: 'createBucket', bucket: BUCKET })
    for (let client = 1; client <= clientCount; client++)
      this.#later(0, (ms) => this.#turn(client, ms))
    for (;;) {
      this.#events.sort((a, b) => a.atMs - b.atMs)
      const event = this.#events.shift()
      if (event === undefined) return this.#history
      event.run(event.atMs)
    }
  }

  #later(atMs: number, run: (nowMs: number) => void): void {
    this.#events.push({ atMs, run })
  }

  #turn(client: number, nowMs: number): void {
    if (this.#callCount >= this.#plan.callCount) return
    this.#callCount++
    const endMs = this.#call(client, nowMs, this.#operation())
    this.#later(endMs + this.#random.below(CALL_MS_MAX), (ms) => this.#turn(client, ms))
  }

  /** Returns when the client goes on. */
  #call(client: number, nowMs: number, operation: ClientOperation): number {
    const random = this.#random
    const answer = this.#history.invoke(client, nowMs, operation)
    const happensMs = nowMs + 1 + random.below(CALL_MS_MAX)
    const endMs = happensMs + 1 + random.below(CALL_MS_MAX)
    if (client !== 0 && random.chance(this.#plan.unknownProbability)) {
      this.#later(endMs, (ms) => answer(ms, { kind: 'unknown', why: 'No answer' }))
      if (random.chance(0.3)) return endMs
      const lateMs = random.chance(0.5) ? random.below(LATE_MS_MAX) : 0
      this.#later(happensMs + lateMs, () => this.#region.call(operation))
      return endMs
    }
    let outcome: Outcome<Seen>
    this.#later(happensMs, () => {
      outcome = this.#region.call(operation)
      this.#remember(operation, outcome)
    })
    this.#later(endMs, (ms) => answer(ms, outcome))
    return endMs
  }

  #remember(operation: ClientOperation, outcome: Outcome<Seen>): void {
    if (!('key' in operation)) return
    if (outcome.kind === 'done' && 'etag' in outcome.value) {
      this.#etags.set(operation.key, outcome.value.etag)
    }
    const isKnown = outcome.kind === 'done' && outcome.value.kind === 'object'
    this.#lengths.set(operation.key, isKnown ? sizeIn(outcome.value) : 0)
  }

  #operation(): ClientOperation {
    const random = this.#random
    const bucket = BUCKET
    const key = `k${random.below(this.#plan.keyCount)}`
    const turn = random.below(100)
    if (turn < 6) return { kind: random.chance(0.5) ? 'createBucket' : 'deleteBucket', bucket }
    if (turn < 12) return { kind: 'list', bucket }
    if (turn < 35) return { kind: 'get', bucket, key }
    if (turn < 45) return { kind: 'head', bucket, key }
    if (turn < 62) return { kind: 'delete', bucket, key, condition: this.#seen(key) }
    if (turn < 75) return this.#append(key)
    if (turn < 85) return this.#complete(key)
    const forbidOverwrite = random.chance(0.4)
    const condition = forbidOverwrite ? undefined : this.#condition(key)
    return { kind: 'put', bucket, key, forbidOverwrite, condition, ...this.#piece() }
  }

  #condition(key: string): WriteCondition | undefined {
    return this.#random.chance(0.3) ? 'nothing' : this.#seen(key)
  }

  /** What was there when somebody looked last, or anything. */
  #seen(key: string): WriteCondition | undefined {
    if (this.#random.chance(0.2)) return 'something'
    const etag = this.#etags.get(key)
    return etag === undefined || this.#random.chance(0.4) ? undefined : { etag }
  }

  #append(key: string): ClientOperation {
    const { content, sizeBytes } = this.#piece()
    const position = this.#lengths.get(key) ?? 0
    return { kind: 'append', bucket: BUCKET, key, position, content, sizeBytes }
  }

  #complete(key: string): ClientOperation {
    const { content, sizeBytes } = this.#piece()
    const known = this.#uploads.filter((upload) => upload.key === key)
    if (known.length > 0 && this.#random.chance(0.4)) return this.#random.pick(known)
    const upload = {
      ...({ kind: 'complete', bucket: BUCKET, key, uploadId: `upload ${content}` } as const),
      ...{ content, etag: `etag ${content}`, sizeBytes },
      // Of every second one the parts come in order.
      ...(this.#uploads.length % 2 === 0 && { contentMd5: `MD5 of ${content}` }),
    }
    this.#uploads.push(upload)
    return upload
  }

  #piece(): { content: string; etag: string; sizeBytes: number } {
    const content = String(++this.#pieceCount)
    return { content, etag: `etag ${content}`, sizeBytes: PIECE_BYTES }
  }
}

function sizeIn(seen: Seen): number {
  return seen.kind === 'object' ? seen.sizeBytes : 0
}
