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

/** A time in which nobody was answered. */
export interface Gap {
  readonly bucket: string
  /** Since the beginning of the stretch. */
  readonly beginsMs: number
  readonly lastsMs: number
}

export interface Availability {
  readonly callCount: number
  readonly unknownCount: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The longest of each bucket, the longest first. */
  readonly gaps: readonly Gap[]
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
    gaps: buckets
      .map((bucket) => longestGap(bucket, open, fromMs, toMs))
      .sort((a, b) => b.lastsMs - a.lastsMs),
  }
}

/** Says which buckets were without an answer for longer than that. */
export function overlongGaps({ gaps }: Availability, gapMsMax: number): string[] {
  const overlong = gaps.filter(({ lastsMs }) => lastsMs > gapMsMax)
  return overlong.map(({ bucket, lastsMs }) => {
    const lasted = `Nobody was answered about ${bucket} for ${lastsMs.toFixed(0)} ms`
    return `${lasted}, which must be at most ${gapMsMax} ms`
  })
}

function longestGap(bucket: string, all: readonly ClientCall[], fromMs: number, toMs: number): Gap {
  const calls = all.filter(({ operation }) => operation.bucket === bucket)
  const successesMs = calls
    .filter(isDone)
    .map(({ returnedMs = Infinity }) => returnedMs)
    .filter((returnedMs) => returnedMs < toMs)
    .sort(ascending)
  const byInvocation = [...calls].sort((a, b) => a.invokedMs - b.invokedMs)
  let longest: Gap = { bucket, beginsMs: 0, lastsMs: 0 }
  let lastMs = fromMs
  for (const nextMs of [...successesMs, toMs]) {
    if (nextMs - lastMs > longest.lastsMs) {
      // Nobody waits before the first call that is open between the two.
      const waiting = byInvocation.find(({ returnedMs = Infinity }) => returnedMs > lastMs)
      const sinceMs = Math.max(lastMs, waiting?.invokedMs ?? nextMs)
      const gap = { bucket, beginsMs: sinceMs - fromMs, lastsMs: nextMs - sinceMs }
      if (gap.lastsMs > longest.lastsMs) longest = gap
    }
    lastMs = nextMs
  }
  return longest
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
