/**
 * C4: the integration tests of the Go SDK v2, signature V4.
 *
 * Each test is a process of its own: one that panics, as they do when an answer is missing, takes no other along,
 * and buckets that one leaves behind are in no other's way.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import type { GoSdkTests } from './go-tools.ts'
import { inPool, runProgram } from './suite-pool.ts'
import type { Run } from './suite-pool.ts'
import type { Expectations, Outcome } from './test-outcomes.ts'

const TEST_MS_MAX = 120_000
/** Blocks public access of its whole account. */
const APART = 'TestPublicAccessBlock'

export interface GoSdkSuite {
  readonly tests: GoSdkTests
  readonly folder: string
  /** What the tests know the server by. */
  readonly environment: Readonly<Record<string, string>>
  /** The same for the test that sets what its whole account has. */
  readonly apart: Readonly<Record<string, string>>
  readonly expectations: Expectations
  /** How many run at a time. */
  readonly width: number
}

/** Runs what is not omitted. */
export function runGoSdkSuite(suite: GoSdkSuite): Promise<Outcome[]> {
  const { tests, folder, expectations, width } = suite
  mkdirSync(folder)
  const names = tests.names.filter((name) => !expectations.omitted.has(name))
  return inPool([...names.entries()], width, async ([at, name]) => {
    const run = await runProgram({
      ...{ command: tests.binary, args: ['-test.v', '-test.run', `^${name}$`], folder },
      timeoutMs: TEST_MS_MAX,
      environment: {
        ...suite.environment,
        ...(name === APART && suite.apart),
        ...{ OSS_TEST_BUCKET_PREFIX: `c4-${at}-`, TMPDIR: folder },
      },
    })
    return readGoTest(name, run)
  })
}

/** A test has passed when it says so and the process ends well: a skipped one does only the latter. */
export function readGoTest(name: string, { code, output }: Run): Outcome {
  const hasPassed = code === 0 && output.includes(`\n--- PASS: ${name} (`)
  return { name, hasPassed, output: `${output.trimEnd()}\nended with ${code}` }
}
