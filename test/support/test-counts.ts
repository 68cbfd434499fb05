/**
 * Counts of passed and failed tests, and how jest's report becomes one.
 *
 * @module
 */

/** What a suite ends with. */
export interface Counts {
  readonly passed: number
  readonly failed: number
}

/** A failed test and what replays it: `filter` is a pattern for jest's `-t`, empty for a whole file. */
export interface Failure {
  readonly file: string
  readonly name: string
  readonly filter: string
}

/** The line every suite ends with. */
export function countsLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`
}

/** Adds counts up. */
export function sumCounts(all: readonly Counts[]): Counts {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  }
}

interface JestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/**
 * Reads jest's report. Skipped and unfinished tests count as failed, a file that did not load as one
 * failed test, and so does a run that ended badly with every test passed or without a report.
 */
export function readJestReport(
  report: unknown,
  exitCode: number | string,
): { counts: Counts; failures: readonly Failure[] } {
  const files = (report as JestReport | undefined)?.testResults ?? []
  const failures = files.flatMap(({ name: file, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status !== 'passed')
    if (status === 'failed' && failed.length === 0) {
      return [{ file, name: 'the file did not run', filter: '' }]
    }
    return failed.map(({ fullName, status }) => ({
      file,
      name: status === 'failed' ? fullName : `${fullName} (${status})`,
      filter: escapeForShellAndPattern(fullName),
    }))
  })
  const passed = files
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === 'passed').length
  const failed = failures.length === 0 && exitCode !== 0 ? 1 : failures.length
  return { counts: { passed, failed }, failures }
}

function escapeForShellAndPattern(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", '.')
}
