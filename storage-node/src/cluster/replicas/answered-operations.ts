/**
 * What a primary has answered without an entry of its own: refusals, and commands that had nothing to
 * change.
 *
 * A try of a command may come late, when another try of it was answered long ago. Evaluated anew it
 * could pass by then: a delete that found nothing would remove what was put since, and a write that
 * was refused would take effect. So the same opId gets the same answer, for as long as it may come.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import type { CommandResult } from '../../model/command.ts'
import type { OssError } from '../../model/errors.ts'
import { opIdMs } from '../../wire/stored/op-id.ts'

/** Bounds memory: 6,500 such answers a second are remembered for 10 s. */
const COUNT_MAX = 65_536

export type AnswerWithoutEntry = CommandResult | OssError

export class AnsweredOperations {
  readonly #keptMs: number
  /** In the order of their answers. */
  readonly #answers = new Map<
    string,
    { readonly ms: number; readonly answer: AnswerWithoutEntry }
  >()
  #forgottenMs = -Infinity

  /** An opId may come until `keptMs` after its time. */
  constructor(keptMs: number) {
    this.#keptMs = keptMs
  }

  find(opId: Uint8Array): AnswerWithoutEntry | undefined {
    return this.#answers.get(nameOf(opId))?.answer
  }

  /** What was answered to it would not be known any more. */
  isForgotten(opId: Uint8Array): boolean {
    return opIdMs(opId) <= this.#forgottenMs
  }

  add(opId: Uint8Array, answer: AnswerWithoutEntry, nowMs: number): void {
    this.#answers.set(nameOf(opId), { ms: opIdMs(opId), answer })
    for (const [name, { ms }] of this.#answers) {
      const mayCome = ms + this.#keptMs >= nowMs
      if (mayCome && this.#answers.size <= COUNT_MAX) return
      this.#answers.delete(name)
      if (mayCome) this.#forgottenMs = Math.max(this.#forgottenMs, ms)
    }
  }
}

function nameOf(opId: Uint8Array): string {
  return asBuffer(opId).toString('latin1')
}
