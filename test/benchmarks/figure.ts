/**
 * The numbers that a measurement comes to.
 *
 * @module
 */

import type { Measurement } from './workload.ts'
import { REFERENCE_BARE_US } from './yardstick.ts'

/** One run of a measurement. */
export interface Sample {
  readonly durationMs: number
  readonly bodyBytes: number
  readonly latenciesMs: Float64Array
  readonly cpuUs: number
  /** Server CPU of a bare answer, measured just before and after. */
  readonly bareUs: number
  readonly residentBytesMax: number
}

/** What all runs of a measurement came to. */
export interface Figure {
  readonly measurement: string
  /** Which tree's server. */
  readonly side: string
  readonly unit: Measurement['unit']
  readonly connectionCount: number
  readonly operationCount: number
  readonly operationsPerSecond: number
  readonly megabytesPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  /** Server CPU of one unit, user and system, all threads. */
  readonly cpuUsPerUnit: number
  readonly bareUs: number
  /** The cost of a unit in bare answers. */
  readonly bareMultiple: number
  /** What a unit would cost where a bare answer costs `REFERENCE_BARE_US`. */
  readonly referenceUsPerUnit: number
  readonly residentMebibytesMax: number
  readonly targetUs: number | undefined
}

const BYTES_PER_MB = 1_000_000

/** Adds up the runs of one measurement. */
export function figureOf(
  measurement: Measurement,
  side: string,
  samples: readonly Sample[],
): Figure {
  const latenciesMs = sorted(samples.map((sample) => sample.latenciesMs))
  const seconds = sum(samples.map(({ durationMs }) => durationMs)) / 1000
  const megabytes = sum(samples.map(({ bodyBytes }) => bodyBytes)) / BYTES_PER_MB
  const unitCount = measurement.unit === 'MB' ? megabytes : latenciesMs.length
  const cpuUsPerUnit = sum(samples.map(({ cpuUs }) => cpuUs)) / unitCount
  const bareUs = sum(samples.map((sample) => sample.bareUs)) / samples.length
  return {
    measurement: measurement.name,
    side,
    unit: measurement.unit,
    connectionCount: measurement.connectionCount,
    operationCount: latenciesMs.length,
    operationsPerSecond: latenciesMs.length / seconds,
    megabytesPerSecond: megabytes / seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    longestMs: latenciesMs.at(-1) ?? NaN,
    cpuUsPerUnit,
    bareUs,
    bareMultiple: cpuUsPerUnit / bareUs,
    referenceUsPerUnit: (cpuUsPerUnit / bareUs) * REFERENCE_BARE_US,
    residentMebibytesMax: Math.max(...samples.map((each) => each.residentBytesMax)) / 1024 ** 2,
    targetUs: measurement.targetUs,
  }
}

/** The least of `ascending` that so large a part of them does not exceed. */
export function percentile(ascending: Float64Array, part: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * part) - 1)] ?? NaN
}

function sorted(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(sum(lists.map(({ length }) => length)))
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return all.sort()
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
