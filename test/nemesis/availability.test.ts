/**
 * Gaps are what clients waited, and quantiles are of calls that were answered.
 *
 * @module
 */

import type { ClientCall, Outcome, Seen } from '../simulation/checkers/history.ts'
import { measureAvailability, overlongGaps } from './availability.ts'

const done: Outcome<Seen> = { kind: 'done', value: { kind: 'nothing' } }
const refused: Outcome<Seen> = { kind: 'refused', code: 'NoSuchKey' }
const unknown: Outcome<Seen> = { kind: 'unknown', why: 'No answer' }

function call(
  invokedMs: number,
  returnedMs: number | undefined,
  outcome: Outcome<Seen> | undefined,
  bucket = 'grain',
): ClientCall {
  return {
    ...{ client: 0, operation: { kind: 'list', bucket }, invokedMs, invokedAt: 0 },
    ...{ returnedMs, returnedAt: 0, outcome },
  }
}

const served = [call(0, 10, done), call(100, 110, done), call(190, 195, done)]

test.each<[what: string, calls: ClientCall[], gapMs: number]>([
  ['counts from the call, not from the success before', served, 10],
  ['counts from the success before while somebody waits', [...served, call(5, 190, done)], 100],
  ['is not ended by an unknown outcome', [...served, call(20, 60, unknown)], 90],
  ['is ended by a refusal for good', [...served, call(20, 60, refused)], 40],
  [
    'lasts to the end when nobody is answered',
    [call(0, 10, done), call(20, undefined, undefined)],
    180,
  ],
  ['is there without any success', [call(50, 90, unknown)], 150],
])('a gap %s', (_what, calls, gapMs) => {
  expect(measureAvailability(calls, 0, 200).gaps).toMatchObject([{ lastsMs: gapMs }])
})

test('each bucket has its own gap, the longest comes first', () => {
  const calls = [call(0, 10, done), call(0, 70, done, 'other'), call(180, 190, done, 'other')]
  expect(measureAvailability(calls, 0, 200).gaps).toEqual([
    { bucket: 'other', beginsMs: 0, lastsMs: 70 },
    { bucket: 'grain', beginsMs: 0, lastsMs: 10 },
  ])
})

test('calls count where they return', () => {
  const calls = [...served, call(150, 300, done), call(120, 180, unknown)]
  const { callCount, unknownCount, p50Ms, p99Ms } = measureAvailability(calls, 50, 200)
  expect({ callCount, unknownCount, p50Ms, p99Ms }).toEqual({
    ...{ callCount: 3, unknownCount: 1, p50Ms: 10, p99Ms: 10 },
  })
})

test('a gap above what is allowed is named', () => {
  const calls = [call(0, 10, done), call(20, 100, done), call(0, 5, done, 'chaff')]
  const availability = measureAvailability(calls, 0, 200)
  expect(overlongGaps(availability, 90)).toEqual([])
  expect(overlongGaps(availability, 70)).toEqual([
    'Nobody was answered about grain for 80 ms, which must be at most 70 ms',
  ])
})
