/**
 * What was asked of a region and what it acknowledged, read from the notes of a run; judges what is found afterwards.
 *
 * A note is a line: `begin ID EFFECTS` before a request is sent, `ack ID` once it is answered, `saw EFFECTS` for what
 * a reader found after a restart. Each name is written by one writer at a time, so that at a crash at most one request
 * for it is open: it may have happened or not, but as a whole, and what a reader once saw must stay.
 *
 * @module
 */

import type { Piece } from './object-bytes.ts'

/** An object's content, the parts of an upload by number, or undefined: there is none. */
export type State = readonly Piece[] | Readonly<Record<string, Piece>> | undefined

/** All of them happen, or none. */
export type Effects = readonly (readonly [name: string, state: State])[]

/** What is wrong with a region after a crash. */
export interface Violation {
  readonly kind: 'lost' | 'torn' | 'half done' | 'from nowhere'
  readonly name: string
  readonly detail: string
}

export class History {
  /** By name, every acknowledged or seen state, oldest first. */
  readonly #states = new Map<string, string[]>()
  readonly #open = new Map<string, Effects>()
  #acknowledgedCount = 0

  static from(notes: readonly string[]): History {
    const history = new History()
    for (const note of notes) history.#take(note)
    return history
  }

  get acknowledgedCount(): number {
    return this.#acknowledgedCount
  }

  /** Every name that was ever written. */
  names(): string[] {
    return [...new Set([...this.#states.keys(), ...this.openNames()])].sort()
  }

  /** The states that a name may be in, then those it once had, the latest first. */
  statesEver(name: string): State[] {
    const earlier = [...(this.#states.get(name) ?? [])].reverse()
    return [...this.#candidates(name), ...earlier].map(fromText)
  }

  /** The names of requests whose end is unknown. */
  openNames(): string[] {
    return [...this.#open.values()].flatMap((effects) => effects.map(([name]) => name))
  }

  /** Judges what a reader found; `found` has every name that is there, 'unreadable' when it is nothing that was written. */
  judge(found: ReadonlyMap<string, State | 'unreadable'>): Violation[] {
    const violations: Violation[] = []
    for (const name of new Set([...this.names(), ...found.keys()])) {
      const state = found.get(name)
      const violation = state === 'unreadable' ? 'torn' : this.#judgeOne(name, toText(state))
      if (violation !== undefined) {
        violations.push({ kind: violation, name, detail: this.#describe(name, state) })
      }
    }
    for (const effects of this.#open.values()) {
      if (violations.length === 0 && !this.#isWhole(effects, found as ReadonlyMap<string, State>)) {
        violations.push({
          kind: 'half done',
          name: effects[0]?.[0] ?? '',
          detail: JSON.stringify(effects),
        })
      }
    }
    return violations
  }

  #judgeOne(name: string, found: string): Violation['kind'] | undefined {
    const candidates = this.#candidates(name)
    if (candidates.includes(found)) return undefined
    const known = (this.#states.get(name) ?? []).includes(found) || found === NOTHING
    return known ? 'lost' : 'from nowhere'
  }

  /** A request that changes several names is seen in all of them or in none. */
  #isWhole(effects: Effects, found: ReadonlyMap<string, State>): boolean {
    const telling = effects.filter(([name, state]) => toText(state) !== this.#last(name))
    const happened = telling.filter(([name, state]) => toText(found.get(name)) === toText(state))
    return happened.length === 0 || happened.length === telling.length
  }

  #take(note: string): void {
    const [word = '', subject = '', ...rest] = note.split(' ')
    const text = rest.join(' ')
    switch (word) {
      case 'begin':
        this.#open.set(subject, parseEffects(text))
        return
      case 'ack':
        this.#acknowledgedCount++
        for (const [name, state] of this.#open.get(subject) ?? []) this.#settle(name, toText(state))
        this.#open.delete(subject)
        return
      case 'saw':
        // All names of all open requests are seen at once.
        for (const [name, state] of parseEffects(note.slice(4))) this.#settle(name, toText(state))
        this.#open.clear()
        return
      default:
        throw new Error(`Cannot read the note "${note}"`)
    }
  }

  #settle(name: string, state: string): void {
    const states = this.#states.get(name) ?? []
    states.push(state)
    this.#states.set(name, states)
  }

  #last(name: string): string {
    return this.#states.get(name)?.at(-1) ?? NOTHING
  }

  #candidates(name: string): string[] {
    const open = [...this.#open.values()].flatMap((effects) =>
      effects.filter(([other]) => other === name),
    )
    return [this.#last(name), ...open.map(([, state]) => toText(state))]
  }

  #describe(name: string, found: State | 'unreadable'): string {
    const earlier = (this.#states.get(name) ?? []).slice(-4, -1)
    const shown = found === 'unreadable' ? found : toText(found)
    return `found ${shown}, must be ${this.#candidates(name).join(' or ')}, was before ${earlier.join(', ') || 'nothing'}`
  }
}

const NOTHING = 'null'

/** The note before a request. */
export function beginNote(id: string, effects: Effects): string {
  return `begin ${id} ${effectsText(effects)}`
}

/** The note after its answer. */
export function ackNote(id: string): string {
  return `ack ${id}`
}

/** The note about what a reader found of all names with open requests. */
export function sawNote(effects: Effects): string {
  return `saw ${effectsText(effects)}`
}

function effectsText(effects: Effects): string {
  return JSON.stringify(effects.map(([name, state]) => [name, state ?? null]))
}

function parseEffects(text: string): Effects {
  const effects = JSON.parse(text) as [string, State | null][]
  return effects.map(([name, state]) => [name, state ?? undefined])
}

function toText(state: State): string {
  return state === undefined ? NOTHING : JSON.stringify(state)
}

function fromText(text: string): State {
  return text === NOTHING ? undefined : (JSON.parse(text) as State)
}
