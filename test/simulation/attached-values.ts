/**
 * Values that one call attaches to a bucket or an object and any other reads: tags, an ACL, a policy, the target of a
 * link, a seal, what an account forbids, an access key; an object with all that was said of it when it was made, which is there wholly
 * or not at all; and the counters of a bucket, which change with the object that they count. Each is a register of its
 * own, read through every storage node. It has to be linearizable (1.12); settings, which nodes keep in memory, have to
 * be regular: a change is seen by all once it is acknowledged (1.14).
 *
 * @module
 */

import type { SeededRandom } from '../crash/seeded-random.ts'
import type { Calls } from './calls.ts'
import type { Outcome } from './checkers/history.ts'
import { checkLinearizability } from './checkers/linearizability.ts'
import type { Timed } from './checkers/linearizability.ts'
import { findIrregularRead } from './checkers/regularity.ts'
import type { Machine } from './machine.ts'
import type { Plan } from './plan.ts'
import type { Accuse } from './watches/log-watch.ts'
import { countText, wholeCountText, wholeText } from './whole-objects.ts'

const ATTACHED_BUCKET = 'attached'
/** Is only told things: nothing is in it. */
const SETTLED_BUCKET = 'settled'
/** Has one object at most. */
const COUNTED_BUCKET = 'counted'
export const ATTACHED_BUCKETS = [ATTACHED_BUCKET, SETTLED_BUCKET, COUNTED_BUCKET]

/** A read shows the state; of the writes `make` begins it, and `change` needs that it has begun. */
type CallKind = 'read' | 'make' | 'change'

interface AttachedCall {
  readonly register: string
  readonly kind: CallKind
  /** Written; of a read nothing. */
  readonly value: string
  readonly invokedAt: number
  returnedAt: number | undefined
  outcome: Outcome<string>
}

/** All calls of a run, in the order in which they were made. */
export interface AttachedBook {
  readonly calls: AttachedCall[]
  momentCount: number
}

export interface Register {
  readonly name: string
  /** What is read before anybody has written. */
  readonly first: string
  /** Whether whatever it says now is replaced by a `make`. */
  readonly isMadeAnew: boolean
  /** In the bucket's record, which every storage node keeps for a while. */
  readonly isSetting?: boolean
  /** Brings about what can be changed; undefined: that is there from the beginning, or a change makes it. */
  readonly make?: (calls: Calls, value: string) => Promise<void>
  readonly change: (calls: Calls, value: string, number: number) => Promise<void>
  readonly read: (calls: Calls) => Promise<string>
  /** What a write makes of its number; default: the number. */
  readonly valueFor?: (kind: CallKind, number: number) => string
}

/** Of an object that is not there. */
const ABSENT = ''
const NOTHING_COUNTED = countText({
  ...{ objects: 0, objectBytes: 0 },
  ...{ standardBytes: 0, infrequentBytes: 0 },
})
const WRITE_PROBABILITY = 0.5
const MAKE_PROBABILITY = 0.3
/** Of changes of a setting behind somebody's back. */
const BEHIND_PROBABILITY = 0.1
/** Of looks. */
const SETTINGS_PROBABILITY = 0.6
const ACLS = ['private', 'public-read', 'public-read-write']

