import { silentLogger } from '../../base/logger.ts'
import { seededRandom } from '../../base/seeded-random.ts'
import { SimulatedDisk } from '../../base/simulated-disk.ts'
import type { Zone } from '../../contract/configuration.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import { planGroups } from '../../placement/plan-groups.ts'
import { dataId } from '../../storage/chunks/chunk-fixtures.ts'
import { ChunkPlacement } from './chunk-placement.ts'
import { ConfigStoreUnavailableError } from '../config-store.ts'
import { PlacementFile } from './placement-file.ts'

const GROUP_COUNT = 64
const stores = ['a', 'b', 'c', 'a'].map((zone, at) => ({
  store: `00000000-0000-4000-8000-00000000000${at}` as StoreId,
  zone: zone as Zone,
  ...{ name: `node-${at}`, address: `node-${at}:1`, beaconAddress: `node-${at}:2` },
}))
const [self, , far, near] = stores.map(({ store }) => store) as [StoreId, StoreId, StoreId, StoreId]

function mapOf(version: number, count = stores.length): PlacementMap {
  const some = stores.slice(0, count)
  return { version, stores: some, groups: planGroups(some, GROUP_COUNT) }
}

function placementOf(): ChunkPlacement {
  const floor = { minInsync: 2, zoneCount: 3 }
  return new ChunkPlacement({ self, zone: 'a' as Zone, groupCount: GROUP_COUNT, floor })
}

/** A config store that has this map, or does not answer. */
function configsWith(map: PlacementMap | undefined) {
  const watchers: ((map: PlacementMap) => void)[] = []
  return {
    watchers,
    getPlacement: () =>
      map === undefined ? Promise.reject(new ConfigStoreUnavailableError()) : Promise.resolve(map),
    watchPlacement(changed: (map: PlacementMap) => void) {
      watchers.push(changed)
      return { stop() {} }
    },
  }
}

test('the own store comes first, then its zone, then the others', () => {
  const placement = placementOf()
  placement.take(mapOf(1))
  const orders = Array.from({ length: 100 }, (_, number) =>
    placement.storesOf(dataId(number), 0).map(({ store }) => store),
  )
  expect(orders.some((order) => order[0] === self)).toBe(true)
  for (const order of orders) {
    expect(order).toHaveLength(3)
    // One of the two stores of zone a, and it is the nearest.
    expect([self, near]).toContain(order[0])
  }
})

test('before the first map no store has anything, and no copies are enough', () => {
  const placement = placementOf()
  expect(placement.storesOf(dataId(1), 0)).toEqual([])
  expect(placement.isEnough([])).toBe(false)
})

test('an older map never replaces a newer one', () => {
  const placement = placementOf()
  placement.take(mapOf(2))
  placement.take(mapOf(1, 3))
  expect(placement.version).toBe(2)
  expect(placement.stores).toHaveLength(4)
})

test('copies are enough when two stores in two zones have them', () => {
  const placement = placementOf()
  const [a, b, , alsoA] = stores
  if (a === undefined || b === undefined || alsoA === undefined) throw new Error('There are four')
  expect(placement.isEnough([a])).toBe(false)
  expect(placement.isEnough([a, alsoA])).toBe(false)
  expect(placement.isEnough([a, b])).toBe(true)
})

test('a body is in the stores of all its groups', () => {
  const placement = placementOf()
  placement.take(mapOf(1))
  const id = dataId(3)
  const all = new Set<StoreId>()
  for (let index = 0; index < 40; index++) {
    for (const { store } of placement.storesOf(id, index)) all.add(store)
  }
  expect([...placement.storesOfData({ dataId: id, chunkCount: 40 })].sort()).toEqual(
    [...all].sort(),
  )
})

describe('a map that is kept', () => {
  const openFile = async () => {
    const { files } = new SimulatedDisk(seededRandom(1))
    await files.makeDirectory('/store')
    return { files, kept: new PlacementFile(files, '/store', silentLogger) }
  }

  test('is known again while the config store is away', async () => {
    const { kept } = await openFile()
    const first = placementOf()
    await first.follow(configsWith(mapOf(4)), kept)
    expect(first.version).toBe(4)
    await kept.save(mapOf(4))
    const second = placementOf()
    const configs = configsWith(undefined)
    await second.follow(configs, kept)
    expect(second.version).toBe(4)
    expect(second.stores).toEqual(stores)
    configs.watchers[0]?.(mapOf(5))
    expect(second.version).toBe(5)
  })

  test('without it, and without a config store, a start goes on', async () => {
    const { kept } = await openFile()
    const placement = placementOf()
    await placement.follow(configsWith(undefined), kept)
    expect(placement.version).toBe(0)
    expect(placement.stores.find(({ store }) => store === far)).toBeUndefined()
  })

  test('is not believed when it is damaged', async () => {
    const { files, kept } = await openFile()
    await kept.save(mapOf(4))
    const file = await files.open('/store/placement', 'write')
    await file.write([Buffer.of(0xff, 0xff)], 30)
    await file.close()
    expect(await kept.load()).toBeUndefined()
  })
})
