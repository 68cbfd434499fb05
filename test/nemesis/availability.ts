/**
 * How well the region served during a stretch of a run.
 *
 * A gap of a bucket is a time in which somebody waited for an answer about it and nobody got a good
 * one. A bucket lies in one partition, so that the longest gap is how long the partition that was
 * hit worst was not served.
 *
 * @module
 */

import type { ClientCall } from '../simulation/checkers/history.ts'

export interface Availability {
  readonly callCount: number
  readonly unknownCount: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The longest of each bucket, the longest first. */
  readonly gapsMs: readonly number[]
}

/** Measures from `fromMs` to `toMs`; counts the calls that returned in between. */
export function measureAvailability(
  calls: readonly ClientCall[],
  fromMs: number,
  toMs: number,
): Availability {
  const open = calls.filter(({ invokedMs, returnedMs = Infinity }) => {
    return invokedMs < toMs && returnedMs >= fromMs
  })
  const ended = open.filter(({ returnedMs = Infinity }) => returnedMs < toMs)
  const durations = ended.filter(isDone).map(durationOf).sort(ascending)
  const buckets = [...new Set(open.map(({ operation }) => operation.bucket))]
  return {
    callCount: ended.length,
    unknownCount: ended.filter(({ outcome }) => outcome?.kind === 'unknown').length,
    p50Ms: quantile(durations, 0.5),
    p99Ms: quantile(durations, 0.99),
    gapsMs: buckets
      .map((bucket) => open.filter(({ operation }) => operation.bucket === bucket))
      .map((own) => longestGap(own, fromMs, toMs))
      .sort((a, b) => b - a),
  }
}

function longestGap(calls: readonly ClientCall[], fromMs: number, toMs: number): number {
  const successes = calls
    .filter(isDone)
    .map(({ returnedMs = Infinity }) => returnedMs)
    .filter((returnedMs) => returnedMs < toMs)
    .sort(ascending)
  const byInvocation = [...calls].sort((a, b) => a.invokedMs - b.invokedMs)
  let longestMs = 0
  let lastMs = fromMs
  for (const nextMs of [...successes, toMs]) {
    // Nobody waits before the first call that is open between the two.
    if (nextMs - lastMs > longestMs) {
      const waiting = byInvocation.find(({ returnedMs = Infinity }) => returnedMs > lastMs)
      const sinceMs = Math.max(lastMs, waiting?.invokedMs ?? nextMs)
      longestMs = Math.max(longestMs, nextMs - sinceMs)
    }
    lastMs = nextMs
  }
  return longestMs
}

/** A refusal for good is an answer too. */
function isDone({ outcome }: ClientCall): boolean {
  return outcome?.kind === 'done' || outcome?.kind === 'refused'
}

function durationOf({ invokedMs, returnedMs = Infinity }: ClientCall): number {
  return returnedMs - invokedMs
}

function ascending(a: number, b: number): number {
  return a - b
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
