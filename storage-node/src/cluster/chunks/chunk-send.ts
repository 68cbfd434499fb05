/**
 * Brings one chunk to the stores of its group (replication.md 1.8).
 *
 * The chunk counts when enough stores have it. Those that are still at it then get a little longer,
 * so that in a healthy region an acknowledged chunk has all its copies; whoever is late even then is
 * given up, and what is missing is brought there later by those who have it.
 *
 * @module
 */

import type { Clock, Timer } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Member } from '../../contract/configuration.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { CopyFailure } from './chunk-failures.ts'
import { cannotStore } from './chunk-failures.ts'

/** How long a chunk that counts waits for the rest of its group. */
export const SOFT_WAIT_MS = 250
/** How long a copy may go on after that: its bytes are kept in memory for it. */
export const STRAGGLER_MS = 1_000
/** A chunk that does not count within this never will. */
export const COUNT_MS_MAX = 5_000
const RETRY_MS = 200

/** How an attempt ended. */
export type CopyOutcome = { readonly kind: 'stored' } | CopyFailure

export interface ChunkSendParts {
  readonly clock: Clock
  /** Brings the chunk to one store. Ends early, if it can, when the signal is aborted. */
  readonly attempt: (store: StoreId, signal: AbortSignal) => Promise<CopyOutcome>
  readonly isEnough: (copies: readonly Member[]) => boolean
  /** The store was still at it when nobody waited any more. */
  readonly late: (store: StoreId, afterMs: number) => void
}

/** One chunk on its way. */
export class ChunkSend {
  readonly #parts: ChunkSendParts
  readonly #startMs: number
  readonly #group: readonly Member[]
  readonly #have: Member[] = []
  /** Under way for the first time: worth a soft wait. */
  readonly #fresh = new Set<StoreId>()
  /** Under way, also again. */
  readonly #trying = new Set<Member>()
  /** Stores that are better left alone, unless the chunk cannot count without them. */
  #spare: readonly Member[]
  readonly #failures = new Map<StoreId, CopyFailure>()
  readonly #giveUp = new AbortController()
  #timer: Timer
  #state: 'sending' | 'waiting' | 'counted' | 'failed' = 'sending'
  #countedNow!: () => void
  #failedNow!: (cause: unknown) => void
  #settledNow!: () => void
  /** Resolves once the chunk counts and has waited for the others; rejects when it cannot count. */
  readonly counted = new Promise<void>((resolve, reject) => {
    this.#countedNow = resolve
    this.#failedNow = reject
  })
  /** Resolves once nothing is under way any more. */
  readonly settled = new Promise<void>((resolve) => (this.#settledNow = resolve))

  /** Starts with `first`; `spare` are the others of the group. */
  constructor(parts: ChunkSendParts, first: readonly Member[], spare: readonly Member[]) {
    this.#parts = parts
    this.#startMs = parts.clock.monotonicMs()
    this.#group = [...first, ...spare]
    this.#spare = spare
    this.#timer = parts.clock.schedule(COUNT_MS_MAX, () => this.#fail())
    // Who only waits for `settled` is not surprised by a failure.
    this.counted.catch(() => undefined)
    this.#start(first)
    this.#look()
  }

  /** The stores of the group that are not known to have the chunk. */
  lacking(): readonly StoreId[] {
    return this.#group.filter((member) => !this.#have.includes(member)).map(({ store }) => store)
  }

  #start(members: readonly Member[]): void {
    for (const member of members) {
      this.#fresh.add(member.store)
      this.#trying.add(member)
    }
    for (const member of members) void this.#bring(member)
  }

  async #bring(member: Member): Promise<void> {
    const { clock, attempt } = this.#parts
    const { signal } = this.#giveUp
    for (;;) {
      const outcome = await attempt(member.store, signal)
      this.#fresh.delete(member.store)
      if (outcome.kind === 'stored') this.#have.push(member)
      else this.#failures.set(member.store, outcome)
      const mayHelp = outcome.kind === 'unreachable' && this.#state === 'sending'
      if (!mayHelp) this.#trying.delete(member)
      this.#look()
      if (!mayHelp) break
      await sleep(clock, RETRY_MS, signal)
      if (this.#state !== 'sending') {
        this.#trying.delete(member)
        break
      }
    }
    if (this.#trying.size === 0) this.#settle()
  }

  /** Something has changed: does the chunk count, can it? */
  #look(): void {
    if (this.#state === 'sending') {
      if (this.#parts.isEnough(this.#have)) this.#startWaiting()
      else this.#callForMore()
    }
    if (this.#state === 'waiting' && this.#fresh.size === 0) this.#count()
  }

  #startWaiting(): void {
    this.#state = 'waiting'
    this.#timer.cancel()
    if (this.#fresh.size === 0) return
    this.#timer = this.#parts.clock.schedule(SOFT_WAIT_MS, () => this.#count())
  }

  #count(): void {
    this.#state = 'counted'
    this.#timer.cancel()
    this.#countedNow()
    if (this.#fresh.size === 0) return this.#giveUp.abort()
    this.#timer = this.#parts.clock.schedule(STRAGGLER_MS, () => this.#leaveStragglers())
  }

  #callForMore(): void {
    const { isEnough } = this.#parts
    const fresh = [...this.#trying].filter(({ store }) => this.#fresh.has(store))
    if (isEnough([...this.#have, ...fresh])) return
    const spare = this.#spare
    this.#spare = []
    this.#start(spare)
    if (!isEnough([...this.#have, ...this.#trying])) this.#fail()
  }

  #fail(): void {
    this.#state = 'failed'
    this.#timer.cancel()
    this.#leaveStragglers()
    this.#failedNow(cannotStore([...this.#failures.values()]))
    if (this.#trying.size === 0) this.#settle()
  }

  #leaveStragglers(): void {
    const afterMs = this.#parts.clock.monotonicMs() - this.#startMs
    for (const store of this.#fresh) this.#parts.late(store, afterMs)
    this.#giveUp.abort()
  }

  #settle(): void {
    this.#timer.cancel()
    this.#settledNow()
  }
}
