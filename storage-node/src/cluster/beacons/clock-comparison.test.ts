import type { StoreId } from '../../contract/identifiers.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { ClockComparison } from './clock-comparison.ts'

const [B, C, D, E] = ['b', 'c', 'd', 'e'] as StoreId[] as [StoreId, StoreId, StoreId, StoreId]
const HOUR_MS = 3_600_000

/** Hears two beacons a second from each, for `ms`; says how many milliseconds each clock is ahead. */
function hearFor(
  clock: ManualClock,
  comparison: ClockComparison,
  ms: number,
  aheadMs: Readonly<Record<string, number>>,
): void {
  for (let passedMs = 0; passedMs < ms; passedMs += 500) {
    for (const [store, ahead] of Object.entries(aheadMs)) {
      comparison.hear(store as StoreId, clock.nowMs() + ahead)
    }
    clock.advance(500)
  }
}

function compared(storeCount: number) {
  const clock = new ManualClock(HOUR_MS)
  return { clock, comparison: new ClockComparison(clock, () => storeCount) }
}

test.each<[string, number, Readonly<Record<string, number>>, boolean]>([
  ['all agree', 3, { [B]: 0, [C]: 40 }, false],
  ['both others are an hour ahead', 3, { [B]: HOUR_MS, [C]: HOUR_MS + 900 }, true],
  ['both others are an hour behind', 3, { [B]: -HOUR_MS, [C]: -HOUR_MS - 900 }, true],
  ['one other is wrong', 3, { [B]: 0, [C]: HOUR_MS }, false],
  ['everybody reads something else', 3, { [B]: -HOUR_MS, [C]: HOUR_MS }, false],
  ['both others are as far as commands may be', 3, { [B]: 10_000, [C]: 10_000 }, false],
  ['both others are a little further', 3, { [B]: 10_001, [C]: 10_001 }, true],
  ['one other is silent', 3, { [B]: HOUR_MS }, false],
  ['there are two, and nobody can say who is wrong', 2, { [B]: HOUR_MS }, false],
  ['three of five agree', 5, { [B]: HOUR_MS, [C]: HOUR_MS, [D]: HOUR_MS, [E]: 0 }, true],
  ['two of five agree', 5, { [B]: HOUR_MS, [C]: HOUR_MS, [D]: 0, [E]: 0 }, false],
])('%s', (_, storeCount, aheadMs, isWrong) => {
  const { clock, comparison } = compared(storeCount)
  expect(comparison.isWrong).toBe(false)
  hearFor(clock, comparison, 2_000, aheadMs)
  expect(comparison.isWrong).toBe(isWrong)
})

test('what waited for a process that was stopped is no reason', () => {
  const { clock, comparison } = compared(3)
  hearFor(clock, comparison, 500, { [B]: -20_000, [C]: -20_000 })
  hearFor(clock, comparison, 500, { [B]: 0, [C]: 0 })
  hearFor(clock, comparison, 1_000, { [B]: -20_000, [C]: -20_000 })
  expect(comparison.isWrong).toBe(false)
})

test('a clock that is set right is right with the next beacons', () => {
  const { clock, comparison } = compared(3)
  hearFor(clock, comparison, 2_000, { [B]: HOUR_MS, [C]: HOUR_MS })
  expect(comparison.isWrong).toBe(true)
  hearFor(clock, comparison, 500, { [B]: 0, [C]: 0 })
  expect(comparison.isWrong).toBe(false)
})

test('who is cut off says nothing about its clock', () => {
  const { clock, comparison } = compared(3)
  hearFor(clock, comparison, 2_000, { [B]: HOUR_MS, [C]: HOUR_MS })
  clock.advance(5_000)
  expect(comparison.isWrong).toBe(false)
})
