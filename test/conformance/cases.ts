/**
 * Runs named cases one after the other, says what held, and counts.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Counts } from '../support/test-counts.ts'
import type { Outcome } from './test-outcomes.ts'

/** Something that must hold; it throws when it does not. What it returns is printed. */
export interface Case {
  readonly name: string
  run(): Promise<string | void>
}

/** Runs `cases` in order, each whatever became of the one before. */
export async function runCases(suite: string, cases: readonly Case[]): Promise<Counts> {
  let failed = 0
  for (const each of cases) {
    const { name, hasPassed, output, seconds } = await runCase(each)
    if (hasPassed) console.log(`  ok ${suite}: ${name} (${seconds} s)${output && `: ${output}`}`)
    else {
      failed += 1
      console.log(`  FAILED ${suite}: ${name} (${seconds} s)\n${output.replace(/^/gm, '      ')}`)
    }
  }
  return { passed: cases.length - failed, failed }
}

/** Runs `cases` in order, for whoever holds them against a list of those that are expected to fail. */
export async function outcomesOf(cases: readonly Case[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const each of cases) outcomes.push(await runCase(each))
  return outcomes
}

async function runCase({ name, run }: Case): Promise<Outcome & { readonly seconds: string }> {
  const startedMs = performance.now()
  const seconds = () => ((performance.now() - startedMs) / 1000).toFixed(1)
  try {
    const note = await run()
    return { name, hasPassed: true, output: note ?? '', seconds: seconds() }
  } catch (error) {
    return { name, hasPassed: false, output: String(error), seconds: seconds() }
  }
}

/** Throws unless `output` holds all that is wanted. */
export function mustInclude(output: string, ...wanted: readonly (string | RegExp)[]): void {
  const missing = wanted.filter((text) =>
    typeof text === 'string' ? !output.includes(text) : !text.test(output),
  )
  if (missing.length > 0) throw new Error(`The output has no ${missing.join(', no ')}:\n${output}`)
}

/** Throws unless the two files hold the same. */
export function mustBeSameBytes(left: string, right: string): void {
  if (!readFileSync(left).equals(readFileSync(right))) {
    throw new Error(`${left} and ${right} differ`)
  }
}

const DESCRIBED_LENGTH_MAX = 500

/** Throws unless both are the same as JSON. */
export function mustEqual(found: unknown, wanted: unknown): void {
  const [is, must] = [found, wanted].map((value) => JSON.stringify(value) ?? 'undefined')
  if (is === must) return
  const described = [is, must].map((text) => text?.slice(0, DESCRIBED_LENGTH_MAX))
  throw new Error(`is ${described[0]}, must be ${described[1]}`)
}
