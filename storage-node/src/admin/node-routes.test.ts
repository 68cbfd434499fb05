/**
 * How far replicas are behind, as the operator is told.
 *
 * @module
 */

import type { ShownReplica } from './node-routes.ts'
import { shownReplica } from './node-routes.ts'

const replica: ShownReplica = {
  partition: 7,
  configuration: { epoch: 3 },
  isActive: true,
  appliedSeq: 10,
  endSeq: 12,
  lacking: undefined,
}

test.each([
  ['a primary that everybody has followed', {}, { role: 'Primary', lag: 0 }],
  ['a primary that somebody lacks two entries of', { lacking: 11 }, { role: 'Primary', lag: 2 }],
  ['a secondary that has not applied two', { isActive: false }, { role: 'Secondary', lag: 2 }],
  [
    'a secondary that is up to date',
    { isActive: false, appliedSeq: 12 },
    { role: 'Secondary', lag: 0 },
  ],
  ['one without a log yet', { isActive: false, endSeq: 0 }, { role: 'Secondary', lag: 0 }],
])('%s', (_what, changes, told) => {
  expect(shownReplica({ ...replica, ...changes })).toEqual({ id: 7, epoch: 3, ...told })
})
