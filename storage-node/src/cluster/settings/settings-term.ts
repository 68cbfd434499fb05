/**
 * What one activation of the system range's primary knows of the settings: what has changed in it,
 * which storage nodes have asked, and who has not confirmed a change yet (replication.md 1.14).
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Ballot, Seq, StoreId } from '../../contract/identifiers.ts'
import type { SettingName } from '../../model/setting-name.ts'
import { sameBallot } from '../../replication/ballot.ts'
import type { SettingsPosition } from '../../wire/peer/operation-messages.ts'
import type { PeerNetwork } from '../peer-network.ts'

/** From its commit on, after that no storage node uses a record that a change has replaced. */
export const CHANGE_WAIT_MS = 3000
/** Whoever was silent for longer uses nothing any more, on the members' word either. */
export const ASKER_KEPT_MS = 11 * 60 * 1000
/** Changes that are told one by one; whoever is further behind forgets all. */
const CHANGE_COUNT_MAX = 1000

export interface SettingsTermParts {
  readonly ballot: Ballot
  /** Changes up to here are not known one by one. */
  readonly firstSeq: Seq
  readonly network: Pick<PeerNetwork, 'request'>
  readonly clock: Clock
}

interface Change {
  readonly name: SettingName
  readonly seq: Seq
}

/** A change that is not acknowledged yet. */
interface Spreading extends Change {
  readonly missing: Set<StoreId>
  readonly finish: () => void
}

export class SettingsTerm {
  readonly ballot: Ballot
  readonly #network: Pick<PeerNetwork, 'request'>
  readonly #clock: Clock
  readonly #beganMs: number
  readonly #askedMs = new Map<StoreId, number>()
  readonly #changes: Change[] = []
  readonly #spreading = new Set<Spreading>()
  /** Changes behind this one are all in the list. */
  #knownFrom: Seq

  constructor({ ballot, firstSeq, network, clock }: SettingsTermParts) {
    this.ballot = ballot
    this.#knownFrom = firstSeq
    this.#network = network
    this.#clock = clock
    this.#beganMs = clock.monotonicMs()
  }

  /** A store asks: from now on changes wait for it. It has heard of everything up to `since`. */
  asked(store: StoreId, since: SettingsPosition | undefined): void {
    this.#askedMs.set(store, this.#clock.monotonicMs())
    if (since === undefined || !sameBallot(since.ballot, this.ballot)) return
    for (const spreading of this.#spreading) {
      if (spreading.seq <= since.seq) this.#confirm(spreading, store)
    }
  }

  /** The records that are others since the position; undefined: any may be. */
  changedSince(since: SettingsPosition | undefined): readonly SettingName[] | undefined {
    if (since === undefined || !sameBallot(since.ballot, this.ballot)) return undefined
    if (since.seq < this.#knownFrom) return undefined
    return this.#changes.filter(({ seq }) => seq > since.seq).map(({ name }) => name)
  }

  /**
   * Tells everybody of a change that has been applied. Resolves when nobody uses the record any more
   * that it has replaced.
   */
  async spread(name: SettingName, seq: Seq): Promise<void> {
    this.#note({ name, seq })
    const isYoung = this.#clock.monotonicMs() - this.#beganMs < CHANGE_WAIT_MS
    const waited = new AbortController()
    const missing = new Set(this.#askers())
    // Those who asked an earlier primary are not known in the beginning: they have to be outwaited.
    const finish = () => !isYoung && waited.abort()
    const spreading = { name, seq, missing, finish }
    this.#spreading.add(spreading)
    for (const store of missing) this.#tell(spreading, store)
    if (missing.size === 0) finish()
    await sleep(this.#clock, CHANGE_WAIT_MS, waited.signal)
    this.#spreading.delete(spreading)
  }

  #note(change: Change): void {
    this.#changes.push(change)
    if (this.#changes.length <= CHANGE_COUNT_MAX) return
    this.#knownFrom = this.#changes.shift()?.seq ?? this.#knownFrom
  }

  #tell(spreading: Spreading, store: StoreId): void {
    const request = { kind: 'settingsChanged', changed: [spreading.name] } as const
    this.#network.request(store, request, { deadlineMs: CHANGE_WAIT_MS }).then(
      ({ forgotten }) => forgotten && this.#confirm(spreading, store),
      // Its next question confirms it, or it is outwaited.
      () => undefined,
    )
  }

  #confirm({ missing, finish }: Spreading, store: StoreId): void {
    missing.delete(store)
    if (missing.size === 0) finish()
  }

  #askers(): StoreId[] {
    const nowMs = this.#clock.monotonicMs()
    for (const [store, askedMs] of this.#askedMs) {
      if (nowMs - askedMs > ASKER_KEPT_MS) this.#askedMs.delete(store)
    }
    return [...this.#askedMs.keys()]
  }
}
