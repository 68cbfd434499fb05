/**
 * Runs named cases one after the other, says what held, and counts.
 *
 * @module
 */

import type { Counts } from '../support/test-counts.ts'

/** Something that must hold; it throws when it does not. What it returns is printed. */
export interface Case {
  readonly name: string
  run(): Promise<string | void>
}

/** Runs `cases` in order, each whatever became of the one before. */
export async function runCases(suite: string, cases: readonly Case[]): Promise<Counts> {
  let failed = 0
  for (const { name, run } of cases) {
    const startedMs = performance.now()
    const seconds = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
    try {
      const note = await run()
      console.log(`  ok ${suite}: ${name} (${seconds()})${note ? `: ${note}` : ''}`)
    } catch (error) {
      failed += 1
      console.log(
        `  FAILED ${suite}: ${name} (${seconds()})\n${String(error).replace(/^/gm, '      ')}`,
      )
    }
  }
  return { passed: cases.length - failed, failed }
}

const DESCRIBED_LENGTH_MAX = 500

/** Throws unless both are the same as JSON. */
export function mustEqual(found: unknown, wanted: unknown): void {
  const [is, must] = [found, wanted].map((value) => JSON.stringify(value) ?? 'undefined')
  if (is === must) return
  const described = [is, must].map((text) => text?.slice(0, DESCRIBED_LENGTH_MAX))
  throw new Error(`is ${described[0]}, must be ${described[1]}`)
}
