/**
 * Settings as this storage node may use them, and who vouches for them (replication.md 1.14).
 *
 * A cached record is used for 2 s after a question was sent whose answer said what has changed since.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Member } from '../../contract/configuration.ts'
import type { AccessKeyRecord } from '../../model/access/access-key.ts'
import { accessKeyBytes } from '../../model/access/access-key.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import { bucketBytes } from '../../model/bucket-size.ts'
import type { AccessKeyId, BucketName } from '../../model/identifiers.ts'
import type { NamedSetting, SettingName } from '../../model/setting-name.ts'
import { namedSetting } from '../../model/setting-name.ts'
import { compareBallots } from '../../replication/ballot.ts'
import type { SettingsNews, SettingsPosition } from '../../wire/peer/operation-messages.ts'
import { RecordCache, SETTINGS_USABLE_MS } from './record-cache.ts'

/** How long the members may vouch in the place of a primary that is silent. */
export const SETTINGS_GRACE_MS = 10 * 60 * 1000
/** Of each kind, bounds memory: most records take 300 bytes, one that was told much a hundred times as many. */
const RECORDS_BYTES_MAX = 16 * 1024 * 1024

export interface SettingsCacheParts {
  readonly clock: Clock
  /** Both ask the system range's primary. */
  readonly fetch: (name: BucketName) => Promise<BucketRecord | undefined>
  readonly fetchAccessKey: (accessKeyId: AccessKeyId) => Promise<AccessKeyRecord | undefined>
}

/** What the members are asked to vouch for. */
export interface MembersQuestion {
  readonly position: SettingsPosition
  readonly members: readonly Member[]
}

export class SettingsCache {
  readonly #parts: SettingsCacheParts
  /** Bucket records. */
  readonly buckets: RecordCache<BucketName, BucketRecord>
  readonly accessKeys: RecordCache<AccessKeyId, AccessKeyRecord>
  #usableUntilMs = -Infinity
  #primarySpokeMs = -Infinity
  #position: SettingsPosition | undefined
  #members: readonly Member[] | undefined

  constructor(parts: SettingsCacheParts) {
    this.#parts = parts
    const { clock, fetch, fetchAccessKey } = parts
    const common = { clock, isUsable: () => this.isUsable, bytesMax: RECORDS_BYTES_MAX }
    this.buckets = new RecordCache({ ...common, fetch, bytesOf: bucketBytes })
    const bytesOf = accessKeyBytes
    this.accessKeys = new RecordCache({ ...common, fetch: fetchAccessKey, bytesOf })
  }

  /** The bucket's record as of some moment since every change that was acknowledged before the call. */
  find(name: BucketName): Promise<BucketRecord | undefined> {
    return this.buckets.find(name)
  }

  /** Whether somebody vouches for what is cached. */
  get isUsable(): boolean {
    return this.#parts.clock.monotonicMs() < this.#usableUntilMs
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
  forget(changed: readonly SettingName[] | undefined): void {
    if (changed === undefined) {
      this.buckets.forgetAll()
      this.accessKeys.forgetAll()
    }
    for (const setting of changed ?? []) this.#forget(namedSetting(setting))
  }

  #forget(setting: NamedSetting): void {
    switch (setting.kind) {
      case 'bucket':
        return this.buckets.forget(setting.name)
      case 'accessKey':
        return this.accessKeys.forget(setting.accessKeyId)
      default:
        return unreachable(setting)
    }
  }
}
