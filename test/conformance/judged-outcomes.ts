/**
 * Lists of what is expected to fail, as they are committed beside the suites, and what a suite came to by them.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countsLine } from '../support/test-counts.ts'
import type { Counts } from '../support/test-counts.ts'
import { compareOutcomes, readExpectations } from './test-outcomes.ts'
import type { Expectations, Outcome } from './test-outcomes.ts'
import { cacheFolder } from './tools-cache.ts'

/** What the list in `file`, a path from this folder, says of the tests when they run as `variant`. */
export function readList(file: string, variant: string): Expectations {
  return readExpectations(readFileSync(join(import.meta.dirname, file), 'utf8'), variant)
}

/** Says what is not as listed; what every test wrote is kept for whoever looks into it. */
export async function judgeOutcomes(
  suite: string,
  running: Promise<readonly Outcome[]>,
  expectations: Expectations,
): Promise<Counts> {
  const startedMs = performance.now()
  const outcomes = await running
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  const { counts, surprises } = compareOutcomes(outcomes, expectations)
  for (const { name, what, output } of surprises) {
    console.log(`  FAILED ${suite}: ${name} ${what}\n${output.replace(/^/gm, '      ')}`)
  }
  const kept = join(cacheFolder(), `${suite.replaceAll(' ', '-')}-outcomes.json`)
  writeFileSync(kept, JSON.stringify(outcomes, undefined, 1))
  const { failing, omitted } = expectations
  const apart = `${failing.size} fail as expected, ${omitted.size} are not run`
  console.log(`${suite}: ${countsLine(counts)}; ${apart}; ${seconds} s; outputs in ${kept}`)
  return counts
}
