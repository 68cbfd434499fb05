/**
 * The gate, `npm test`: formatting, types, lint and every jest test; the last line is `N passed, N failed`.
 *
 * With arguments (`npm test -- PATH... -t NAME`) it runs only jest, with them: that is how a failure is replayed.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { countsLine, readJestReport, sumCounts } from './test-counts.ts'
import type { Counts } from './test-counts.ts'

const root = join(import.meta.dirname, '..', '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

const staticChecks = [
  {
    name: 'prettier',
    command: ['prettier', '--check', '--log-level=warn', '.'],
    replay: 'npm run format',
  },
  { name: 'tsc', command: ['tsc', '--noEmit'], replay: 'npm run lint' },
  { name: 'eslint', command: ['eslint', '--max-warnings=0', '.'], replay: 'npm run lint' },
] as const

async function main(args: readonly string[]): Promise<Counts> {
  const counts: Counts[] = []
  // Each of them keeps one core busy.
  if (args.length === 0) counts.push(...(await Promise.all(staticChecks.map(runStatic))))
  counts.push(await runJest(args))
  return sumCounts(counts)
}

async function runStatic({
  name,
  command,
  replay,
}: (typeof staticChecks)[number]): Promise<Counts> {
  const code = await run(command)
  const counts = code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  if (code !== 0) console.log(`${name} ended with ${code}; replay: ${replay}`)
  console.log(`${name}: ${countsLine(counts)}`)
  return counts
}

async function runJest(args: readonly string[]): Promise<Counts> {
  const directory = mkdtempSync(join(tmpdir(), 'granary-jest-'))
  const reportFile = join(directory, 'report.json')
  try {
    const code = await run(
      ['jest', '--json', `--outputFile=${reportFile}`, ...args],
      ['ignore', 'ignore', 'inherit'],
    )
    const report = readJestReport(readReport(reportFile), code)
    for (const failure of report.failures) {
      const path = relative(root, failure.file)
      console.log(`failed: ${path}: ${failure.name}`)
      console.log(`  replay: npm test -- ${path}${failure.filter && ` -t '${failure.filter}'`}`)
    }
    console.log(`jest: ${countsLine(report.counts)}`)
    return report.counts
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

type Stdio = 'ignore' | 'inherit'

function run(
  [name, ...args]: readonly [string, ...string[]],
  stdio: [Stdio, Stdio, Stdio] = ['ignore', 'inherit', 'inherit'],
): Promise<number | string> {
  // The tools' own launchers may name another Node: this one runs them.
  const child = spawn(process.execPath, [bin(name), ...args], { cwd: root, stdio })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
}

main(process.argv.slice(2)).then(
  (counts) => {
    console.log(countsLine(counts))
    process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1
  },
  (error: unknown) => {
    console.error(error)
    console.log(countsLine({ passed: 0, failed: 1 }))
    process.exitCode = 1
  },
)
