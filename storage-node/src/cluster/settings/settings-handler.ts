/**
 * Answers what other storage nodes ask and tell about settings.
 *
 * @module
 */

import type { StoreId } from '../../contract/identifiers.ts'
import type { PeerAnswer, PeerRequest } from '../../wire/peer/messages.ts'
import { SYSTEM_POSITION } from '../../wire/stored/range-keys.ts'
import type { PartitionTable } from '../partition-table.ts'
import type { SettingsAuthority } from './settings-authority.ts'
import type { SettingsCache } from './settings-cache.ts'

export type SettingsRequestKind = 'settings' | 'settingsChanged' | 'settingsWord'

export interface SettingsHandlerParts {
  readonly cache: SettingsCache
  readonly table: PartitionTable
  /** Of the replica of the system range, if this store has one. */
  readonly authority: () => SettingsAuthority | undefined
}

export class SettingsHandler {
  readonly #parts: SettingsHandlerParts

  constructor(parts: SettingsHandlerParts) {
    this.#parts = parts
  }

  async settings(
    from: StoreId,
    { since }: Extract<PeerRequest, { kind: 'settings' }>,
  ): Promise<PeerAnswer<'settings'>> {
    const reply = await this.#parts.authority()?.news(from, since)
    if (reply?.kind === 'done') return reply
    const route = this.#parts.table.find(SYSTEM_POSITION)
    if (route === undefined) {
      return { kind: 'unavailable', why: 'No system range is known', retryAfterMs: 0 }
    }
    return { kind: 'elsewhere', epoch: route.epoch, primary: route.primary }
  }

  settingsChanged({
    changed,
  }: Extract<PeerRequest, { kind: 'settingsChanged' }>): PeerAnswer<'settingsChanged'> {
    this.#parts.cache.forget(changed)
    return { forgotten: true }
  }

  settingsWord({
    position,
  }: Extract<PeerRequest, { kind: 'settingsWord' }>): PeerAnswer<'settingsWord'> {
    return { holds: this.#parts.authority()?.word(position) ?? false }
  }
}
