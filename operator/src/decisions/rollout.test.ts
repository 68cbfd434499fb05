import type { Zone } from '@granary/storage-node/contract/configuration'
import type { StoreId } from '@granary/storage-node/contract/identifiers'
import { decideRollout, type RolloutPod, type RolloutQuestion } from './rollout.ts'

const pod = (zone: string, change: Partial<RolloutPod> = {}): RolloutPod => ({
  ...{ name: `r-${zone}-0`, zone, isOutdated: true, isReady: true, isGoing: false },
  ...{ store: zone as StoreId, lag: 0, ...change },
})
const member = (zone: string) => ({ store: zone as StoreId, zone: zone as Zone })
const partition = (...zones: string[]) => ({
  ...{ id: 7, desiredCount: 3, primary: 'a' as StoreId, members: zones.map(member) },
})
const question: RolloutQuestion = {
  zoneCount: 3,
  wanted: ['r-a-0', 'r-b-0', 'r-c-0'],
  pods: [pod('a'), pod('b'), pod('c')],
  partitions: [partition('a', 'b', 'c')],
}
const current = { isOutdated: false }

test.each<[string, Partial<RolloutQuestion>, string | undefined]>([
  ['the first by name', {}, 'r-a-0'],
  ['the next', { pods: [pod('a', current), pod('b'), pod('c')] }, 'r-b-0'],
  [
    'the rest of a zone that was begun',
    {
      wanted: ['r-a-0', 'r-b-0', 'r-b-1', 'r-c-0'],
      pods: [pod('a'), pod('b', current), pod('b', { name: 'r-b-1' }), pod('c')],
    },
    'r-b-1',
  ],
  [
    'one that does not serve anyway',
    { pods: [pod('a'), pod('b'), pod('c', { isReady: false, lag: undefined })] },
    'r-c-0',
  ],
  [
    'any, in a region for tests',
    {
      zoneCount: 2,
      wanted: ['r-a-0', 'r-b-0'],
      pods: [pod('a'), pod('b')],
      partitions: [partition('a', 'b')],
    },
    'r-a-0',
  ],
  [
    'none when all are as they should be',
    { pods: [pod('a', current), pod('b', current)] },
    undefined,
  ],
])('restarts %s', (_name, change, name) => {
  const decision = decideRollout({ ...question, ...change })
  expect(decision).toEqual(
    name === undefined ? { kind: 'settled' } : { kind: 'restart', pod: name },
  )
})

test.each<[string, Partial<RolloutQuestion>, string]>([
  [
    'another one is stopping',
    { pods: [pod('a'), pod('b', { ...current, isGoing: true }), pod('c')] },
    'r-b-0 is being restarted',
  ],
  ['another one has not come back', { pods: [pod('a'), pod('c')] }, 'r-b-0 is being restarted'],
  [
    'another one is not ready',
    { pods: [pod('a'), pod('b', { ...current, isReady: false }), pod('c')] },
    'r-b-0 must be ready first',
  ],
  [
    'a copy is behind',
    { pods: [pod('a'), pod('b', { ...current, lag: 300 }), pod('c')] },
    'copies at r-b-0 still catch up',
  ],
  [
    'one does not say how far it is',
    { pods: [pod('a'), pod('b'), pod('c', { lag: undefined })] },
    'copies at r-c-0',
  ],
  [
    'a partition would stop',
    { partitions: [partition('a', 'b')] },
    'partitions 7 have too few copies',
  ],
])('waits while %s', (_name, change, words) => {
  const decision = decideRollout({ ...question, ...change })
  expect(decision).toMatchObject({ kind: 'wait', refusal: { reason: 'RestartWaits' } })
  expect(JSON.stringify(decision)).toContain(words)
})
