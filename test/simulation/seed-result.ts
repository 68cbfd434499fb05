/**
 * What one run has shown.
 *
 * @module
 */

/** Something that must never happen, by the name of the rule it breaks. */
export interface Violation {
  /** Of replication.md 1.11, `linearizability`, `liveness`, `determinism` or `assertion`. */
  readonly rule: string
  readonly detail: string
}

/** One seed's run. */
export interface SeedResult {
  readonly seed: number
  readonly violations: readonly Violation[]
  /** Acknowledged ones. */
  readonly operations: number
  readonly takeovers: number
  readonly crashes: number
  /** Writes that power cuts left in part, on stores that came back. */
  readonly torn: number
  readonly events: number
  readonly traceHash: string
  readonly cpuMs: number
}

export type Totals = Pick<SeedResult, 'operations' | 'takeovers' | 'crashes' | 'torn' | 'cpuMs'> & {
  readonly seeds: number
  readonly violations: number
}

/** The sums over some runs. */
export function sumOf(results: readonly SeedResult[]): Totals {
  const sum = (count: (result: SeedResult) => number) =>
    results.reduce((total, result) => total + count(result), 0)
  return {
    seeds: results.length,
    violations: sum(({ violations }) => violations.length),
    operations: sum(({ operations }) => operations),
    takeovers: sum(({ takeovers }) => takeovers),
    crashes: sum(({ crashes }) => crashes),
    torn: sum(({ torn }) => torn),
    cpuMs: sum(({ cpuMs }) => cpuMs),
  }
}

/** The last line of a run. */
export function totalsLine(totals: Totals): string {
  const { seeds, violations, operations, takeovers, crashes, torn } = totals
  return Object.entries({ seeds, violations, operations, takeovers, crashes, torn })
    .map(([name, count]) => `${name}=${count}`)
    .join(' ')
}
