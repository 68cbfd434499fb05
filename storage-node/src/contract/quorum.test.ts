import type { Member, Zone } from './configuration.ts'
import type { StoreId } from './identifiers.ts'
import { isEnoughCopies, isSealSet, isWriteQuorum, mayAcceptWrites } from './quorum.ts'
import type { QuorumRule } from './quorum.ts'

const RULES: readonly QuorumRule[] = ['majority', 'all']
const MEMBERS_MAX = 7

describe('write quorums and seal sets', () => {
  const counted = [
    { zones: 'a', majority: 1, all: 1 },
    { zones: 'ab', majority: 2, all: 2 },
    { zones: 'abc', majority: 2, all: 3 },
    { zones: 'aaa', majority: 2, all: 3 },
    { zones: 'abcd', majority: 3, all: 4 },
    { zones: 'aabbc', majority: 3, all: 5 },
  ]
  test.each(counted)('of members in zones $zones: $majority or $all', ({ zones, ...sizes }) => {
    const members = membersIn([...zones])
    for (const rule of RULES) {
      const smallest = subsetsOf(members)
        .filter((some) => isWriteQuorum(some, members, rule))
        .map((some) => some.size)
      expect(Math.min(...smallest)).toBe(sizes[rule])
    }
  })

  test('two members of one zone are no write quorum of members in two', () => {
    const members = membersIn(['a', 'a', 'b'])
    expect(isWriteQuorum(setOf(members.slice(0, 2)), members, 'majority')).toBe(false)
    expect(isWriteQuorum(setOf(members.slice(1)), members, 'majority')).toBe(true)
  })

  test('strangers do not count', () => {
    const members = membersIn(['a', 'b', 'c'])
    const strangers = new Set(['x', 'y', 'z'] as StoreId[])
    expect(isWriteQuorum(strangers, members, 'majority')).toBe(false)
    expect(isSealSet(strangers, members, 'majority')).toBe(false)
  })

  test.each(RULES)('every write quorum meets every seal set and none is missed (%s)', (rule) => {
    let checked = 0
    for (let count = 1; count <= MEMBERS_MAX; count++) {
      for (const coloring of coloringsOf(count)) {
        checked += checkColoring(membersIn(coloring.map(String)), rule)
      }
    }
    expect(checked).toBeGreaterThan(100_000)
  })
})

test.each([
  { zones: 'ab', minInsync: 2, zoneCount: 3, refusal: undefined },
  { zones: 'a', minInsync: 2, zoneCount: 3, refusal: 'tooFewMembers' },
  { zones: 'aa', minInsync: 2, zoneCount: 2, refusal: 'tooFewZones' },
  { zones: 'aa', minInsync: 2, zoneCount: 1, refusal: undefined },
  { zones: 'a', minInsync: 1, zoneCount: 1, refusal: undefined },
])(
  'members in $zones of $zoneCount zones with k = $minInsync: $refusal',
  ({ zones, refusal, ...floor }) => {
    expect(mayAcceptWrites(membersIn([...zones]), floor)).toBe(refusal)
    expect(isEnoughCopies(membersIn([...zones]), floor)).toBe(refusal === undefined)
  },
)

/** Compares all pairs of one configuration as bit masks; returns how many there were. */
function checkColoring(members: readonly Member[], rule: QuorumRule): number {
  const subsets = subsetsOf(members)
  const quorums = subsets.flatMap((some, mask) => (isWriteQuorum(some, members, rule) ? mask : []))
  const seals = subsets.flatMap((some, mask) => (isSealSet(some, members, rule) ? mask : []))
  for (const seal of seals) {
    if (quorums.some((quorum) => (quorum & seal) === 0)) throw new Error(`${seal} misses a quorum`)
  }
  // The other way round: what meets every write quorum is a seal set, so none is larger than needed.
  const meetsAll = subsets.flatMap((_, mask) =>
    quorums.every((quorum) => (quorum & mask) !== 0) ? mask : [],
  )
  expect(seals).toEqual(meetsAll)
  expect(quorums).toContain(subsets.length - 1)
  expect(seals).toContain(subsets.length - 1)
  return quorums.length * seals.length
}

/** All ways to spread members over zones, the zones' names apart. */
function coloringsOf(count: number): number[][] {
  if (count === 0) return [[]]
  return coloringsOf(count - 1).flatMap((before) => {
    const used = before.length === 0 ? 0 : Math.max(...before) + 1
    return Array.from({ length: used + 1 }, (_, zone) => [...before, zone])
  })
}

function membersIn(zones: readonly string[]): Member[] {
  return zones.map((zone, at) => ({ store: `store-${at}` as StoreId, zone: zone as Zone }))
}

/** By bit mask. */
function subsetsOf(members: readonly Member[]): Set<StoreId>[] {
  return Array.from({ length: 2 ** members.length }, (_, mask) =>
    setOf(members.filter((_member, at) => (mask >> at) & 1)),
  )
}

function setOf(members: readonly Member[]): Set<StoreId> {
  return new Set(members.map(({ store }) => store))
}
