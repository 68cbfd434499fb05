/**
 * Results as people read them, and as programs do.
 *
 * @module
 */

import type { Figure } from './figure.ts'
import type { Check, Workload } from './workload.ts'
import { REFERENCE_BARE_US } from './yardstick.ts'

/** What one workload came to. */
export interface WorkloadReport {
  readonly workload: string
  readonly figures: readonly Figure[]
  readonly checks: readonly (Check & { readonly side: string })[]
}

/** Adds to the figures what must hold of them. */
export function reportOf(workload: Workload, figures: readonly Figure[]): WorkloadReport {
  const sides = [...new Set(figures.map(({ side }) => side))]
  const checks = sides.flatMap((side) => {
    const mine = figures.filter((figure) => figure.side === side)
    const byName = new Map(mine.map((figure) => [figure.measurement, figure]))
    return (workload.checks?.(byName) ?? []).map((check) => ({ ...check, side }))
  })
  return { workload: workload.name, figures, checks }
}

/** The report in lines. */
export function formatReport({ figures, checks }: WorkloadReport): string {
  const first = figures[0]?.side
  const lines = figures.flatMap((figure) => {
    const base = figures.find(
      ({ measurement, side }) => measurement === figure.measurement && side === first,
    )
    return formatFigure(figure, figure.side === first ? undefined : base)
  })
  const checkLines = checks.map(({ what, value, unit, isMet, side }) => {
    return `${side}: ${value.toFixed(unit === 'MiB' ? 0 : 1)} ${unit} ${what}: ${isMet ? 'met' : 'NOT MET'}`
  })
  return [...lines, ...checkLines].join('\n')
}

function formatFigure(figure: Figure, base: Figure | undefined): string[] {
  const { targetUs, referenceUsPerUnit, unit } = figure
  const target =
    targetUs === undefined
      ? ''
      : ` (goal ${targetUs}: ${referenceUsPerUnit <= targetUs ? 'met' : 'NOT MET'})`
  const compared =
    base === undefined
      ? ''
      : `, ${(figure.cpuUsPerUnit / base.cpuUsPerUnit).toFixed(3)} times that of ${base.side}`
  return [
    `${figure.measurement}, ${figure.side}: ${figure.operationCount} operations, ${figure.connectionCount} connections`,
    `  ${figure.operationsPerSecond.toFixed(1)} op/s, ${figure.megabytesPerSecond.toFixed(1)} MB/s, p50 ${figure.p50Ms.toFixed(2)} ms, p99 ${figure.p99Ms.toFixed(2)} ms`,
    `  server CPU ${figure.cpuUsPerUnit.toFixed(1)} us/${unit} = ${figure.bareMultiple.toFixed(2)} bare answers of ${figure.bareUs.toFixed(1)} us${compared}`,
    `  on a ${REFERENCE_BARE_US} us machine ${referenceUsPerUnit.toFixed(1)} us/${unit}${target}; resident memory up to ${figure.residentMebibytesMax.toFixed(0)} MiB`,
  ]
}
