/**
 * Settings as this storage node may use them: records that were fetched, for as long as somebody who
 * must know vouches for them (replication.md 1.14).
 *
 * A cached record is used for 2 s after a question was sent whose answer said what has changed since.
 * Without that, and where a record is not cached, the system range's primary is asked for it; that
 * there is none is never cached.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { Member } from '../../contract/configuration.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import { bucketBytes } from '../../model/bucket-size.ts'
import type { BucketName } from '../../model/identifiers.ts'
import { compareBallots } from '../../replication/ballot.ts'
import type { SettingsNews, SettingsPosition } from '../../wire/peer/operation-messages.ts'

/** How long a question vouches for what is cached, from when it was sent. */
export const SETTINGS_USABLE_MS = 2000
/** How long the members may vouch in the place of a primary that is silent. */
export const SETTINGS_GRACE_MS = 10 * 60 * 1000
/** Bounds memory: most records take 300 bytes, one that was told much a hundred times as many. */
const RECORDS_BYTES_MAX = 16 * 1024 * 1024

export interface SettingsCacheParts {
  readonly clock: Clock
  /** Asks the system range's primary. */
  readonly fetch: (name: BucketName) => Promise<BucketRecord | undefined>
}

interface Fetch {
  readonly sentMs: number
  readonly record: Promise<BucketRecord | undefined>
}

/** What the members are asked to vouch for. */
export interface MembersQuestion {
  readonly position: SettingsPosition
  readonly members: readonly Member[]
}

export class SettingsCache {
  readonly #parts: SettingsCacheParts
  readonly #records = new Map<BucketName, BucketRecord>()
  /** At least what they take: what is forgotten one by one is taken off when all are. */
  #recordsBytes = 0
  readonly #fetches = new Map<BucketName, Fetch>()
  #usableUntilMs = -Infinity
  #primarySpokeMs = -Infinity
  #position: SettingsPosition | undefined
  #members: readonly Member[] | undefined
  /** Rises whenever something is forgotten: what was fetched across that is not cached. */
  #forgottenCount = 0

  constructor(parts: SettingsCacheParts) {
    this.#parts = parts
  }

  /** The bucket's record as of some moment since every change that was acknowledged before the call. */
  async find(name: BucketName): Promise<BucketRecord | undefined> {
    const cached = this.#records.get(name)
    const nowMs = this.#parts.clock.monotonicMs()
    if (cached !== undefined && nowMs < this.#usableUntilMs) return cached
    const running = this.#fetches.get(name)
    // An answer that is long on its way may be older than a change that did not wait for us.
    if (running !== undefined && nowMs - running.sentMs < SETTINGS_USABLE_MS) {
      const found = await running.record
      // That there was none says nothing: a new record waits for nobody.
      if (found !== undefined) return found
    }
    return this.#fetch(name)
  }

  /** Up to where changes are known. */
  get position(): SettingsPosition | undefined {
    return this.#position
  }

  /** Undefined when the members' word does not count, or not any more. */
  get membersQuestion(): MembersQuestion | undefined {
    const sinceMs = this.#parts.clock.monotonicMs() - this.#primarySpokeMs
    const [position, members] = [this.#position, this.#members]
    if (position === undefined || members === undefined) return undefined
    return sinceMs <= SETTINGS_GRACE_MS ? { position, members } : undefined
  }

  /** The primary's answer to a question that was sent at `sentMs`. */
  learn({ position, members, changed }: SettingsNews, sentMs: number): void {
    const order = this.#position ? compareBallots(position.ballot, this.#position.ballot) : 1
    // A primary that has been replaced since.
    if (order < 0) return
    this.forget(order === 0 ? changed : undefined)
    const known = this.#position
    if (order > 0 || known === undefined || known.seq < position.seq) this.#position = position
    this.#members = members
    this.#primarySpokeMs = Math.max(this.#primarySpokeMs, sentMs)
    this.#usableUntilMs = Math.max(this.#usableUntilMs, sentMs + SETTINGS_USABLE_MS)
  }

  /** A write quorum of the members vouches for a question that was sent at `sentMs`. */
  vouched({ position }: MembersQuestion, sentMs: number): void {
    // The position only rises with what was learnt of it; under another ballot nothing is vouched for.
    if (this.#position === undefined) return
    if (compareBallots(position.ballot, this.#position.ballot) !== 0) return
    this.#usableUntilMs = Math.max(this.#usableUntilMs, sentMs + SETTINGS_USABLE_MS)
  }

  /** These records are others by now, or are about to be; undefined: any may be. */
  forget(changed: readonly BucketName[] | undefined): void {
    if (changed?.length === 0) return
    this.#forgottenCount++
    if (changed === undefined) {
      this.#records.clear()
      this.#recordsBytes = 0
      this.#fetches.clear()
    }
    for (const name of changed ?? []) {
      this.#records.delete(name)
      this.#fetches.delete(name)
    }
  }

  #fetch(name: BucketName): Promise<BucketRecord | undefined> {
    const record = this.#fetchNow(name)
    const fetch = { sentMs: this.#parts.clock.monotonicMs(), record }
    this.#fetches.set(name, fetch)
    const ended = () => {
      if (this.#fetches.get(name) === fetch) this.#fetches.delete(name)
    }
    record.then(ended, ended)
    return record
  }

  async #fetchNow(name: BucketName): Promise<BucketRecord | undefined> {
    const forgottenCount = this.#forgottenCount
    const record = await this.#parts.fetch(name)
    if (record === undefined || forgottenCount !== this.#forgottenCount) return record
    this.#keep(name, record)
    return record
  }

  #keep(name: BucketName, record: BucketRecord): void {
    const bytes = bucketBytes(record)
    if (this.#recordsBytes + bytes > RECORDS_BYTES_MAX) {
      this.#records.clear()
      this.#recordsBytes = 0
    }
    this.#records.set(name, record)
    this.#recordsBytes += bytes
  }
}
