/**
 * How far replicas are behind and what they know, as the operator is told.
 *
 * @module
 */

import type { Zone } from '../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../contract/identifiers.ts'
import type { ShownReplica } from './node-routes.ts'
import { shownReplica } from './node-routes.ts'

const members = [{ store: 'a' as StoreId, zone: 'a' as Zone }]
/** As the map of stores has it. */
const entries = members.map((each) => ({ ...each, name: 'eu-a-0', address: 'a:1' }))
const replica: ShownReplica = {
  partition: 7,
  configuration: {
    ...{ partition: 7 as PartitionId, uid: 'first', epoch: 3 as Epoch, primary: 'a' as StoreId },
    ...{ members: entries, range: { start: Buffer.from('a'), end: Buffer.alloc(0) } },
  },
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
  const configuration = {
    lineage: 'first',
    epoch: 3,
    primary: 'a',
    members,
    start: 'YQ==',
    end: '',
  }
  const all = { id: 7, epoch: 3, configuration, ...told }
  expect(shownReplica({ ...replica, ...changes })).toEqual(all)
})

test('one that knows no configuration tells none', () => {
  const told = shownReplica({ ...replica, configuration: undefined })
  expect(told).toEqual({ id: 7, epoch: 0, role: 'Primary', lag: 0 })
})
