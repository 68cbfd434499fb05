import { figureOf, percentile } from './figure.ts'
import type { Sample } from './figure.ts'
import type { Measurement } from './workload.ts'

const measurement: Measurement = {
  name: 'some',
  request: { kind: 'bare' },
  connectionCount: 64,
  count: 4,
  quickCount: 1,
  unit: 'operation',
  targetUs: 100,
}

const samples: Sample[] = [
  {
    durationMs: 500,
    bodyBytes: 3_000_000,
    latenciesMs: Float64Array.of(3, 1),
    cpuUs: 300,
    bareUs: 40,
    residentBytesMax: 1024 ** 2,
  },
  {
    durationMs: 1500,
    bodyBytes: 1_000_000,
    latenciesMs: Float64Array.of(2, 4),
    cpuUs: 100,
    bareUs: 60,
    residentBytesMax: 3 * 1024 ** 2,
  },
]

test('runs add up, and costs are given in bare answers', () => {
  expect(figureOf(measurement, 'here', samples)).toMatchObject({
    operationCount: 4,
    operationsPerSecond: 2,
    megabytesPerSecond: 2,
    p50Ms: 2,
    p99Ms: 4,
    cpuUsPerUnit: 100,
    bareUs: 50,
    bareMultiple: 2,
    referenceUsPerUnit: 50,
    residentMebibytesMax: 3,
  })
})

test('a cost can be one of a megabyte', () => {
  expect(figureOf({ ...measurement, unit: 'MB' }, 'here', samples).cpuUsPerUnit).toBe(100)
})

test.each([
  [0.5, 50],
  [0.99, 99],
  [1, 100],
  [0.001, 1],
])('of 1 to 100 the part %d does not exceed %d', (part, expected) => {
  expect(
    percentile(
      Float64Array.from({ length: 100 }, (_, index) => index + 1),
      part,
    ),
  ).toBe(expected)
})
