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

describe('when the wall clock goes back', () => {
  const clockThatWasSet = (fromMs: number, toMs: number) => {
    let wallMs = fromMs
    const hybrid = new HybridClock({
      nowMs: () => wallMs,
      monotonicMs: () => 0,
      schedule: () => ({ cancel: () => undefined }),
    })
    expect(hybrid.nowMs()).toBe(fromMs)
    wallMs = toMs
    return hybrid
  }

  test('it stands still', () => {
    const hybrid = clockThatWasSet(100_000, 50_000)
    expect(hybrid.nowMs()).toBe(100_000)
    hybrid.hear(50_000)
    expect(hybrid.nowMs()).toBe(100_000)
  })

  test.each([
    ['misled if another store shows the same time', 100_000, 105_000, true],
    ['right if another store shows the time from before', 100_000, 3_699_000, false],
    ['not judged by what is of long ago', 100_000, 80_000, false],
    ['right if it was no further ahead than others may be', 3_690_000, 3_690_000, false],
  ])('it is %s', (_, toMs, readingMs, isMisled) => {
    expect(clockThatWasSet(3_700_000, toMs).isMisled(readingMs)).toBe(isMisled)
  })
})
