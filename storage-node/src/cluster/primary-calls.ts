/**
 * Calls the primary of a partition, whoever it is by now, until it answers or time is up
 * (replication.md 1.5, step 7).
 *
 * A try ends at once when the partition gets another primary: what the old one would say does not
 * count any more. Whether a try took effect is the primary's to know, by the opId that all tries of a
 * command share.
 *
 * @module
 */

import { AssertionError, unreachable } from '../base/assert.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { PartitionId, StoreId } from '../contract/identifiers.ts'
import { OssError } from '../model/errors.ts'
import type { PrimaryReply } from '../wire/peer/operation-messages.ts'
import type { PartitionTable, Route } from './partition-table.ts'
import { errorOf } from './refusals.ts'
import type { CallTarget } from './store-calls.ts'

/** How long a call is tried, across a failover. */
export const CALL_MS = 5000
/** How long one try may take: a message may have been lost. */
export const TRY_MS = 1500
const WAIT_MS_MIN = 10
const WAIT_MS_MAX = 200
const WAIT_GROWTH = 1.5
/** How often calls look whether their time is up. */
const SWEEP_MS = 100

/** Nobody knows whether the command took effect, or will. */
export class UnknownOutcomeError extends OssError {
  constructor(cause: unknown) {
    super('ServiceUnavailable', { cause })
  }
}

/**
 * True if the command has no effect, now and later. After an unknown outcome the body that it refers
 * to must stay: a row may refer to it, or will. If none does, the orphan sweep finds it.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof OssError && !(error instanceof UnknownOutcomeError)
}

/** One try. */
export type Try<T> = (target: CallTarget) => Promise<PrimaryReply<T>>

export interface CallOptions {
  /** Default: TRY_MS. */
  readonly tryMs?: number
  /** Default: CALL_MS. */
  readonly callMs?: number
  /** Ends the waiting, never the command. */
  readonly signal?: AbortSignal | undefined
}

/** Something that waits for a primary. */
interface Waiting {
  readonly partition: PartitionId
  readonly primary: StoreId | undefined
  readonly untilMs: number
  readonly signal: AbortSignal | undefined
  giveUp(why: string): void
}

export class PrimaryCalls {
  readonly #table: PartitionTable
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()
  #sweep: Timer | undefined

  constructor(table: PartitionTable, clock: Clock) {
    this.#table = table
    this.#clock = clock
    table.onMoved((route) => this.#leaveOldPrimary(route))
  }

  /** Resolves with the primary's answer; rejects with its refusal, or an `UnknownOutcomeError`. */
  async call<T>(
    find: () => Route | undefined,
    attempt: Try<T>,
    { tryMs = TRY_MS, callMs = CALL_MS, signal }: CallOptions = {},
  ): Promise<T> {
    const endMs = this.#clock.monotonicMs() + callMs
    let waitMs = WAIT_MS_MIN
    for (;;) {
      const route = find()
      const untilMs = Math.min(this.#clock.monotonicMs() + tryMs, endMs)
      const reply = await this.#try(route, attempt, untilMs, signal)
      switch (reply.kind) {
        case 'done':
          return reply.value
        case 'refused':
          throw errorOf(reply.refusal)
        case 'elsewhere':
        case 'unavailable':
          this.#learn(route, reply)
          break
        default:
          unreachable(reply)
      }
      // Tried again at once where there is a later epoch: this comes to an end.
      if (find()?.epoch !== route?.epoch) continue
      await this.#pause(route, Math.max(waitMs, retryAfterOf(reply)), endMs, signal)
      waitMs = Math.min(waitMs * WAIT_GROWTH, WAIT_MS_MAX)
      if (signal?.aborted || this.#clock.monotonicMs() >= endMs) throw unknownOutcome(reply)
    }
  }

  /** Takes in who is primary, if the reply says so, and asks the config store whether it is true. */
  #learn(route: Route | undefined, reply: PrimaryReply<unknown>): void {
    if (route === undefined) return
    const { partition } = route
    const isNews =
      reply.kind === 'elsewhere' && this.#table.learnPrimary(partition, reply.epoch, reply.primary)
    if (!isNews) this.#table.refresh(partition)
  }

  #try<T>(
    route: Route | undefined,
    attempt: Try<T>,
    untilMs: number,
    signal: AbortSignal | undefined,
  ): Promise<PrimaryReply<T>> {
    const primary = route?.primary
    if (route === undefined || primary === undefined) {
      return Promise.resolve(unavailable('No primary is known'))
    }
    return new Promise((resolve, reject) => {
      const { partition, epoch } = route
      const giveUp = (why: string) => {
        this.#waiting.delete(waiting)
        resolve(unavailable(why))
      }
      const waiting = { partition, primary, untilMs, signal, giveUp }
      this.#wait(waiting)
      attempt({ store: primary, partition, epoch, untilMs }).then(
        (reply) => {
          this.#waiting.delete(waiting)
          resolve(reply)
        },
        (error: unknown) => {
          if (!(error instanceof AssertionError)) return giveUp(String(error))
          this.#waiting.delete(waiting)
          reject(error)
        },
      )
    })
  }

  /** Lets time pass, unless another primary comes up. */
  #pause(
    route: Route | undefined,
    waitMs: number,
    endMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return new Promise((resolve) => {
      const { partition, primary } = route ?? { partition: 0 as PartitionId, primary: undefined }
      const untilMs = Math.min(this.#clock.monotonicMs() + waitMs, endMs)
      const timer = this.#clock.schedule(untilMs - this.#clock.monotonicMs(), () => giveUp())
      const giveUp = () => {
        timer.cancel()
        this.#waiting.delete(waiting)
        resolve()
      }
      const waiting = { partition, primary, untilMs, signal, giveUp }
      this.#wait(waiting)
    })
  }

  #wait(waiting: Waiting): void {
    this.#waiting.add(waiting)
    this.#sweep ??= this.#clock.schedule(SWEEP_MS, () => this.#giveUpOverdue())
  }

  /** One timer for all: a call that is answered in time sets none. */
  #giveUpOverdue(): void {
    this.#sweep = undefined
    const nowMs = this.#clock.monotonicMs()
    for (const waiting of this.#waiting) {
      if (waiting.untilMs <= nowMs) waiting.giveUp('No answer in time')
      else if (waiting.signal?.aborted) waiting.giveUp('Nobody waits for the answer any more')
    }
    if (this.#waiting.size > 0) {
      this.#sweep = this.#clock.schedule(SWEEP_MS, () => this.#giveUpOverdue())
    }
  }

  #leaveOldPrimary({ partition, primary }: Route): void {
    for (const waiting of this.#waiting) {
      const isOld = waiting.partition === partition && waiting.primary !== primary
      if (isOld) waiting.giveUp('The partition has another primary')
    }
  }
}

function unavailable<T>(why: string): PrimaryReply<T> {
  return { kind: 'unavailable', why, retryAfterMs: 0 }
}

function retryAfterOf(reply: PrimaryReply<unknown>): number {
  return reply.kind === 'unavailable' ? Math.min(reply.retryAfterMs, WAIT_MS_MAX) : 0
}

function unknownOutcome(reply: PrimaryReply<unknown>): UnknownOutcomeError {
  const why = reply.kind === 'unavailable' ? reply.why : 'The primary is elsewhere'
  return new UnknownOutcomeError(new Error(why))
}
