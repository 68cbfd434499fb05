/**
 * Settings of one kind as this storage node may use them: records that were fetched, for as long as
 * somebody who must know vouches for them (replication.md 1.14).
 *
 * Without that, and where a record is not cached, the system range's primary is asked for it; that
 * there is none is never cached.
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'

/** How long a question vouches for what is cached, from when it was sent. */
export const SETTINGS_USABLE_MS = 2000

export interface RecordCacheParts<Name, Value> {
  readonly clock: Clock
  /** Whether somebody vouches for what is cached. */
  readonly isUsable: () => boolean
  /** Asks the system range's primary. */
  readonly fetch: (name: Name) => Promise<Value | undefined>
  /** At least what a record takes in memory. */
  readonly bytesOf: (value: Value) => number
  /** Bounds memory: when it is reached, everything is fetched anew. */
  readonly bytesMax: number
}

interface Fetch<Value> {
  readonly sentMs: number
  readonly record: Promise<Value | undefined>
}

export class RecordCache<Name extends string, Value extends object> {
  readonly #parts: RecordCacheParts<Name, Value>
  readonly #records = new Map<Name, Value>()
  /** At least what they take: what is forgotten one by one is taken off when all are. */
  #recordsBytes = 0
  readonly #fetches = new Map<Name, Fetch<Value>>()
  /** Rises whenever something is forgotten: what was fetched across that is not cached. */
  #forgottenCount = 0

  constructor(parts: RecordCacheParts<Name, Value>) {
    this.#parts = parts
  }

  /** The record if it is at hand and may be used; undefined says nothing. */
  findCached(name: Name): Value | undefined {
    const cached = this.#records.get(name)
    return cached !== undefined && this.#parts.isUsable() ? cached : undefined
  }

  /** The record as of some moment since every change that was acknowledged before the call. */
  async find(name: Name): Promise<Value | undefined> {
    const cached = this.findCached(name)
    if (cached !== undefined) return cached
    const running = this.#joinable(name)
    if (running !== undefined) {
      const found = await running.record
      // That there was none says nothing: a new record waits for nobody.
      if (found !== undefined) return found
    }
    return this.#fetch(name)
  }

  /** This record is another by now, or is about to be. */
  forget(name: Name): void {
    this.#forgottenCount++
    this.#records.delete(name)
    this.#fetches.delete(name)
  }

  /** Any record may be another. */
  forgetAll(): void {
    this.#forgottenCount++
    this.#records.clear()
    this.#recordsBytes = 0
    this.#fetches.clear()
  }

  /** A fetch under way whose record is no older than a change that did not wait for us. */
  #joinable(name: Name): Fetch<Value> | undefined {
    // A primary that we have not asked yet makes no change wait for us.
    if (!this.#parts.isUsable()) return undefined
    const running = this.#fetches.get(name)
    if (running === undefined) return undefined
    // Nor does it wait for longer where we do not answer: what is long on its way may be older.
    const passedMs = this.#parts.clock.monotonicMs() - running.sentMs
    return passedMs < SETTINGS_USABLE_MS ? running : undefined
  }

  #fetch(name: Name): Promise<Value | undefined> {
    const record = this.#fetchNow(name)
    const fetch = { sentMs: this.#parts.clock.monotonicMs(), record }
    this.#fetches.set(name, fetch)
    const ended = () => {
      if (this.#fetches.get(name) === fetch) this.#fetches.delete(name)
    }
    record.then(ended, ended)
    return record
  }

  async #fetchNow(name: Name): Promise<Value | undefined> {
    const forgottenCount = this.#forgottenCount
    const record = await this.#parts.fetch(name)
    if (record === undefined || forgottenCount !== this.#forgottenCount) return record
    this.#keep(name, record)
    return record
  }

  #keep(name: Name, record: Value): void {
    const bytes = this.#parts.bytesOf(record)
    if (this.#recordsBytes + bytes > this.#parts.bytesMax) {
      this.#records.clear()
      this.#recordsBytes = 0
    }
    this.#records.set(name, record)
    this.#recordsBytes += bytes
  }
}
