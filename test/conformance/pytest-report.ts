/**
 * Reads what pytest reports line by line (plug-in `pytest-reportlog`).
 *
 * @module
 */

import type { Outcome } from './test-outcomes.ts'

interface Line {
  readonly $report_type: string
  readonly nodeid?: string
  readonly outcome?: string
  readonly when?: string
  readonly longrepr?: unknown
}

/**
 * Returns one outcome for each test: it has passed when it was called with success and nothing around it
 * failed. A file that could not be read is an outcome with the name of the file.
 */
export function readPytestReport(text: string): Outcome[] {
  const outcomes = new Map<string, { called: boolean; failed: boolean; output: string }>()
  for (const line of text.split('\n').filter((line) => line.endsWith('}'))) {
    const { $report_type, nodeid = '', outcome, when, longrepr } = JSON.parse(line) as Line
    const isCollected = $report_type === 'CollectReport' && outcome === 'passed'
    if (isCollected || !/^(Test|Collect)Report$/.test($report_type)) continue
    const name = nodeid.replace(/^tests\//, '')
    const test = outcomes.get(name) ?? { called: false, failed: false, output: '' }
    if (when === 'call' && outcome === 'passed') test.called = true
    if (outcome !== 'passed') {
      test.failed = true
      test.output += describe(longrepr)
    }
    outcomes.set(name, test)
  }
  return [...outcomes].map(([name, { called, failed, output }]) => ({
    ...{ name, output },
    hasPassed: called && !failed,
  }))
}

interface CrashInfo {
  readonly reprcrash?: { readonly path: string; readonly lineno: number; readonly message: string }
  readonly reprtraceback?: {
    readonly reprentries: readonly {
      readonly data: { readonly reprfileloc?: { readonly path: string; readonly lineno: number } }
    }[]
  }
}

/** Where it went wrong, through which lines, and what was said there. */
function describe(longrepr: unknown): string {
  if (typeof longrepr === 'string') return `${longrepr}\n`
  if (Array.isArray(longrepr)) return `${longrepr.join(' ')}\n`
  const { reprcrash, reprtraceback } = (longrepr ?? {}) as CrashInfo
  const places = (reprtraceback?.reprentries ?? []).map(({ data }) => data.reprfileloc)
  const way = places.map((place) => `${place?.path}:${place?.lineno}`).join('\n')
  return `${way}\n${reprcrash?.message ?? 'no reason was given'}\n`
}
