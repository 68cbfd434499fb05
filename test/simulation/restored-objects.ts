/**
 * Objects of frozen classes, restored again and again: what their rows say of a restore is a register, linearizable
 * through every storage node, and a gateway gives away their bytes by its own clock while a restore lasts, never
 * before and never afterwards (oss.md 5.15). The arithmetic is done here a second time.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import type { SeededRandom } from '../crash/seeded-random.ts'
import type { Calls, FrozenObject } from './calls.ts'
import type { Outcome } from './checkers/history.ts'
import { checkLinearizability } from './checkers/linearizability.ts'
import type { Timed } from './checkers/linearizability.ts'
import { etagOf } from './contents.ts'
import type { Machine } from './machine.ts'
import type { Accuse } from './watches/log-watch.ts'

export const ARCHIVE_BUCKET = 'archive'
/** What a region of the simulator takes for a restore, and for a day of it: a life is ten minutes. */
export const RESTORE_LENGTHS = { delayMs: 5_000, dayMs: 20_000 }
/** Clocks show whole milliseconds. */
const JUMP_MS_MIN = 3

interface FrozenKey {
  readonly key: string
  readonly storageClass: 'Archive' | 'ColdArchive'
  readonly delayMs: number
  readonly daysMax: number
}

const KEYS: readonly FrozenKey[] = [
  { key: 'cool', storageClass: 'Archive', delayMs: RESTORE_LENGTHS.delayMs, daysMax: 7 },
  { key: 'cold', storageClass: 'ColdArchive', delayMs: RESTORE_LENGTHS.delayMs * 3, daysMax: 365 },
]

/** As a row has it; `unknown`: somebody began a restore who was not answered. */
interface State {
  readonly etag: string
  readonly restore: FrozenObject['restore'] | 'unknown'
}

const ABSENT: { readonly etag: string; readonly restore: undefined } = {
  etag: '',
  restore: undefined,
}

type Wanted =
  | { readonly kind: 'read' | 'clean' }
  | { readonly kind: 'put'; readonly etag: string }
  | { readonly kind: 'restore'; readonly days: number }

type Call = Wanted & {
  readonly key: string
  readonly invokedAt: number
  returnedAt: number | undefined
  /** What the row said then; undefined: there was none. */
  outcome: Outcome<FrozenObject | undefined>
}

/** All calls of a run, in the order in which they were made. */
export interface RestoredBook {
  readonly calls: Call[]
  momentCount: number
}

export interface RestoredObjectsParts {
  readonly random: SeededRandom
  readonly book: RestoredBook
  readonly accuse: Accuse
  newBlock(): { readonly bytes: Uint8Array }
  ask<T>(machine: Machine, act: (calls: Calls) => Promise<T>): Promise<Outcome<T>>
}

/** One client's part in it. */
export class RestoredObjects {
  readonly #parts: RestoredObjectsParts

  constructor(parts: RestoredObjectsParts) {
    this.#parts = parts
  }

  /** One call. */
  turn(machine: Machine): Promise<unknown> {
    const { random } = this.#parts
    const frozen = random.pick(KEYS)
    const turn = random.below(100)
    if (turn < 10) return this.#put(machine, frozen)
    if (turn < 40) return this.#restore(machine, frozen)
    if (turn < 47) return this.#clean(machine, frozen)
    return this.#read(machine, frozen)
  }

  async readEverything(machine: Machine): Promise<void> {
    for (const frozen of KEYS) await this.#read(machine, frozen)
  }

  #put(machine: Machine, { key, storageClass }: FrozenKey): Promise<unknown> {
    const { bytes } = this.#parts.newBlock()
    return this.#call(machine, key, { kind: 'put', etag: etagOf(bytes) }, (calls) => {
      return calls.putFrozen(ARCHIVE_BUCKET, key, bytes, storageClass)
    })
  }

  #restore(machine: Machine, { key }: FrozenKey): Promise<unknown> {
    const days = this.#parts.random.between(1, 2)
    return this.#call(machine, key, { kind: 'restore', days }, (calls) => {
      return calls.restore(ARCHIVE_BUCKET, key, days)
    })
  }

  #clean(machine: Machine, { key }: FrozenKey): Promise<unknown> {
    return this.#call(machine, key, { kind: 'clean' }, (calls) => {
      return calls.cleanRestore(ARCHIVE_BUCKET, key)
    })
  }

  async #read(machine: Machine, { key }: FrozenKey): Promise<void> {
    let bytes: Uint8Array | undefined
    const from = momentOf(machine)
    const read = await this.#call(machine, key, { kind: 'read' }, async (calls) => {
      const found = await calls.readFrozen(ARCHIVE_BUCKET, key)
      bytes = found?.bytes
      return found
    })
    if (read.kind !== 'done' || read.value === undefined) return
    this.#judge(key, read.value, bytes, [from, momentOf(machine)])
  }

  /** Whether the gateway, by its own clock, may have done what it did with the bytes. */
  #judge(
    key: string,
    { etag, restore }: FrozenObject,
    bytes: Uint8Array | undefined,
    [from, to]: readonly [Moment, Moment],
  ): void {
    const { accuse } = this.#parts
    if (bytes !== undefined && etagOf(bytes) !== etag)
      accuse('B6', `${key} is not what ${etag} says`)
    // Somebody set the clock in between.
    if (Math.abs(to.wallMs - from.wallMs - (to.trueMs - from.trueMs)) > JUMP_MS_MIN) return
    const isOpen = restore !== undefined && to.wallMs >= restore.readyMs
    const maybeServed = isOpen && from.wallMs < restore.expiresMs
    const surelyServed =
      maybeServed && from.wallMs >= restore.readyMs && to.wallMs < restore.expiresMs
    const told = `${key} from ${from.wallMs} to ${to.wallMs} under ${JSON.stringify(restore)}`
    if (bytes !== undefined && !maybeServed) accuse('frozen', `${told} was read`)
    if (bytes === undefined && surelyServed) accuse('frozen', `${told} was refused`)
  }

  async #call(
    machine: Machine,
    key: string,
    wanted: Wanted,
    act: (calls: Calls) => Promise<FrozenObject | undefined>,
  ): Promise<Outcome<FrozenObject | undefined>> {
    const { book, ask } = this.#parts
    const call: Call = {
      ...{ ...wanted, key, invokedAt: book.momentCount++, returnedAt: undefined },
      outcome: { kind: 'unknown', why: 'It is open' },
    }
    book.calls.push(call)
    call.outcome = await ask(machine, act)
    call.returnedAt = book.momentCount++
    return call.outcome
  }
}

