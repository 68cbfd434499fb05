/**
 * One direction between two simulated machines.
 *
 * @module
 */

import type { SeededRandom } from '../crash/seeded-random.ts'

const DELAY_MS_MIN = 0.15
const DELAY_MS_MEAN = 0.25

/** What may happen to a message. */
export interface LinkFaults {
  readonly lossProbability: number
  readonly duplicateProbability: number
  /** Of a message that takes much longer than others, and is overtaken by them. */
  readonly tailProbability: number
  readonly tailMsMax: number
  /** Added to every message. */
  readonly slowMs: number
}

export const CALM_LINK: LinkFaults = {
  lossProbability: 0,
  duplicateProbability: 0,
  tailProbability: 0.002,
  tailMsMax: 20,
  slowMs: 0,
}

/** A link; how it behaves changes as a run goes on. */
export class Link {
  isCut = false
  faults = CALM_LINK

  /** Delays of the copies that arrive: none when the message is lost, two when it is doubled. */
  draw(random: SeededRandom): readonly number[] {
    const { lossProbability, duplicateProbability } = this.faults
    if (this.isCut || random.chance(lossProbability)) return NONE
    const delay = this.#delay(random)
    return random.chance(duplicateProbability) ? [delay, this.#delay(random)] : [delay]
  }

  #delay(random: SeededRandom): number {
    const { tailProbability, tailMsMax, slowMs } = this.faults
    const usual = DELAY_MS_MIN - DELAY_MS_MEAN * Math.log(1 - random.below(2 ** 20) / 2 ** 20)
    const tail = random.chance(tailProbability) ? random.below(tailMsMax) : 0
    return slowMs + usual + tail
  }
}

const NONE: readonly number[] = []
