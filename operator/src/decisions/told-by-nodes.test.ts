import {
  clockCondition,
  configCondition,
  regressedPartitions,
  type ToldByNode,
} from './told-by-nodes.ts'

const told = (pod: string, change: Partial<ToldByNode> = {}): ToldByNode => {
  return { pod, partitions: [], ...change }
}

test.each<[string, number[], string | undefined]>([
  ['agree', [0, 5_000, 10_000], undefined],
  ['agree with each other, and the operator is wrong', [90_000, 90_100, 90_200], undefined],
  ['are told by nobody', [], undefined],
  ['differ ahead', [0, 42_000, 100], 'b is 42 s ahead of the others'],
  ['differ behind', [-3_600_000, 0, 100], 'a is 3600 s behind the others'],
])('clocks that %s', (_name, readings, words) => {
  const clocks = readings.map((aheadMs, at) => ({ pod: 'abc'.charAt(at), aheadMs }))
  const { status, message } = clockCondition(clocks)
  expect(status).toBe(words === undefined ? 'False' : 'True')
  expect(message).toContain(words ?? 'agree')
})

test('objects that are older than what a storage node knows are told by number', () => {
  const nodes = [
    told('a', { partitions: [{ id: 1, epoch: 3 }] }),
    told('b', {
      partitions: [
        { id: 1, epoch: 2 },
        { id: 2, epoch: 1 },
      ],
    }),
  ]
  const at = (...epochs: number[]) => epochs.map((epoch, index) => ({ id: index + 1, epoch }))
  expect(regressedPartitions(at(3, 1), nodes)).toEqual([])
  expect(regressedPartitions(at(4, 2, 7), nodes)).toEqual([])
  expect(regressedPartitions(at(2, 1), nodes)).toEqual([1])
  expect(regressedPartitions(at(3, 0), nodes)).toEqual([2])
  const condition = configCondition('eu', [1, 2])
  expect(condition).toMatchObject({ status: 'True', reason: 'ObjectsOlder' })
  expect(condition.message).toContain('Partitions 1, 2 are older')
  expect(condition.message).toContain(
    'kubectl annotate region eu granary.dev/rebuild-partitions=1,2',
  )
})

test('an object that was made again is told, however new it is', () => {
  const nodes = [told('a', { partitions: [{ id: 1, epoch: 3, lineage: 'first' }] }), told('b')]
  const object = (lineage: string) => [{ id: 1, epoch: 4, lineage }]
  expect(regressedPartitions(object('first'), nodes)).toEqual([])
  expect(regressedPartitions(object('second'), nodes)).toEqual([1])
})
