/**
 * The order in which jest starts test files: those that take minutes first, so that none of them is left alone at the end.
 *
 * Jest's own order knows how long a file took the last time; on a clean clone there is no last time.
 *
 * @module
 */

import sequencer from '@jest/test-sequencer'

const LONG = [
  // It measures how long a start takes, against what the machine does at that moment: beside simulated lives,
  // which work evenly, and not beside tests that start processes of their own.
  'test/local/restart',
  'test/simulation/simulation',
  'test/crash/crash',
  'test/model/walks',
  'test/local/',
  'test/support/mutation-sample',
  'test/crash/',
  'test/model/',
  'storage-node/src/local-region',
  'storage-node/src/region-',
  'storage-node/src/services/bodies',
  'storage-node/src/storage/chunks/',
]

export default class LongestFirst extends sequencer {
  sort(tests) {
    return super
      .sort(tests)
      .map((test, order) => ({ test, order, rank: rankOf(test.path) }))
      .sort((a, b) => a.rank - b.rank || a.order - b.order)
      .map(({ test }) => test)
  }
}

function rankOf(path) {
  const rank = LONG.findIndex((part) => path.includes(part))
  return rank === -1 ? LONG.length : rank
}
