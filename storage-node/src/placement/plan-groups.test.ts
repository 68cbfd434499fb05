import type { Zone } from '../contract/configuration.ts'
import type { StoreId } from '../contract/identifiers.ts'
import { COPY_COUNT, planGroups } from './plan-groups.ts'

/** `[2, 1]`: two stores in zone a, one in zone b. */
function storesIn(zones: readonly number[]) {
  return zones.flatMap((count, zone) =>
    Array.from({ length: count }, (_, at) => ({
      store: `store-${zone}-${at}` as StoreId,
      zone: 'abcd'.charAt(zone) as Zone,
    })),
  )
}

const REGIONS = [
  [1],
  [2],
  [5],
  [1, 1],
  [2, 1],
  [2, 2],
  [4, 3],
  [1, 1, 1],
  [2, 2, 2],
  [3, 3, 3],
  [2, 1, 1],
  [4, 1, 1],
  [1, 1, 1, 1],
  [2, 2, 2, 2],
  [3, 2, 2, 2],
  [3, 1, 1, 1],
]

describe.each(REGIONS.map((zones) => [zones]))('with stores by zone: %j', (zones) => {
  const stores = storesIn(zones)
  const plan = planGroups(stores, 4096)

  test('every group has three stores in three zones, or what there is', () => {
    for (const group of plan) {
      expect(new Set(group).size).toBe(Math.min(COPY_COUNT, stores.length))
      const used = new Set(group.map((position) => stores[position]?.zone))
      expect(used.size).toBe(Math.min(COPY_COUNT, zones.length))
    }
  })

  test('no store of a zone has more than 2 % more groups than another of that zone', () => {
    for (const zone of new Set(stores.map((store) => store.zone))) {
      const counts = stores
        .map((store, at) => ({ store, count: plan.filter((group) => group.includes(at)).length }))
        .filter(({ store }) => store.zone === zone)
        .map(({ count }) => count)
      expect(Math.max(...counts)).toBeLessThanOrEqual(Math.min(...counts) * 1.02 + 1)
    }
  })

  test('the same stores give the same plan', () => {
    expect(planGroups(storesIn(zones), 4096)).toEqual(plan)
  })
})

test.each([[[3, 3, 3]], [[2, 2, 2, 2]], [[1, 1, 1, 1]], [[3, 2, 2, 2]], [[3, 3]]])(
  'zones of %j stores carry the same load in every store',
  (zones) => {
    const stores = storesIn(zones)
    const plan = planGroups(stores, 4096)
    const counts = stores.map((_, at) => plan.filter((group) => group.includes(at)).length)
    const even = (4096 * COPY_COUNT) / stores.length
    for (const count of counts) expect(Math.abs(count - even) / even).toBeLessThan(0.02)
  },
)

test('a store shares its groups with every store of the other zones', () => {
  const stores = storesIn([3, 3, 3])
  const plan = planGroups(stores, 4096)
  const partners = new Set(plan.filter((group) => group.includes(0)).flat())
  expect([...partners].sort()).toEqual([0, 3, 4, 5, 6, 7, 8])
  // Three fixed sets would be three pairs; all 9 combinations of the other zones come up.
  const pairs = plan.filter((group) => group.includes(0)).map((group) => group.join(' '))
  expect(new Set(pairs).size).toBe(9)
})
