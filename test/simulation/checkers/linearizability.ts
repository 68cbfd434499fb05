/**
 * Whether some order of overlapping calls explains every answer: the search of Wing and Gong with Lowe's memory of
 * configurations that were tried.
 *
 * A call whose outcome is unknown may take effect at any time after it began, or never. Such calls are what makes a
 * search explode, so they are tried last, and few of them before many: a configuration is given up when one was tried that
 * had explained the same with fewer of them.
 *
 * @module
 */

/** How one kind of object behaves when calls come one by one. */
export interface Specification<State, Call> {
  readonly first: State
  /** The state after the call, or undefined: from this state it cannot have been answered so. */
  next(state: State, call: Call): State | undefined
  /** Equal for equal states. */
  keyOf(state: State): string
}

/** A call and the moments between which it took effect. */
export interface Timed<Call> {
  readonly call: Call
  readonly invokedAt: number
  /** Undefined: it may take effect later, or never. */
  readonly returnedAt: number | undefined
  /** Changes nothing in any state: it is put in order wherever it fits. */
  readonly isRead: boolean
}

export type Verdict<State, Call> =
  | { readonly kind: 'linearizable' }
  | {
      readonly kind: 'violated'
      /** The first call to return that no order explains. */
      readonly culprit: Timed<Call>
      /** States that the calls before it can have left. */
      readonly states: readonly State[]
    }
  /** The search was given up. */
  | { readonly kind: 'undecided' }

const CONFIGURATION_COUNT_MAX = 2_000_000
const SHOWN_STATE_COUNT_MAX = 4

/** Looks for an order; `calls` may come in any. */
export function checkLinearizability<State, Call>(
  specification: Specification<State, Call>,
  calls: readonly Timed<Call>[],
): Verdict<State, Call> {
  return new Search(specification, calls).run()
}

class Search<State, Call> {
  readonly #specification: Specification<State, Call>
  /** By the moment of their invocation. */
  readonly #required: readonly Timed<Call>[]
  readonly #optional: readonly Timed<Call>[]
  readonly #isDone: Uint8Array
  readonly #isUsed: Uint8Array
  /** The first required call that has no place yet, and those behind it that have one. */
  #front = 0
  readonly #ahead = new Set<number>()
  /** By what is explained and the state it leaves: the optional calls that it took, and how many more were allowed. */
  readonly #tried = new Map<string, { readonly used: string[]; readonly left: number }[]>()
  #triedCount = 0
  /** How many more optional calls may be taken, and whether that has kept one out. */
  #left = 0
  #isCut = false
  #deepest: { front: number; culprit: Timed<Call>; states: Map<string, State> } | undefined

  constructor(specification: Specification<State, Call>, calls: readonly Timed<Call>[]) {
    const inOrder = [...calls].sort((a, b) => a.invokedAt - b.invokedAt)
    this.#specification = specification
    this.#required = inOrder.filter(({ returnedAt }) => returnedAt !== undefined)
    this.#optional = inOrder.filter(({ returnedAt, isRead }) => !isRead && returnedAt === undefined)
    this.#isDone = new Uint8Array(this.#required.length)
    this.#isUsed = new Uint8Array(this.#optional.length)
  }

  run(): Verdict<State, Call> {
    const end = this.#search()
    if (end === 'explained') return { kind: 'linearizable' }
    if (end === 'tired' || this.#deepest === undefined) return { kind: 'undecided' }
    const { culprit, states } = this.#deepest
    return {
      kind: 'violated',
      culprit,
      states: [...states.values()].slice(0, SHOWN_STATE_COUNT_MAX),
    }
  }

  /** Allows one more optional call each time, until none was kept out. */
  #search(): 'explained' | 'impossible' | 'tired' {
    for (let allowed = 0; ; allowed++) {
      this.#left = allowed
      this.#isCut = false
      const end = this.#explain(this.#specification.first)
      if (end !== 'impossible' || !this.#isCut) return end
    }
  }

  /** Tries every next call from here on; leaves things as they were unless all is explained. */
  #explain(state: State): 'explained' | 'impossible' | 'tired' {
    const placed = this.#placeReads(state)
    const end = this.#explainWrites(state)
    if (end !== 'explained') for (const index of placed.reverse()) this.#unplace(index)
    return end
  }

