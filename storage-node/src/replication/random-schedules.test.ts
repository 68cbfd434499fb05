import { replay } from './schedule-fixtures.ts'
import type { ScheduleResult } from './schedule-fixtures.ts'

/** A failure names its seed; `replay(seed)` runs that schedule again. */
const SCHEDULE_COUNT = 300

test('random schedules keep every invariant, and everything works again after healing', () => {
  const results = Array.from({ length: SCHEDULE_COUNT }, (_, seed) => replay(seed))
  const total = (what: keyof ScheduleResult) =>
    results.reduce((sum, result) => sum + result[what], 0)
  // Schedules in which nothing happens prove nothing.
  expect(total('acknowledged')).toBeGreaterThan(SCHEDULE_COUNT * 50)
  expect(total('activations')).toBeGreaterThan(SCHEDULE_COUNT * 1.5)
  expect(total('crashes')).toBeGreaterThan(SCHEDULE_COUNT)
  expect(total('snapshots')).toBeGreaterThan(SCHEDULE_COUNT / 10)
}, 120_000)

test('the same seed is the same run', () => {
  expect(replay(11)).toEqual(replay(11))
})
