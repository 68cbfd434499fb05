/**
 * What may be found under each key of a client: what was acknowledged last, and what nobody knows the end of.
 *
 * Every step is recorded before it counts, so that a client that is killed goes on from what it knew. A key whose last
 * request had no answer is never written again: that request may still take effect, however late.
 *
 * @module
 */

/** The SHA-256 of an object's bytes, or nothing. */
export type Found = string | 'absent'

type Step = 'begins' | 'is acknowledged' | 'is unknown'

/** One line of the record. */
export interface RecordedStep {
  readonly key: string
  readonly step: Step
  readonly wanted: Found
}

interface KeyState {
  /** More than one only where an answer is missing. */
  readonly possible: ReadonlySet<Found>
  readonly isInDoubt: boolean
}

export class ExpectedObjects {
  readonly #keys = new Map<string, KeyState>()
  readonly #record: (step: RecordedStep) => void

  /** Goes on from `steps`, those of an earlier process; `record` keeps what comes. */
  constructor(steps: readonly RecordedStep[], record: (step: RecordedStep) => void) {
    for (const step of steps) this.#take(step)
    // What was under way when the process ended has no answer.
    for (const [key, { possible }] of this.#keys) {
      if (possible.size > 1) this.#keys.set(key, { possible, isInDoubt: true })
    }
    this.#record = record
  }

  /** All of them, those in doubt as well. */
  get keys(): readonly string[] {
    return [...this.#keys.keys()]
  }

  /** Whether the key may be written. */
  isCertain(key: string): boolean {
    return this.#keys.get(key)?.isInDoubt !== true
  }

  /** How many objects are surely there. */
  get presentCount(): number {
    return [...this.#keys.values()].filter(({ possible }) => !possible.has('absent')).length
  }

  /** Before a request that is to make the key `wanted`. */
  begin(key: string, wanted: Found): void {
    this.#step({ key, step: 'begins', wanted })
  }

  /** After its answer. */
  acknowledge(key: string, wanted: Found): void {
    this.#step({ key, step: 'is acknowledged', wanted })
  }

  /** After it failed: it may have taken effect, and may yet. */
  doubt(key: string, wanted: Found): void {
    this.#step({ key, step: 'is unknown', wanted })
  }

  /** Says what is wrong about what was found; undefined when nothing is. */
  wrongAbout(key: string, found: Found): string | undefined {
    const possible = this.#keys.get(key)?.possible ?? new Set(['absent'])
    return possible.has(found) ? undefined : `${key} is ${found}, not ${[...possible].join(' or ')}`
  }

  #step(step: RecordedStep): void {
    this.#record(step)
    this.#take(step)
  }

  #take({ key, step, wanted }: RecordedStep): void {
    const { possible, isInDoubt } = this.#keys.get(key) ?? {
      possible: new Set<Found>(['absent']),
      isInDoubt: false,
    }
    if (step === 'is acknowledged') {
      this.#keys.set(key, { possible: new Set([wanted]), isInDoubt: false })
    } else {
      const isNowInDoubt = isInDoubt || step === 'is unknown'
      this.#keys.set(key, { possible: new Set([...possible, wanted]), isInDoubt: isNowInDoubt })
    }
  }
}
