import { ManualClock } from '../../base/manual-clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { StoreHealth } from './chunk-health.ts'

const STORE = 'a' as StoreId

test('a store that fails is left alone, longer each time, and tried by one', () => {
  const clock = new ManualClock(0)
  const health = new StoreHealth(clock)
  expect(health.mayTry(STORE)).toBe(true)
  for (const restMs of [500, 1000, 2000, 4000, 8000, 8000]) {
    // Calls that fail together count as one.
    health.failed(STORE)
    health.failed(STORE)
    clock.advance(restMs - 1)
    expect(health.isResting(STORE)).toBe(true)
    expect(health.mayTry(STORE)).toBe(false)
    clock.advance(1)
    expect(health.isResting(STORE)).toBe(false)
    expect(health.mayTry(STORE)).toBe(true)
    expect(health.mayTry(STORE)).toBe(false)
    clock.advance(restMs)
  }
  health.answered(STORE)
  expect(health.mayTry(STORE)).toBe(true)
  expect(health.mayTry(STORE)).toBe(true)
})

test('a store that said so counts as full for a while', () => {
  const clock = new ManualClock(0)
  const health = new StoreHealth(clock)
  health.refusedFull(STORE)
  expect(health.isFull(STORE)).toBe(true)
  clock.advance(2000)
  expect(health.isFull(STORE)).toBe(false)
})
