import { ManualClock } from './manual-clock.ts'

test('time passes only when told, and timers ring in the order of their time', () => {
  const clock = new ManualClock(1000)
  const rung: string[] = []
  clock.schedule(20, () => rung.push(`late at ${clock.nowMs()}`))
  clock.schedule(10, () => {
    rung.push(`early at ${clock.nowMs()}`)
    clock.schedule(5, () => rung.push(`set by another at ${clock.nowMs()}`))
  })
  clock.schedule(12, () => rung.push('never')).cancel()
  clock.advance(9)
  expect(rung).toEqual([])
  clock.advance(50)
  expect(rung).toEqual(['early at 1010', 'set by another at 1015', 'late at 1020'])
  expect(clock.monotonicMs()).toBe(1059)
})

test('the timers of a dead process never ring', () => {
  const clock = new ManualClock(0)
  let rings = 0
  clock.schedule(1, () => rings++)
  clock.forgetTimers()
  clock.advance(10)
  expect(rings).toBe(0)
})
