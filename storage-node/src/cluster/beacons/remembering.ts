/**
 * What a beacon thread asks its main loop to make durable, and waits for.
 *
 * @module
 */

import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import type { BeaconNotice } from './thread-messages.ts'

export class Remembering {
  readonly #notify: (notice: BeaconNotice) => void
  readonly #waiting = new Map<number, () => void>()
  #lastToken = 0

  constructor(notify: (notice: BeaconNotice) => void) {
    this.#notify = notify
  }

  /** Resolves once the incarnation is on record. */
  remember(store: StoreId, incarnation: Incarnation): Promise<void> {
    return new Promise((resolve) => {
      const token = ++this.#lastToken
      this.#waiting.set(token, resolve)
      this.#notify({ kind: 'remember', token, store, incarnation })
    })
  }

  settle(token: number): void {
    this.#waiting.get(token)?.()
    this.#waiting.delete(token)
  }
}
