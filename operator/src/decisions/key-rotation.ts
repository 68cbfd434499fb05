/**
 * Which pairs of an access key should work now: a new one before the old one goes, and the old one for
 * a while after the new one is in the Secret.
 *
 * @module
 */

/** A pair and what it is for. */
export interface Pair {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Next: not yet in the Secret of the application. Retiring: no longer, and still working. */
  readonly state: 'Next' | 'Active' | 'Retiring'
  readonly sinceMs: number
}

export interface RotationTimes {
  readonly everyMs: number
  readonly overlapMs: number
}

export interface RotationDecision {
  /** A new pair is needed. */
  readonly needsNext: boolean
  /** These have worked for long enough beside their successor. */
  readonly expired: readonly Pair[]
  /** When to look again; undefined: nothing changes with time. */
  readonly againMs: number | undefined
}

/** What is due at `nowMs`. Without times the pair stays, and one that was replaced before goes at once. */
export function decideRotation(
  pairs: readonly Pair[],
  times: RotationTimes | undefined,
  nowMs: number,
): RotationDecision {
  const hasNext = pairs.some(({ state }) => state === 'Next')
  const active = pairs.find(({ state }) => state === 'Active')
  const retiring = pairs.filter(({ state }) => state === 'Retiring')
  const replaceAtMs = active && times && active.sinceMs + times.everyMs
  const isDue = active === undefined || (replaceAtMs !== undefined && nowMs >= replaceAtMs)
  const goesAtMs = ({ sinceMs }: Pair) => sinceMs + (times?.overlapMs ?? 0)
  const expired = retiring.filter((pair) => nowMs >= goesAtMs(pair))
  const later = retiring.filter((pair) => !expired.includes(pair)).map(goesAtMs)
  const moments = [...later, ...(replaceAtMs === undefined ? [] : [replaceAtMs])]
  return {
    needsNext: isDue && !hasNext,
    expired,
    againMs: moments.length === 0 ? undefined : Math.max(0, Math.min(...moments) - nowMs),
  }
}

/** The next pair takes its place: it is known to the region, and goes into the Secret now. */
export function promoteNext(pairs: readonly Pair[], nowMs: number): readonly Pair[] {
  if (!pairs.some(({ state }) => state === 'Next')) return pairs
  return pairs.map((pair) => {
    switch (pair.state) {
      case 'Next':
        return { ...pair, state: 'Active', sinceMs: nowMs }
      case 'Active':
        return { ...pair, state: 'Retiring', sinceMs: nowMs }
      default:
        return pair
    }
  })
}