  #explainWrites(state: State): 'explained' | 'impossible' | 'tired' {
    if (this.#front === this.#required.length) return 'explained'
    if (this.#wasTried(state)) return 'impossible'
    if (this.#triedCount > CONFIGURATION_COUNT_MAX) return 'tired'
    const limit = this.#firstReturn()
    this.#note(state, limit.call)
    for (const index of this.#open(limit.at)) {
      const next = this.#specification.next(state, at(this.#required, index).call)
      if (next === undefined) continue
      this.#place(index)
      const end = this.#explain(next)
      if (end !== 'impossible') return end
      this.#unplace(index)
    }
    return this.#explainByUnknown(state, limit.at)
  }

  #explainByUnknown(state: State, limit: number): 'explained' | 'impossible' | 'tired' {
    const here = this.#specification.keyOf(state)
    for (const [index, { call, invokedAt }] of this.#optional.entries()) {
      if (invokedAt > limit) break
      if (this.#isUsed[index] === 1) continue
      const next = this.#specification.next(state, call)
      if (next === undefined || this.#specification.keyOf(next) === here) continue
      if (this.#left === 0) {
        this.#isCut = true
        break
      }
      this.#isUsed[index] = 1
      this.#left--
      const end = this.#explain(next)
      if (end !== 'impossible') return end
      this.#left++
      this.#isUsed[index] = 0
    }
    return 'impossible'
  }

  /** Reads that fit into this state never fit worse than here. */
  #placeReads(state: State): number[] {
    const placed: number[] = []
    for (let isChanged = true; isChanged;) {
      isChanged = false
      for (const index of this.#open(this.#firstReturn().at)) {
        const { call, isRead } = at(this.#required, index)
        if (!isRead || this.#specification.next(state, call) === undefined) continue
        this.#place(index)
        placed.push(index)
        isChanged = true
      }
    }
    return placed
  }

  /** The required call without a place that returned first: what comes next began before that. */
  #firstReturn(): { at: number; call: Timed<Call> | undefined } {
    let first: Timed<Call> | undefined
    for (let index = this.#front; index < this.#required.length; index++) {
      const call = at(this.#required, index)
      if (first !== undefined && call.invokedAt > returnOf(first)) break
      if (this.#isDone[index] === 1) continue
      if (first === undefined || returnOf(call) < returnOf(first)) first = call
    }
    return { at: first === undefined ? Infinity : returnOf(first), call: first }
  }

  /** The required calls that may come next. */
  #open(limit: number): number[] {
    const open: number[] = []
    for (let index = this.#front; index < this.#required.length; index++) {
      if (at(this.#required, index).invokedAt > limit) break
      if (this.#isDone[index] === 0) open.push(index)
    }
    return open
  }

  #place(index: number): void {
    this.#isDone[index] = 1
    this.#ahead.add(index)
    while (this.#front < this.#required.length && this.#isDone[this.#front] === 1)
      this.#ahead.delete(this.#front++)
  }

  #unplace(index: number): void {
    this.#isDone[index] = 0
    this.#ahead.delete(index)
    while (this.#front > index) if (this.#isDone[--this.#front] === 1) this.#ahead.add(this.#front)
  }

  /** Whether the same was explained before, from the same state, with no more of the unknown calls, and as many left. */
  #wasTried(state: State): boolean {
    const ahead = [...this.#ahead].sort((a, b) => a - b).join()
    const key = `${this.#front}|${ahead}|${this.#specification.keyOf(state)}`
    const used: string[] = []
    this.#isUsed.forEach((isUsed, index) => isUsed === 1 && used.push(String(index)))
    const tried = this.#tried.get(key) ?? []
    const isCovered = tried.some(
      (before) => before.left >= this.#left && before.used.every((index) => used.includes(index)),
    )
    if (isCovered) return true
    tried.push({ used, left: this.#left })
    this.#tried.set(key, tried)
    this.#triedCount++
    return false
  }

  /** Remembers how far the search came, and with what in its hands. */
  #note(state: State, culprit: Timed<Call> | undefined): void {
    if (culprit === undefined) return
    const isFurther =
      this.#deepest === undefined || returnOf(culprit) > returnOf(this.#deepest.culprit)
    if (isFurther) this.#deepest = { front: this.#front, culprit, states: new Map() }
    if (this.#deepest?.culprit === culprit)
      this.#deepest.states.set(this.#specification.keyOf(state), state)
  }
}

function returnOf<Call>({ returnedAt }: Timed<Call>): number {
  return returnedAt ?? Infinity
}

function at<T>(values: readonly T[], index: number): T {
  return values[index] as T
}
