/**
 * Where the chunks of one body have got to: what the stores are told once the body is referred to.
 *
 * @module
 */

import type { LackingChunk } from '../../wire/peer/chunk-messages.ts'
import type { SettledChunk } from './chunk-fan-out.ts'

/** Gathers what becomes of each chunk. */
export class ChunkCopies {
  readonly #lacking: LackingChunk[] = []
  #underWay = 0
  #waiting: (() => void)[] = []

  add(index: number, settled: Promise<SettledChunk>): void {
    this.#underWay++
    void settled.then(({ lacking }) => {
      if (lacking.length > 0) this.#lacking.push({ index, stores: lacking })
      this.#underWay--
      if (this.#underWay > 0) return
      for (const resolve of this.#waiting.splice(0)) resolve()
    })
  }

  /** Resolves, once nothing is under way, to the chunks that some stores lack. */
  async settled(): Promise<readonly LackingChunk[]> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.#lacking
  }
}
