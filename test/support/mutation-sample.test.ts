/**
 * Some planted bugs in each run of the gate, by chance: what tests have found before they still find.
 *
 * @module
 */

import { Dice, seededRandom } from '@granary/storage-node/base/seeded-random'
import { foundBy, missedByTests, mutationNames } from './mutations.ts'

const SAMPLE_COUNT = 10
/** Test files that take longer than some seconds: bugs that need them are left to `npm run crash`. */
const SLOW = /journal$|chunk-crash|key-value-engine|local-region/
const SEED_MAX = 2 ** 30

/** The bugs that a few quick test files find. */
function quickMutations(): string[] {
  return mutationNames().filter((name) => {
    const patterns = foundBy(name)
    return patterns.length > 0 && !patterns.some((pattern) => SLOW.test(pattern))
  })
}

function drawSample(names: readonly string[], seed: number): string[] {
  const dice = new Dice(seededRandom(seed))
  const left = [...names]
  return Array.from({ length: SAMPLE_COUNT }, () => left.splice(dice.below(left.length), 1)).flat()
}

test('a sample is of different bugs, the same for the same seed, and draws each of them some time', () => {
  const names = quickMutations()
  const samples = Array.from({ length: 200 }, (_, seed) => drawSample(names, seed))
  for (const sample of samples) expect(new Set(sample).size).toBe(SAMPLE_COUNT)
  expect(drawSample(names, 7)).toEqual(samples[7])
  expect(new Set(samples.flat()).size).toBe(names.length)
})

test('ten bugs by chance are found by the tests that they name', () => {
  const seed = Math.floor(Math.random() * SEED_MAX)
  const sample = drawSample(quickMutations(), seed)
  const missed = missedByTests(sample)
  const replay = missed.map((name) => `npm run crash -- --mutation ${name}`)
  expect({ seed, sample, missed, replay }).toEqual({ seed, sample, missed: [], replay: [] })
}, 600_000)
