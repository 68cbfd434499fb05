/**
 * A minute of random walks, with fresh seeds each time; the sound model breaks no invariant.
 *
 * @module
 */

import { modelSettings } from './settings.ts'
import type { ModelSettings } from './settings.ts'
import { walk } from './walk.ts'

const WALKS_MS = 10_000
const DEPTH = 100
/** A tenth of what a quiet machine does: a model that got slow proves less in its minute. */
const STEP_COUNT_MIN = 30_000

const regions: readonly [string, Partial<ModelSettings>][] = [
  ['three replicas, majority', {}],
  ['three replicas, all', { quorum: 'all' }],
  ['three replicas and a spare, majority', { replicaCount: 4 }],
  ['three replicas and a spare, all', { replicaCount: 4, quorum: 'all' }],
  ['four replicas in two zones', { replicaCount: 4, founders: 0b1111, zones: [0, 0, 1, 1] }],
  ['three replicas, strict reads', { reads: 'strict' }],
]

test.each(regions)('%s', (_name, region) => {
  const firstSeed = Math.floor(Math.random() * 2 ** 30)
  const endMs = Date.now() + WALKS_MS
  let stepCount = 0
  for (let seed = firstSeed; Date.now() < endMs; seed++) {
    // Long steps see the store's layers, short ones reach further.
    const applies = seed % 2 === 0 ? 'later' : 'at once'
    const result = walk(modelSettings({ applies, ...region }), seed, DEPTH)
    stepCount += result.stepCount
    expect(result.violation).toBeUndefined()
  }
  expect(stepCount).toBeGreaterThan(STEP_COUNT_MIN)
})
