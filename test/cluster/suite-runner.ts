/**
 * Runs suites in a real cluster: builds the test bed where that has not been done, starts a cluster, puts the
 * definitions and images of this checkout into it, runs the suites and stops it.
 *
 * A cluster that runs already is used and left running.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Counts } from '../support/test-counts.ts'
import { countsLine, readJestReport, sumCounts } from '../support/test-counts.ts'
import { buildBed, isBedRunning, kubectl, runWithClusterNames, startBed, stopBed } from './bed.ts'

const root = join(import.meta.dirname, '..', '..')
const NAMESPACE = 'granary'

export interface Suite {
  /** Below `test/`. */
  readonly path: string
  /** Fetches and builds what it needs: inside a suite only names of the cluster resolve. */
  readonly prepare?: () => void
  /** What makes the images that it needs. */
  readonly images?: readonly (() => Promise<void>)[]
}

/** Runs them in this order, or those that are named; the last line that it prints is `N passed, N failed`. */
export async function runInCluster(
  suites: readonly Suite[],
  names: readonly string[],
): Promise<void> {
  try {
    const counts = await run(chosenSuites(suites, names))
    console.log(countsLine(counts))
    process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1
  } catch (error) {
    console.log(error)
    console.log(countsLine({ passed: 0, failed: 1 }))
    process.exitCode = 1
  }
}

async function run(suites: readonly Suite[]): Promise<Counts> {
  step('The test bed is built')
  buildBed()
  for (const { prepare } of suites) prepare?.()
  const isRunning = isBedRunning()
  step(isRunning ? 'A cluster is running' : 'A cluster is started')
  if (!isRunning) startBed()
  try {
    step('The definitions are applied')
    const definitions = await applyDefinitions()
    step('The images are made')
    const images = new Set(suites.flatMap((suite) => suite.images ?? []))
    for (const makeImage of images) await makeImage()
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
    const from = ['--filename', join(folder, name)]
    const applied = kubectl(['apply', '--server-side', '--force-conflicts', ...from])
    const established = ['wait', '--for=condition=Established', '--timeout=30s', ...from]
    await applied
      .then(() => kubectl(established))
      .then(
        () => passed++,
        (error: unknown) => console.log(`failed: crds/${name}: ${String(error)}`),
      )
  }
  const counts = { passed, failed: names.length - passed }
  console.log(`crds: ${countsLine(counts)}`)
  return counts
}

function chosenSuites(suites: readonly Suite[], names: readonly string[]): readonly Suite[] {
  const nameOf = ({ path }: Suite) => basename(path, '.cluster.ts')
  const unknown = names.filter((name) => !suites.some((suite) => nameOf(suite) === name))
  if (unknown.length > 0) {
    throw new Error(`There are ${suites.map(nameOf).join(', ')}, not ${unknown.join(', ')}`)
  }
  return names.length === 0 ? suites : suites.filter((suite) => names.includes(nameOf(suite)))
}

function step(what: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${what}`)
}

async function runSuites(suites: readonly Suite[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-cluster-'))
  try {
    const all: Counts[] = []
    for (const { path } of suites) all.push(await runSuite(path, folder))
    return sumCounts(all)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function runSuite(suite: string, folder: string): Promise<Counts> {
  const startMs = Date.now()
  const reportFile = join(folder, `${basename(suite)}.json`)
  const jest = join(root, 'node_modules', '.bin', 'jest')
  const config = `--config=${join(import.meta.dirname, 'jest.config.mjs')}`
  const path = join('test', suite).replaceAll('.', '\\.')
  const command = [process.execPath, jest, config, '--json', `--outputFile=${reportFile}`] as const
  const code = await runWithClusterNames([...command, '--forceExit', path], NAMESPACE, folder)
  const { counts, failures } = readJestReport(readReport(reportFile), code)
  for (const { name } of failures) console.log(`failed: ${suite}: ${name}`)
  console.log(`${suite}: ${countsLine(counts)} in ${Math.round((Date.now() - startMs) / 1000)} s`)
  return counts
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
