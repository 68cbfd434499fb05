import { ManualClock } from './manual-clock.ts'
import { Pacer } from './pacer.ts'

test('bytes wait until the rate allows them, from the first on', async () => {
  const clock = new ManualClock(0)
  const pacer = new Pacer(clock, 1000)
  /** How long bytes wait, to 10 ms. */
  const waitOf = async (count: number) => {
    const startedMs = clock.monotonicMs()
    let isOver = false
    void Promise.resolve(pacer.moved(count)).then(() => (isOver = true))
    for (;;) {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      if (isOver) return clock.monotonicMs() - startedMs
      clock.advance(10)
    }
  }
  expect(await waitOf(500)).toBe(500)
  expect(await waitOf(1)).toBe(0)
  expect(await waitOf(1000)).toBe(1010)
  // Who was slower than the rate may catch up.
  clock.advance(2000)
  expect(await waitOf(1500)).toBe(0)
  expect(await waitOf(1000)).toBe(500)
})