interface Moment {
  /** By which the gateway goes. */
  readonly wallMs: number
  readonly trueMs: number
}

function momentOf({ clock }: Machine): Moment {
  return { wallMs: clock.nowMs(), trueMs: clock.trueMs(clock.monotonicMs()) }
}

/** Accuses every object whose calls no order explains. */
export function checkRestored({ calls }: RestoredBook, accuse: Accuse): void {
  for (const frozen of KEYS) {
    const own = calls.filter(({ key }) => key === frozen.key).map(timed)
    const specification = {
      first: ABSENT,
      next: (state: State, call: Call) => nextState(frozen, state, call),
      keyOf: (state: State) => JSON.stringify(state),
    }
    const verdict = checkLinearizability(specification, own)
    if (verdict.kind === 'linearizable') continue
    const culprit =
      verdict.kind === 'violated'
        ? `${JSON.stringify(verdict.culprit.call)} after ${JSON.stringify(verdict.states)}`
        : 'too many orders to decide'
    accuse('not linearizable', `restores of ${frozen.key}: ${culprit}`)
  }
}

function timed(call: Call): Timed<Call> {
  const { kind, outcome, invokedAt } = call
  const returnedAt = outcome.kind === 'unknown' ? undefined : call.returnedAt
  return { call, invokedAt, returnedAt, isRead: kind === 'read' || outcome.kind === 'refused' }
}

/** The state after the call; undefined: it cannot have been answered so. */
function nextState(frozen: FrozenKey, state: State, call: Call): State | undefined {
  const { outcome } = call
  switch (outcome.kind) {
    case 'done':
      return afterDone(frozen, state, call, outcome.value)
    case 'refused':
      return mayRefuse(state, call.kind, outcome.code) ? state : undefined
    case 'unknown':
      return afterUnknown(state, call)
    default:
      return unreachable(outcome)
  }
}

function afterDone(
  frozen: FrozenKey,
  state: State,
  call: Call,
  said: FrozenObject | undefined,
): State | undefined {
  const { restore, ...rest } = said ?? ABSENT
  const after: State = { etag: rest.etag, restore }
  switch (call.kind) {
    case 'put':
      return after.etag === call.etag && restore === undefined ? after : undefined
    case 'read':
      return isSaid(state, after) ? state : undefined
    case 'clean':
      return state.restore !== undefined && isSame(after, { ...state, restore: undefined })
        ? after
        : undefined
    case 'restore':
      return state.etag === after.etag && isRestored(frozen, state, call.days, restore)
        ? after
        : undefined
    default:
      return unreachable(call)
  }
}

/** Begun anew where there is none, or the one there was is over; otherwise longer by so many days. */
function isRestored(
  { delayMs, daysMax }: FrozenKey,
  { restore: before }: State,
  days: number,
  restore: FrozenObject['restore'],
): boolean {
  if (restore === undefined) return false
  const { dayMs } = RESTORE_LENGTHS
  const { readyMs, expiresMs } = restore
  if (before === 'unknown') return true
  const isOver = before === undefined || readyMs - delayMs >= before.expiresMs
  if (isOver) return expiresMs === readyMs + days * dayMs
  const latestMs = before.readyMs + daysMax * dayMs
  return (
    readyMs === before.readyMs && expiresMs === Math.min(before.expiresMs + days * dayMs, latestMs)
  )
}

/** What a client hears of a row is right; of one that nobody knows the restore of, that there is one. */
function isSaid(state: State, said: State): boolean {
  if (state.restore !== 'unknown') return isSame(state, said)
  return state.etag === said.etag && said.restore !== undefined
}

function isSame(a: State, b: State): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function mayRefuse({ etag, restore }: State, kind: Call['kind'], code: string): boolean {
  if (code === 'NoSuchKey') return etag === ABSENT.etag && kind !== 'put'
  if (etag === ABSENT.etag) return false
  if (code === 'RestoreAlreadyInProgress') return kind === 'restore' && restore !== undefined
  if (kind !== 'clean') return false
  if (code === 'ArchiveRestoreNotFinished') return restore !== undefined
  // There is none, or its time is over.
  return code === 'ArchiveRestoreFileStale'
}

/** What it comes to if it takes effect. */
function afterUnknown(state: State, call: Call): State | undefined {
  if (call.kind === 'put') return { etag: call.etag, restore: undefined }
  if (state.etag === ABSENT.etag) return state
  switch (call.kind) {
    case 'read':
      return state
    case 'clean':
      return { ...state, restore: undefined }
    case 'restore':
      return { ...state, restore: 'unknown' }
    default:
      return unreachable(call)
  }
}
