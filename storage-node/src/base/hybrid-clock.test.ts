import { HybridClock } from './hybrid-clock.ts'
import { ManualClock } from './manual-clock.ts'

test('it shows the wall clock, or the highest reading of others until that is reached', () => {
  const clock = new ManualClock(100_000)
  const hybrid = new HybridClock(clock)
  expect(hybrid.nowMs()).toBe(100_000)
  expect(hybrid.hear(105_000)).toBe(true)
  expect(hybrid.nowMs()).toBe(105_000)
  expect(hybrid.hear(90_000)).toBe(true)
  clock.advance(4000)
  expect(hybrid.nowMs()).toBe(105_000)
  clock.advance(2000)
  expect(hybrid.nowMs()).toBe(106_000)
})

test('a reading more than 10 s ahead of the wall clock is not taken', () => {
  const hybrid = new HybridClock(new ManualClock(100_000))
  expect(hybrid.hear(110_000)).toBe(true)
  // Compared with the own wall clock: small steps of a wrong clock lead no further.
  expect(hybrid.hear(110_001)).toBe(false)
  expect(hybrid.nowMs()).toBe(110_000)
})

test('it stands still while the wall clock is set back', () => {
  let wallMs = 100_000
  const hybrid = new HybridClock({
    nowMs: () => wallMs,
    monotonicMs: () => 0,
    schedule: () => ({ cancel: () => undefined }),
  })
  expect(hybrid.nowMs()).toBe(100_000)
  wallMs = 50_000
  expect(hybrid.nowMs()).toBe(100_000)
})
