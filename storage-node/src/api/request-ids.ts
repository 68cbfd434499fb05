/**
 * Request ids as OSS makes them: 24 upper-case hex digits that begin with the time.
 *
 * @module
 */

import { asBuffer } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'

/** Unique but for a process that draws the same 40 random bits at its start and in the same second. */
export class RequestIds {
  readonly #prefix: string
  #counter = 0
  #second = -1
  #secondHex = ''

  constructor(random: Random) {
    this.#prefix = asBuffer(random.bytes(5)).toString('hex').toUpperCase()
  }

  next(nowMs: number): string {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#secondHex = hex(second, 8)
    }
    this.#counter = (this.#counter + 1) % 0x1000000
    return this.#secondHex + this.#prefix + hex(this.#counter, 6)
  }
}

function hex(value: number, digitCount: number): string {
  return value.toString(16).toUpperCase().padStart(digitCount, '0')
}
