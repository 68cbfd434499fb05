/**
 * The Date header, formatted once per second.
 *
 * @module
 */

import { formatHttpDate } from '../wire/http-date.ts'

/** Remembers the text of the current second. */
export class DateHeader {
  #second = -1
  #text = ''

  at(nowMs: number): string {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#text = formatHttpDate(second * 1000)
    }
    return this.#text
  }
}
