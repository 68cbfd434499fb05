/**
 * One of several operators leads: the one whose name stands in the Lease, as long as it renews it.
 *
 * A Lease does not fence: what is under way when it is lost may still arrive. Nothing rests on it but that two
 * operators do not do the same work; every write of theirs is idempotent or conditional.
 *
 * @module
 */

import { assert } from '@granary/storage-node/base/assert'
import { sleep } from '@granary/storage-node/base/clock'
import type { Clock, Timer } from '@granary/storage-node/base/clock'
import type { Logger } from '@granary/storage-node/base/logger'

/** A record that is read and written by compare-and-swap. */
export interface LeaderLease {
  read(): Promise<LeaseRecord | undefined>
  /** Writes if the record still has this version; undefined: if there is none. */
  write(next: LeaseContent, version: string | undefined): Promise<'won' | 'lost'>
}

export interface LeaseContent {
  /** Empty: given up. */
  readonly holder: string
  readonly durationSeconds: number
  readonly transitionCount: number
  readonly acquiredMs: number
  readonly renewedMs: number
}

export interface LeaseRecord extends LeaseContent {
  /** Changes with every write. */
  readonly version: string
}

export interface LeaderElectionOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly lease: LeaderLease
  /** Of this process; no other one ever has the same. */
  readonly identity: string
  /** Begins the leader's work; `stop` ends it. */
  readonly lead: () => { stop(): Promise<void> }
}

/** A record that stays the same for so long is nobody's. */
export const LEASE_SECONDS = 12
/** A leader that cannot renew for so long stops. */
const RENEW_DEADLINE_MS = 8_000
const RETRY_MS = 2_000
assert(
  RENEW_DEADLINE_MS + RETRY_MS < LEASE_SECONDS * 1_000,
  'a leader has stopped before another one begins',
)

export class LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  /** The last version seen, and since when by the own clock. */
  #seen: { readonly version: string; readonly sinceMs: number } | undefined
  #work: { stop(): Promise<void> } | undefined
  /** Of work that ends but has not ended yet: no other begins beside it. */
  #ending: Promise<void> | undefined
  #deadline: Timer | undefined

  /** Starts at once. */
  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  get isLeading(): boolean {
    return this.#work !== undefined
  }

  /** Ends the work first, then gives the Lease up, so that the next one need not wait for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    const wasLeading = this.isLeading
    await this.#resign()
    if (wasLeading) await this.#giveUp().catch(() => {})
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#attempt().catch((error: Error) => {
        logger.warn('The Lease is not reached', { why: error.message })
      })
      await sleep(clock, RETRY_MS, signal)
    }
  }

  async #attempt(): Promise<void> {
    const { lease, identity, clock } = this.#options
    // Nothing is begun before the last work has ended: meanwhile the Lease is another one's to take.
    if (this.#ending !== undefined) return
    const startMs = clock.monotonicMs()
    const record = await lease.read()
    if (!this.#mayWrite(record)) {
      if (record?.holder !== identity) await this.#resign()
      return
    }
    const isRenewal = record?.holder === identity
    const outcome = await lease.write(this.#contentBehind(record), record?.version)
    if (outcome === 'won') this.#renewed(startMs)
    else if (isRenewal) await this.#resign()
  }

  /** Whether the record is this one's to write: its own, nobody's, or that of somebody who is gone. */
  #mayWrite(record: LeaseRecord | undefined): boolean {
    const { identity, clock } = this.#options
    if (record === undefined || record.holder === '' || record.holder === identity) return true
    const nowMs = clock.monotonicMs()
    if (this.#seen?.version !== record.version) {
      this.#seen = { version: record.version, sinceMs: nowMs }
    }
    return nowMs - this.#seen.sinceMs >= record.durationSeconds * 1_000
  }

  #contentBehind(record: LeaseRecord | undefined): LeaseContent {
    const { identity, clock } = this.#options
    const nowMs = clock.nowMs()
    const isOwn = record?.holder === identity
    return {
      holder: identity,
      durationSeconds: LEASE_SECONDS,
      transitionCount: (record?.transitionCount ?? -1) + (isOwn ? 0 : 1),
      acquiredMs: isOwn ? record.acquiredMs : nowMs,
      renewedMs: nowMs,
    }
  }

  /** Counted from when the renewal was sent: it may have arrived at once. */
  #renewed(startMs: number): void {
    const { clock, logger, lead } = this.#options
    if (this.#stopping.signal.aborted) return
    this.#deadline?.cancel()
    const leftMs = startMs + RENEW_DEADLINE_MS - clock.monotonicMs()
    this.#deadline = clock.schedule(leftMs, () => void this.#resign())
    if (this.#work !== undefined || this.#ending !== undefined) return
    logger.info('Leads')
    this.#work = lead()
  }

  async #resign(): Promise<void> {
    const work = this.#work
    this.#work = undefined
    this.#deadline?.cancel()
    if (work !== undefined) {
      this.#options.logger.info('Leads no longer')
      this.#ending = work.stop().finally(() => (this.#ending = undefined))
    }
    await this.#ending
  }

  async #giveUp(): Promise<void> {
    const { lease, identity } = this.#options
    const record = await lease.read()
    if (record?.holder !== identity) return
    await lease.write({ ...this.#contentBehind(record), holder: '' }, record.version)
  }
}
