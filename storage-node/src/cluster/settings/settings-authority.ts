/**
 * The system range's replica and the settings in it: says what has changed, and lets a change be
 * acknowledged only when nobody uses the old record any more (replication.md 1.14).
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { toHex } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import type { Member } from '../../contract/configuration.ts'
import type { Ballot, Epoch, Seq, StoreId } from '../../contract/identifiers.ts'
import type { Command, CommandResult } from '../../model/command.ts'
import type { Answer, Query, QueryKind } from '../../model/query.ts'
import type { SettingName } from '../../model/setting-name.ts'
import { settingOfCommand } from '../../model/setting-name.ts'
import { compareBallots } from '../../replication/ballot.ts'
import { CHANGED_COUNT_MAX } from '../../wire/peer/operation-codec.ts'
import type {
  PrimaryReply,
  SettingsNews,
  SettingsPosition,
} from '../../wire/peer/operation-messages.ts'
import { isOnSettings } from '../command-rules.ts'
import type { LocalReplica } from '../local-replicas.ts'
import type { PeerNetwork } from '../peer-network.ts'
import { SETTINGS_USABLE_MS } from './record-cache.ts'
import { SETTINGS_GRACE_MS } from './settings-cache.ts'
import { ASKER_KEPT_MS, CHANGE_WAIT_MS, SettingsTerm } from './settings-term.ts'

assert(CHANGE_WAIT_MS > SETTINGS_USABLE_MS * 1.2, 'a change outwaits what is cached')
assert(ASKER_KEPT_MS > SETTINGS_GRACE_MS * 1.05, 'the members vouch for nobody who is forgotten')

/** What of the system range's replica the settings depend on. */
export interface SystemReplica extends LocalReplica {
  /** Undefined unless this store is the active primary. `members`: undefined in joint mode. */
  readonly activation:
    { readonly ballot: Ballot; readonly members: readonly Member[] | undefined } | undefined
  /** The rows hold everything up to here. */
  readonly appliedSeq: Seq
  readonly promised: Ballot
  /** The last entry of the log, synced or not. */
  readonly endSeq: Seq
  /** The read check, after the reading (I16). */
  mayRead(): boolean | Promise<boolean>
}

export interface SettingsAuthorityParts {
  readonly replica: SystemReplica
  readonly network: Pick<PeerNetwork, 'request'>
  readonly clock: Clock
}

export class SettingsAuthority implements LocalReplica {
  readonly #parts: SettingsAuthorityParts
  /** By opId: whoever asks again waits with those who asked before. */
  readonly #running = new Map<string, Promise<PrimaryReply<CommandResult>>>()
  /** Records that a command under way may change, and how many of them. */
  readonly #changing = new Map<SettingName, number>()
  #term: SettingsTerm | undefined

  constructor(parts: SettingsAuthorityParts) {
    this.#parts = parts
  }

  ask<K extends QueryKind>(query: Query<K>): Promise<PrimaryReply<Answer<K>>> {
    return this.#parts.replica.ask(query)
  }

  /** A change of a record that was there is answered when no storage node uses the old one. */
  execute(opId: Uint8Array, command: Command, epoch: Epoch): Promise<PrimaryReply<CommandResult>> {
    const setting = isOnSettings(command) ? settingOfCommand(command) : undefined
    if (setting === undefined) return this.#parts.replica.execute(opId, command, epoch)
    const id = toHex(opId)
    const running = this.#running.get(id)
    if (running !== undefined) return running
    const reply = this.#change(opId, command, setting, epoch)
    this.#running.set(id, reply)
    const ended = () => this.#running.delete(id)
    reply.then(ended, ended)
    return reply
  }

  /** What has changed since the position that the store names. */
  async news(
    from: StoreId,
    since: SettingsPosition | undefined,
  ): Promise<PrimaryReply<SettingsNews>> {
    const { replica } = this.#parts
    const term = this.#termNow()
    const members = replica.activation?.members
    if (term === undefined) return unavailable('The primary is not active')
    term.asked(from, since)
    const position = { ballot: term.ballot, seq: replica.appliedSeq }
    const changed = this.#changedSince(term, since)
    const mayRead = await replica.mayRead()
    if (!mayRead || this.#termNow() !== term) return unavailable('No lease')
    return { kind: 'done', value: { position, members, changed } }
  }

  /** A member's word for a storage node that the primary does not answer. */
  word({ ballot, seq }: SettingsPosition): boolean {
    const { promised, endSeq } = this.#parts.replica
    return compareBallots(promised, ballot) <= 0 && endSeq <= seq
  }

  async #change(
    opId: Uint8Array,
    command: Command,
    name: SettingName,
    epoch: Epoch,
  ): Promise<PrimaryReply<CommandResult>> {
    const { replica } = this.#parts
    // Told as changed already: a question must not meet the new position without the name.
    this.#changing.set(name, (this.#changing.get(name) ?? 0) + 1)
    const before = this.#termNow()
    try {
      // Whoever uses a record from before the deletion was begun would still find the bucket.
      if (command.kind === 'removeBucket') await before?.spread(name, replica.appliedSeq)
      const reply = await replica.execute(opId, command, epoch)
      if (reply.kind !== 'done' || !isChange(reply.value)) return reply
      const term = this.#termNow()
      // Deposed since: whoever is primary now waits with its answer to the next try.
      if (term === undefined) return unavailable('The primary is not active')
      await term.spread(name, replica.appliedSeq)
      return reply
    } finally {
      this.#endChanging(name)
    }
  }

  #endChanging(name: SettingName): void {
    const count = (this.#changing.get(name) ?? 0) - 1
    if (count > 0) this.#changing.set(name, count)
    else this.#changing.delete(name)
  }

  #changedSince(
    term: SettingsTerm,
    since: SettingsPosition | undefined,
  ): readonly SettingName[] | undefined {
    const changed = term.changedSince(since)
    if (changed === undefined) return undefined
    const all = new Set([...changed, ...this.#changing.keys()])
    return all.size > CHANGED_COUNT_MAX ? undefined : [...all]
  }

  /** The present activation; the first look at it begins its time. */
  #termNow(): SettingsTerm | undefined {
    const { replica, network, clock } = this.#parts
    const { activation } = replica
    if (activation === undefined) return undefined
    const { ballot } = activation
    if (this.#term === undefined || compareBallots(this.#term.ballot, ballot) !== 0) {
      this.#term = new SettingsTerm({ ballot, firstSeq: replica.appliedSeq, network, clock })
    }
    return this.#term
  }
}

/**
 * Nobody has a record of a bucket that was not there: absence is not cached. Access keys are always
 * told of: one that is deleted and put again while the deletion still spreads was there, for some.
 */
function isChange(result: CommandResult): boolean {
  if (result.kind === 'bucket') return !result.created
  return result.kind !== 'stale'
}

function unavailable(why: string): PrimaryReply<never> {
  return { kind: 'unavailable', why, retryAfterMs: 0 }
}