const REGISTERS: readonly Register[] = [
  {
    ...{ name: 'tag of the bucket', first: ABSENT, isMadeAnew: true, isSetting: true },
    change: (calls, value) => calls.setBucketTag(ATTACHED_BUCKET, value),
    read: (calls) => calls.bucketTag(ATTACHED_BUCKET),
  },
  {
    ...{ name: 'what the account forbids', first: 'false', isMadeAnew: true, isSetting: true },
    change: (calls, value) => calls.setAccountBlock(value === 'true'),
    read: (calls) => calls.accountBlock(ATTACHED_BUCKET),
    valueFor: (_, number) => String(number % 2 === 0),
  },
  {
    ...{ name: 'ACL', first: 'private', isMadeAnew: true, isSetting: true },
    change: (calls, value) => calls.setBucketAcl(SETTLED_BUCKET, value),
    read: (calls) => calls.bucketAcl(SETTLED_BUCKET),
    valueFor: (_, number) => ACLS[number % ACLS.length] ?? 'private',
  },
  {
    ...{ name: 'policy', first: ABSENT, isMadeAnew: true, isSetting: true },
    change: (calls, value) => calls.setBucketPolicy(SETTLED_BUCKET, value),
    read: (calls) => calls.bucketPolicy(SETTLED_BUCKET),
  },
  {
    ...{ name: 'versioning', first: 'unset', isMadeAnew: true, isSetting: true },
    change: (calls, value) => {
      return calls.setVersioning(SETTLED_BUCKET, value === 'Enabled' ? value : 'Suspended')
    },
    read: (calls) => calls.versioning(SETTLED_BUCKET),
    valueFor: (_, number) => (number % 2 === 0 ? 'Enabled' : 'Suspended'),
  },
  {
    ...{ name: 'tag of an object', first: ABSENT, isMadeAnew: true },
    make: (calls, value) => calls.putTagged(ATTACHED_BUCKET, 'tagged', value),
    change: (calls, value) => calls.setObjectTag(ATTACHED_BUCKET, 'tagged', value),
    read: (calls) => orAbsent(calls.objectTag(ATTACHED_BUCKET, 'tagged')),
  },
  {
    ...{ name: 'ACL of an object', first: ABSENT, isMadeAnew: true },
    make: (calls) => calls.putTagged(ATTACHED_BUCKET, 'listed', ABSENT),
    change: (calls, value) => calls.setObjectAcl(ATTACHED_BUCKET, 'listed', value),
    read: (calls) => orAbsent(calls.objectAcl(ATTACHED_BUCKET, 'listed')),
    valueFor: (kind, number) => (kind === 'make' ? 'default' : (ACLS[number % ACLS.length] ?? '')),
  },
  {
    ...{ name: 'target of a link', first: ABSENT, isMadeAnew: true },
    change: (calls, value) => calls.putSymlink(ATTACHED_BUCKET, 'link', value),
    read: (calls) => orAbsent(calls.symlinkTarget(ATTACHED_BUCKET, 'link')),
  },
  {
    ...{ name: 'seal', first: ABSENT, isMadeAnew: false },
    make: (calls) => calls.appendFirst(ATTACHED_BUCKET, 'log'),
    change: (calls) => calls.seal(ATTACHED_BUCKET, 'log'),
    read: (calls) => orAbsent(calls.sealOf(ATTACHED_BUCKET, 'log')),
    valueFor: (kind) => (kind === 'make' ? 'open' : 'sealed'),
  },
  {
    ...{ name: 'whole object', first: ABSENT, isMadeAnew: true },
    change: (calls, _, number) => {
      return number % 3 === 0
        ? calls.uploadWhole(ATTACHED_BUCKET, 'whole', number)
        : calls.putWhole(ATTACHED_BUCKET, 'whole', number)
    },
    read: (calls) => orAbsent(calls.wholeOf(ATTACHED_BUCKET, 'whole')),
    valueFor: (_, number) => wholeText(number),
  },
  {
    ...{ name: 'counters of a bucket', first: NOTHING_COUNTED, isMadeAnew: true },
    change: (calls, value, number) => {
      return value === NOTHING_COUNTED
        ? calls.delete(COUNTED_BUCKET, 'only')
        : calls.putWhole(COUNTED_BUCKET, 'only', number)
    },
    read: (calls) => calls.counted(COUNTED_BUCKET),
    valueFor: (_, number) => (number % 3 === 0 ? NOTHING_COUNTED : wholeCountText(number)),
  },
]

/** Kept by every storage node as a bucket's record is, its secret sealed. */
const ACCESS_KEY: Register = {
  ...{ name: 'access key', first: ABSENT, isMadeAnew: true, isSetting: true },
  change: (calls, value) => calls.setAccessKey(value),
  read: (calls) => calls.accessKey(),
  valueFor: (_, number) => [ABSENT, `on ${number}`, `off ${number}`][number % 3] ?? ABSENT,
}

/** What the clients of a life set and read. */
export function registersOf({ attachesValues, usesAccessKeys }: Plan): readonly Register[] {
  return [...(attachesValues ? REGISTERS : []), ...(usesAccessKeys ? [ACCESS_KEY] : [])]
}

async function orAbsent(reading: Promise<string>): Promise<string> {
  return reading.catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'NoSuchKey') return ABSENT
    throw error
  })
}

export interface AttachedValuesParts {
  /** At least one. */
  readonly registers: readonly Register[]
  readonly random: SeededRandom
  readonly book: AttachedBook
  readonly machines: readonly Machine[]
  isolate(machine: Machine): (() => void) | undefined
  ask<T>(machine: Machine, act: (calls: Calls) => Promise<T>): Promise<Outcome<T>>
}

/** One client's part in it. */
export class AttachedValues {
  readonly #parts: AttachedValuesParts

  constructor(parts: AttachedValuesParts) {
    this.#parts = parts
  }

  /** One write, or a look at everything. */
  async turn(machine: Machine): Promise<void> {
    const { random } = this.#parts
    if (random.chance(BEHIND_PROBABILITY)) return this.#changeBehind(machine)
    if (!random.chance(WRITE_PROBABILITY)) return this.#look(machine)
    const register = random.pick(this.#parts.registers)
    const isMade = register.make !== undefined && random.chance(MAKE_PROBABILITY)
    const outcome = await this.#write(machine, register, isMade ? 'make' : 'change')
    if (register.isSetting === true && outcome.kind === 'done') this.#readEverywhere(register)
  }

  /** At what storage nodes keep, or at what they have to ask for: one that is cut off is slow with that. */
  async #look(machine: Machine): Promise<void> {
    const isAtSettings = this.#parts.random.chance(SETTINGS_PROBABILITY)
    for (const register of this.#parts.registers) {
      if ((register.isSetting === true) === isAtSettings) await this.#read(machine, register)
    }
  }

