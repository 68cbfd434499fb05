/**
 * A key-value engine that answers when it likes, as a real one on its thread pool does: orders of
 * events that a fast engine hides come up in tests.
 *
 * @module
 */

import { Dice, seededRandom } from './base/seeded-random.ts'
import { afterTurn } from './base/turn.ts'
import type { KeyValueEngine } from './storage/key-value-engine.ts'

const TURN_COUNT_MAX = 3

/** Wraps an engine: calls take effect, and answers come back, some turns of the event loop later. */
export function jitterEngine(seed: number): (engine: KeyValueEngine) => KeyValueEngine {
  const dice = new Dice(seededRandom(seed))
  const turns = async () => {
    for (let left = dice.below(TURN_COUNT_MAX); left > 0; left--) await new Promise<void>(afterTurn)
  }
  const late = async <T>(call: () => Promise<T>): Promise<T> => {
    await turns()
    const answer = await call()
    await turns()
    return answer
  }
  return (engine) => ({
    getMany: (keys) => late(() => engine.getMany(keys)),
    scan: (range, options) => late(() => engine.scan(range, options)),
    write: (batch) => late(() => engine.write(batch)),
    snapshot: () => engine.snapshot(),
    flush: () => late(() => engine.flush()),
    close: () => engine.close(),
  })
}
