import { ManualClock } from '../base/manual-clock.ts'
import { stepAsideByClock } from './step-aside.ts'

/** Lets everything happen that a step of time makes possible. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms)
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

test('others lead as long as the clock is wrong, and it is told once', async () => {
  const clock = new ManualClock(0)
  const lines: string[] = []
  const line = (message: string) => void lines.push(message)
  let isWrong = false
  let handOverCount = 0
  const watch = stepAsideByClock({
    clock,
    logger: { info: line, warn: line, error: line },
    isClockWrong: () => isWrong,
    handOver: () => Promise.resolve(void handOverCount++),
  })
  await pass(clock, 500)
  expect(handOverCount).toBe(0)
  isWrong = true
  await pass(clock, 500)
  await pass(clock, 500)
  expect(handOverCount).toBe(2)
  isWrong = false
  await pass(clock, 500)
  expect(handOverCount).toBe(2)
  expect(lines).toEqual([
    'The clock of this machine is wrong: others lead',
    'The clock of this machine is right again',
  ])
  isWrong = true
  watch.stop()
  await pass(clock, 500)
  expect(handOverCount).toBe(2)
})
