/**
 * Strict reads: one round of questions to the members for all reads of a turn (replication.md 1.6).
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import { afterTurn } from '../../base/turn.ts'

/** Messages may be lost; whoever asked tries again. */
const ROUND_MS_MAX = 1000

type Waiting = (mayRead: boolean) => void

/** Rounds that are under way. */
export class ReadChecks {
  readonly #clock: Clock
  readonly #ask: (round: number) => void
  readonly #rounds = new Map<number, readonly Waiting[]>()
  #next: Waiting[] = []
  #lastRound = 0

  constructor(clock: Clock, ask: (round: number) => void) {
    this.#clock = clock
    this.#ask = ask
  }

  /** Resolves to whether a write quorum has confirmed this primary after the call. */
  check(): Promise<boolean> {
    return new Promise((done) => {
      if (this.#next.length === 0) afterTurn(() => this.#begin())
      this.#next.push(done)
    })
  }

  checked(round: number, mayRead: boolean): void {
    const waiting = this.#rounds.get(round)
    this.#rounds.delete(round)
    for (const done of waiting ?? []) done(mayRead)
  }

  #begin(): void {
    const round = ++this.#lastRound
    this.#rounds.set(round, this.#next)
    this.#next = []
    this.#clock.schedule(ROUND_MS_MAX, () => this.checked(round, false))
    this.#ask(round)
  }
}
