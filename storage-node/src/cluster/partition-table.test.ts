import fc from 'fast-check'
import { ManualClock } from '../base/manual-clock.ts'
import { foundingRanges, isInRange } from '../contract/founding-ranges.ts'
import type { Epoch, PartitionId } from '../contract/identifiers.ts'
import { MemoryConfigStore } from './config-stores/memory-config-store.ts'
import { PartitionTable } from './partition-table.ts'
import type { Route } from './partition-table.ts'
import { FakeRegion, START_MS, STORES } from './routing-fixtures.ts'

const [A, B, C] = STORES as [(typeof STORES)[0], (typeof STORES)[0], (typeof STORES)[0]]

function emptyTable(): PartitionTable {
  return new PartitionTable(new MemoryConfigStore(), new ManualClock(START_MS))
}

function routesOf(rangeCount: number) {
  return foundingRanges(rangeCount).map((range, at) => ({
    partition: (at + 1) as PartitionId,
    uid: 'uid',
    epoch: 3 as Epoch,
    primary: A,
    members: [],
    range,
  }))
}

test('every position is found in the partition that holds it', () => {
  const positions = fc.uint8Array({ minLength: 8, maxLength: 12 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(positions), (count, some) => {
      const table = emptyTable()
      const routes = routesOf(count)
      for (const route of [...routes].reverse()) table.learnConfiguration(route)
      for (const position of some) {
        const holding = routes.find(({ range }) => isInRange(range, position))
        expect(table.find(position)?.partition).toBe(holding?.partition)
      }
    }),
  )
})

test('a position that nobody has told of is not found', () => {
  const table = emptyTable()
  expect(table.find(Buffer.alloc(8))).toBeUndefined()
  const [, first, , third] = routesOf(4)
  table.learnConfiguration(first!)
  table.learnConfiguration(third!)
  expect(table.find(Buffer.from('5000000000000000', 'hex'))).toBeUndefined()
  expect(table.find(Buffer.from('9000000000000000', 'hex'))?.partition).toBe(4)
})

describe('only a later epoch is news', () => {
  const [, route] = routesOf(4)
  const partition = route!.partition
  const cases: readonly [string, number, typeof A | undefined, boolean][] = [
    ['a later epoch', 4, B, true],
    ['the same epoch', 3, B, false],
    ['an earlier epoch', 2, B, false],
    ['a later epoch without a primary', 4, undefined, false],
  ]

  test.each(cases)('%s', (_name, epoch, primary, isNews) => {
    const table = emptyTable()
    table.learnConfiguration(route!)
    const moved: Route[] = []
    table.onMoved((changed) => moved.push(changed))
    expect(table.learnPrimary(partition, epoch as Epoch, primary)).toBe(isNews)
    expect(table.get(partition)?.primary).toBe(isNews ? B : A)
    expect(moved.map((changed) => changed.primary)).toEqual(isNews ? [B] : [])
  })

  test('of a partition that is not known, nothing is learnt: its range is not', () => {
    expect(emptyTable().learnPrimary(partition, 9 as Epoch, B)).toBe(false)
  })
})

test('a partition without a configuration has the primary that is preferred', async () => {
  const configs = new MemoryConfigStore()
  const table = new PartitionTable(configs, new ManualClock(START_MS))
  const [initialRange] = foundingRanges(1)
  await configs.create(1 as PartitionId, {
    desiredMembers: STORES,
    preferredPrimary: C,
    initialRange: initialRange!,
  })
  await new Promise(setImmediate)
  expect(table.get(1 as PartitionId)).toMatchObject({ epoch: 0, primary: C })
})

test('the watch of the config store is followed, until it is stopped', async () => {
  const region = await FakeRegion.open(foundingRanges(2))
  const { table } = region.nodes[0]!
  const id = 2 as PartitionId
  await region.configure(id, C)
  await region.turns()
  expect(table.get(id)).toMatchObject({ epoch: 2, primary: C })
  table.stop()
  await region.configure(id, A)
  await region.turns()
  expect(table.get(id)).toMatchObject({ epoch: 2, primary: C })
})

test('the config store is asked about a partition now and then, not with every call', async () => {
  const configs = new MemoryConfigStore()
  const clock = new ManualClock(START_MS)
  const get = jest.spyOn(configs, 'get')
  const table = new PartitionTable(configs, clock)
  for (let at = 0; at < 100; at++) {
    table.refresh(1 as PartitionId)
    clock.advance(10)
  }
  expect(get).toHaveBeenCalledTimes(4)
})

test('a partition of which no watch has told is found after the config store was asked', async () => {
  const region = await FakeRegion.open(foundingRanges(2))
  const { configs } = region
  jest.spyOn(configs, 'watch').mockReturnValue({ stop: () => undefined })
  const list = jest.spyOn(configs, 'list').mockRejectedValueOnce(new Error('down'))
  const clock = new ManualClock(START_MS)
  const table = new PartitionTable(configs, clock)
  const position = Buffer.from('5000000000000000', 'hex')
  for (let at = 0; at < 15; at++) {
    expect(table.find(position)).toBeUndefined()
    clock.advance(100)
  }
  expect(list).toHaveBeenCalledTimes(2)
  await region.turns()
  expect(table.find(position)).toMatchObject({ partition: 2, epoch: 1 })
  expect(list).toHaveBeenCalledTimes(2)
})

test('while the config store is down, the own replicas are all there is to go by', async () => {
  const configs = new MemoryConfigStore()
  jest.spyOn(configs, 'get').mockRejectedValue(new Error('down'))
  const clock = new ManualClock(START_MS)
  let known = routesOf(4)
  const table = new PartitionTable(configs, clock, () => known)
  const position = Buffer.from('5000000000000000', 'hex')
  expect(table.find(position)).toMatchObject({ epoch: 3, primary: A })
  // One of them hears from a later primary.
  known = known.map((route) => ({ ...route, epoch: 4 as Epoch, primary: B }))
  clock.advance(1000)
  table.refresh(table.find(position)!.partition)
  expect(table.find(position)).toMatchObject({ epoch: 4, primary: B })
})

test('a config store that is down changes nothing', async () => {
  const configs = new MemoryConfigStore()
  const table = new PartitionTable(configs, new ManualClock(START_MS))
  jest.spyOn(configs, 'get').mockRejectedValue(new Error('down'))
  table.refresh(1 as PartitionId)
  await new Promise(setImmediate)
  expect(table.get(1 as PartitionId)).toBeUndefined()
})
