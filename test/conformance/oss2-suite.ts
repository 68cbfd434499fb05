/**
 * C3: the tests of PyPI's `oss2` that ask a server, signature V1 or V4.
 *
 * Each file is a process of its own: its tests share settings that they change.
 *
 * @module
 */

import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPytestReport } from './pytest-report.ts'
import type { Oss2Tools } from './python-tools.ts'
import { inPool, runProgram } from './suite-pool.ts'
import type { Expectations, Outcome } from './test-outcomes.ts'

/** The longest one puts 3,000 objects, one after the other. */
const TEST_SECONDS_MAX = 300
const FILE_MS_MAX = 600_000
/** Of ours (python/): what stands in for the key service, what leaves tests out, what mends a race of oss2's own. */
const PLUGINS = ['key_service', 'omit_tests', 'whole_records']
/** Its tests block public access of their whole account. */
const APART = 'test_public_access_block.py'
/** Data that the distribution lacks, for tests that ask no more of it than to be there. */
const MISSING_DATA = { 'example.jpg': 'grain '.repeat(5000), 'sample_data.csv': 'year,city\n' }

export interface Oss2Suite {
  readonly tools: Oss2Tools
  readonly folder: string
  readonly signature: 'v1' | 'v4'
  /** What the tests know the server by. */
  readonly environment: Readonly<Record<string, string>>
  /** The same for tests that set what their whole account has. */
  readonly apart: Readonly<Record<string, string>>
  readonly expectations: Expectations
  /** How many files run at a time. */
  readonly width: number
}

/** Runs what is not omitted. */
export async function runOss2Suite(suite: Oss2Suite): Promise<Outcome[]> {
  const { tools, folder, width } = suite
  // Tests write beside their sources.
  cpSync(tools.sources, folder, { recursive: true })
  for (const [name, data] of Object.entries(MISSING_DATA)) {
    writeFileSync(join(folder, 'tests', name), data)
  }
  const files = readdirSync(join(folder, 'tests')).filter((name) => /^test_.*\.py$/.test(name))
  const outcomes = await inPool(files.sort(), width, (file) => runFile(suite, file))
  return outcomes.flat()
}

async function runFile(suite: Oss2Suite, file: string): Promise<Outcome[]> {
  const { tools, folder, signature, expectations } = suite
  const report = join(folder, `${file}.report`)
  const plugins = [...PLUGINS, 'no:cacheprovider'].flatMap((name) => ['-p', name])
  const options = ['-q', ...plugins, '--show-capture=no', '--report-log', report]
  const { code, output } = await runProgram({
    command: tools.python,
    args: [
      ...['-m', 'pytest', ...options, '--timeout', String(TEST_SECONDS_MAX)],
      join('tests', file),
    ],
    ...{ folder, timeoutMs: FILE_MS_MAX },
    environment: {
      ...suite.environment,
      ...(file === APART && suite.apart),
      OSS_TEST_AUTH_VERSION: signature,
      OSS_TEST_BUCKET: bucketPrefix(signature, file),
      OMITTED_TESTS: [...expectations.omitted.keys()].map((name) => `tests/${name}`).join('\n'),
      PYTHONPATH: join(import.meta.dirname, 'python'),
      // Tests of what is read from the environment change it, and must not find what others left.
      PYTHONDONTWRITEBYTECODE: '1',
    },
  })
  const outcomes = existsSync(report) ? readPytestReport(readFileSync(report, 'utf8')) : []
  // 0: all passed, 1: some failed, 2: the file could not be read, 5: nothing was left to run.
  if ([0, 1, 2, 5].includes(Number(code))) return outcomes
  return [...outcomes, { name: file, hasPassed: false, output: `${output}\nended with ${code}` }]
}

/** Short, for tests append up to 50 letters to it, and a bucket's name has 63. */
function bucketPrefix(signature: string, file: string): string {
  const word = file.replace(/^test_|\.py$/g, '').replaceAll('_', '')
  return `c3${signature}${word.slice(0, 6)}`
}