  /** Cuts a storage node off that keeps the record, changes a setting elsewhere, and asks the one that is cut off. */
  async #changeBehind(machine: Machine): Promise<void> {
    const { random, machines, isolate } = this.#parts
    const others = machines.filter((other) => other !== machine && other.node !== undefined)
    if (others.length === 0) return
    const register = random.pick(
      this.#parts.registers.filter(({ isSetting }) => isSetting === true),
    )
    await this.#read(machine, register)
    const mend = isolate(machine)
    const outcome = await this.#write(random.pick(others), register, 'change')
    if (outcome.kind === 'done') this.#readEverywhere(register)
    mend?.()
  }

  /**
   * At once, from every storage node: one that is cut off, or has not heard of the change, must not answer by the
   * record that it keeps. Nobody waits for those that are slow.
   */
  #readEverywhere(register: Register): void {
    for (const machine of this.#parts.machines) {
      if (machine.node !== undefined) void this.#read(machine, register)
    }
  }

  async readEverything(machine: Machine): Promise<void> {
    for (const register of this.#parts.registers) await this.#read(machine, register)
  }

  #read(machine: Machine, register: Register): Promise<Outcome<string>> {
    return this.#call(machine, register, 'read', '', (calls) => register.read(calls))
  }

  #write(machine: Machine, register: Register, kind: 'make' | 'change'): Promise<Outcome<string>> {
    const { valueFor = (_, number) => `value-${number}` } = register
    const number = this.#parts.book.calls.length
    const value = valueFor(kind, number)
    const write = kind === 'make' ? (register.make ?? register.change) : register.change
    return this.#call(machine, register, kind, value, async (calls) => {
      await write(calls, value, number)
      return value
    })
  }

  async #call(
    machine: Machine,
    { name }: Register,
    kind: CallKind,
    value: string,
    act: (calls: Calls) => Promise<string>,
  ): Promise<Outcome<string>> {
    const { book, ask } = this.#parts
    const call: AttachedCall = {
      ...{ register: name, kind, value, invokedAt: book.momentCount++, returnedAt: undefined },
      outcome: { kind: 'unknown', why: 'It is open' },
    }
    book.calls.push(call)
    call.outcome = await ask(machine, act)
    call.returnedAt = book.momentCount++
    return call.outcome
  }
}

/** Accuses every register whose calls no order explains. */
export function checkAttached({ calls }: AttachedBook, accuse: Accuse): void {
  for (const register of [...REGISTERS, ACCESS_KEY]) {
    const named = calls.filter((call) => call.register === register.name)
    if (register.isSetting === true) {
      checkSetting(register, named, accuse)
      continue
    }
    const own = named.map(timed)
    const specification = {
      first: register.first,
      next: (state: string, call: AttachedCall) => nextState(register, state, call),
      keyOf: (state: string) => state,
    }
    const verdict = checkLinearizability(specification, own)
    if (verdict.kind === 'linearizable') continue
    const culprit =
      verdict.kind === 'violated'
        ? `${JSON.stringify(verdict.culprit.call)} after ${verdict.states.join(' or ')}`
        : 'too many orders to decide'
    accuse('not linearizable', `${register.name}: ${culprit}`)
  }
}

/** No order is promised of what is read while a setting is changed. */
function checkSetting({ name, first }: Register, calls: AttachedCall[], accuse: Accuse): void {
  const refused = calls.find(({ outcome }) => outcome.kind === 'refused')
  const known = calls.filter(({ kind, outcome }) => kind !== 'read' || outcome.kind === 'done')
  const irregular = findIrregularRead(
    first,
    known.map((call) => {
      const { invokedAt, returnedAt, isRead } = timed(call)
      const value = call.outcome.kind === 'done' ? call.outcome.value : call.value
      return { call, isRead, value, invokedAt, returnedAt }
    }),
  )
  const culprit = refused ?? irregular?.call
  if (culprit !== undefined) accuse('not regular', `${name}: ${JSON.stringify(culprit)}`)
}

function timed(call: AttachedCall): Timed<AttachedCall> {
  const { kind, outcome, invokedAt } = call
  const returnedAt = outcome.kind === 'unknown' ? undefined : call.returnedAt
  return { call, invokedAt, returnedAt, isRead: kind === 'read' || outcome.kind === 'refused' }
}

/** The state after the call; undefined: it cannot have been answered so. */
function nextState(
  { make, isMadeAnew }: Register,
  state: string,
  { kind, value, outcome }: AttachedCall,
): string | undefined {
  const isThere = make === undefined || state !== ABSENT
  const isPossible = kind === 'make' ? isMadeAnew || state === ABSENT : isThere
  if (outcome.kind === 'done') {
    if (kind === 'read') return outcome.value === state ? state : undefined
    return isPossible ? value : undefined
  }
  if (outcome.kind === 'unknown') return isPossible ? value : state
  if (kind === 'read') return undefined
  return isPossible ? undefined : state
}
