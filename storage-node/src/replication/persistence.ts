/**
 * What is on its way to the journal, and what waits for it (replication.md I6, I9).
 *
 * The journal makes effects durable in their order, so one number says how far the log is synced;
 * a truncation lowers it at once, before the entries that replace the tail are even written.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import type { Seq } from '../contract/identifiers.ts'
import type { LogEntry } from './messages.ts'
import { takeToken } from './state.ts'
import type { Continuation, Turn } from './state.ts'

export interface Persist {
  /** Writes the replica's record too. */
  readonly record?: boolean
  /** The first one truncates what stands at and above it. */
  readonly entries?: readonly LogEntry[]
  readonly then?: Continuation
}

/** Takes entries into the log and asks for them, and the record, to be made durable. */
export function persist(turn: Turn, { record = false, entries = [], then }: Persist): void {
  const { state } = turn
  if (entries.length > 0) takeEntries(turn, entries)
  const replica = record ? state.durable : undefined
  const token = takeToken(turn)
  state.pending.push({ token, end: state.log.end.seq, promised: replica?.promised.ballot, then })
  turn.effects.push({ kind: 'persist', token, replica, entries })
}

function takeEntries({ state }: Turn, entries: readonly LogEntry[]): void {
  const head = entries[0]?.seq ?? 0
  // Committed prefixes are never truncated (I13).
  assert(head > state.applyIssued, 'an entry that was applied is never replaced')
  state.log.append(entries)
  const before = (head - 1) as Seq
  if (state.synced > before) state.synced = before
  for (const pending of state.pending) if (pending.end > before) pending.end = before
}

/** Notes that an effect, and all before it, are synced; returns what waited for them. */
export function notePersisted({ state }: Turn, token: number): Continuation[] {
  const due: Continuation[] = []
  while (state.pending[0] !== undefined && state.pending[0].token <= token) {
    const { end, promised, then } = state.pending[0]
    state.pending.shift()
    if (end > state.synced) state.synced = end
    if (promised !== undefined) state.syncedPromise = promised
    if (then !== undefined) due.push(then)
  }
  return due
}
