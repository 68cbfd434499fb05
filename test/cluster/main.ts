/**
 * `npm run cluster`: suites in a real Kubernetes cluster; the last line is `N passed, N failed`.
 *
 * Builds the test bed where that has not been done, starts a cluster, puts the definitions and images of this
 * checkout into it, runs the suites and stops it. A cluster that runs already is used and left running.
 * With names (`-- config-stores storage-nodes`) only those suites run.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Counts } from '../support/test-counts.ts'
import { countsLine, readJestReport, sumCounts } from '../support/test-counts.ts'
import { buildBed, isBedRunning, kubectl, runWithClusterNames, startBed, stopBed } from './bed.ts'
import { makeOperatorImage } from './operator-image.ts'
import { makeStorageNodeImage } from './storage-node-image.ts'

const root = join(import.meta.dirname, '..', '..')
const NAMESPACE = 'granary'

/** In this order; each file has a namespace, or objects, of its own. */
const SUITES = [
  ...['resources.cluster.ts', 'kubernetes-api.cluster.ts', 'chart.cluster.ts', 'alerts.cluster.ts'],
  ...['election.cluster.ts'],
  ...['config-stores.cluster.ts', 'storage-nodes.cluster.ts'],
  ...['applied-resources.cluster.ts', 'install.cluster.ts'],
]

async function main(names: readonly string[]): Promise<Counts> {
  const suites = chosenSuites(names)
  step('The test bed is built')
  buildBed()
  const isRunning = isBedRunning()
  step(isRunning ? 'A cluster is running' : 'A cluster is started')
  if (!isRunning) startBed()
  try {
    step('The definitions are applied')
    const definitions = await applyDefinitions()
    step('The images are made')
    await makeStorageNodeImage()
    await makeOperatorImage()
    return sumCounts([definitions, await runSuites(suites)])
  } finally {
    if (!isRunning) stopBed()
  }
}

/** Each of them counts: the API server knows rules for definitions that no schema tells. */
async function applyDefinitions(): Promise<Counts> {
  const folder = join(root, 'crds')
  let passed = 0
  const names = readdirSync(folder)
  for (const name of names) {
    const from = ['--force-conflicts', '--filename', join(folder, name)]
    const applied = kubectl(['apply', '--server-side', ...from])
    const waited = applied.then(() =>
      kubectl([
        'wait',
        '--for=condition=Established',
        '--timeout=30s',
        '--filename',
        from[2] ?? '',
      ]),
    )
    await waited.then(
      () => passed++,
      (error: unknown) => console.log(`failed: crds/${name}: ${String(error)}`),
    )
  }
  const counts = { passed, failed: names.length - passed }
  console.log(`crds: ${countsLine(counts)}`)
  return counts
}

function chosenSuites(names: readonly string[]): readonly string[] {
  const chosen = names.length === 0 ? SUITES : names.map((name) => `${name}.cluster.ts`)
  const unknown = chosen.filter((suite) => !SUITES.includes(suite))
  if (unknown.length > 0) throw new Error(`There are ${SUITES.join(', ')}, not ${unknown.join()}`)
  return chosen
}

function step(what: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${what}`)
}

async function runSuites(suites: readonly string[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-cluster-'))
  try {
    const all: Counts[] = []
    for (const suite of suites) all.push(await runSuite(suite, folder))
    return sumCounts(all)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function runSuite(suite: string, folder: string): Promise<Counts> {
  const reportFile = join(folder, `${suite}.json`)
  const jest = join(root, 'node_modules', '.bin', 'jest')
  const config = `--config=${join(import.meta.dirname, 'jest.config.mjs')}`
  const path = join('test', 'cluster', suite).replaceAll('.', '\\.')
  const command = [process.execPath, jest, config, '--json', `--outputFile=${reportFile}`] as const
  const code = await runWithClusterNames([...command, '--forceExit', path], NAMESPACE, folder)
  const { counts, failures } = readJestReport(readReport(reportFile), code)
  for (const { name } of failures) console.log(`failed: ${suite}: ${name}`)
  console.log(`${suite}: ${countsLine(counts)}`)
  return counts
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

main(process.argv.slice(2)).then(
  (counts) => {
    console.log(countsLine(counts))
    process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1
  },
  (error: unknown) => {
    console.log(error)
    console.log(countsLine({ passed: 0, failed: 1 }))
    process.exitCode = 1
  },
)
