/**
 * Bugs that are planted on purpose: each is a patch in test/mutations, applied to a copy of the tree.
 *
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'test', 'mutations')

/** How many crash images and kills a bug gets that no test file finds. */
const IMAGE_COUNT = 1_000
const KILL_COUNT = 5
/** How many simulated lives a bug of the protocol gets. */
const SEED_COUNT = 2_000
const RUN_TIMEOUT_MS = 15 * 60_000
const SIMULATION_TIMEOUT_MS = 60 * 60_000
/** Stands in a `Found-by:` line for the simulator. */
const SIMULATOR = 'simulate'
/** Failing tests of random histories say a lot. */
const OUTPUT_BYTES_MAX = 256 * 1024 ** 2
const SHOWN_CHARACTERS_MAX = 4_000
const SHOWN_RULE_CHARACTERS_MAX = 120
const FRESH_SEED_MAX = 2 ** 30

export function mutationNames(): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.patch'))
  return names.map((name) => name.slice(0, -'.patch'.length)).sort(byNumber)
}

/** The jest patterns of its `Found-by:` line; none: only crashes or the simulator find it. */
export function foundBy(name: string): string[] {
  return finders(name).filter((pattern) => pattern !== SIMULATOR)
}

/** The simulator finds it: `Found-by: simulate`. */
function isFoundBySimulator(name: string): boolean {
  return finders(name).includes(SIMULATOR)
}

function finders(name: string): string[] {
  const [, line = ''] = /^Found-by:(.*)$/m.exec(readFileSync(patchFile(name), 'utf8')) ?? []
  return line.split(' ').filter((pattern) => pattern !== '')
}

/** Throws git's words unless the patch applies to the tree as it is. */
export function checkPatch(name: string): void {
  execFileSync('git', ['apply', '--check', patchFile(name)], { cwd: root, stdio: 'pipe' })
}

/**
 * Returns what found the bug, or undefined: nothing did. With a seed a bug for the simulator is left to
 * it, whatever tests find it too, and the seeds count from there.
 */
export function runMutation(name: string, seed?: number): string | undefined {
  return inCopy(name, (copy) => {
    execFileSync('git', ['apply', patchFile(name)], { cwd: copy, stdio: 'inherit' })
    const isForSeeds = seed !== undefined && isFoundBySimulator(name)
    const found = isForSeeds ? undefined : findByTests(copy, foundBy(name))
    if (found !== undefined) return found
    return isFoundBySimulator(name) ? findBySeeds(copy, seed ?? freshSeed()) : findByCrashes(copy)
  })
}

/** Plants one bug after the other in a single copy of the tree; returns those that their tests miss. */
export function missedByTests(names: readonly string[]): string[] {
  return inCopy('sample', (copy) => names.filter((name) => isMissedByTests(copy, name)))
}

function isMissedByTests(copy: string, name: string): boolean {
  const patch = (...options: string[]) =>
    execFileSync('git', ['apply', ...options, patchFile(name)], { cwd: copy, stdio: 'inherit' })
  patch()
  const found = findByTests(copy, foundBy(name))
  patch('--reverse')
  return found === undefined
}

/** Throws unless the tests that must find bugs find none in the tree as it is. */
export function checkTreeWithout(names: readonly string[]): void {
  const patterns = [...new Set(names.flatMap(foundBy))]
  const failed = inCopy('none', (copy) => findByTests(copy, patterns))
  if (failed !== undefined) throw new Error(`Without any planted bug ${failed} fails`)
}

function inCopy<T>(name: string, use: (copy: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), `granary-mutation-${name}-`))
  try {
    copyTree(copy)
    return use(copy)
  } finally {
    rmSync(copy, { recursive: true })
  }
}

function patchFile(name: string): string {
  const file = join(folder, `${name}.patch`)
  if (!existsSync(file)) throw new Error(`There must be a mutation "${name}" in test/mutations`)
  return file
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** Everything that git knows or would add, as it is on disk. */
function copyTree(copy: string): void {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0')
  for (const file of files) {
    if (file === '' || !existsSync(join(root, file))) continue
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  linkModules(copy)
  // git apply outside of a repository looks for one further up.
  execFileSync('git', ['init', '-q'], { cwd: copy })
}

/** The packages of the original, but this tree's own workspaces. */
function linkModules(copy: string): void {
  for (const modules of ['node_modules', join('storage-node', 'node_modules')]) {
    if (!existsSync(join(root, modules))) continue
    mkdirSync(join(copy, modules))
    for (const entry of readdirSync(join(root, modules))) {
      if (entry !== '@granary') symlinkSync(join(root, modules, entry), join(copy, modules, entry))
    }
  }
  mkdirSync(join(copy, 'node_modules', '@granary'))
  symlinkSync(join(copy, 'storage-node'), join(copy, 'node_modules', '@granary', 'storage-node'))
}

function findByTests(copy: string, patterns: readonly string[]): string | undefined {
  if (patterns.length === 0) return undefined
  const report = join(copy, 'report.json')
  // The tests of an earlier bug may have left theirs.
  rmSync(report, { force: true })
  const jest = join('node_modules', 'jest', 'bin', 'jest.js')
  const cache = `--cacheDirectory=${join(copy, '.jest-cache')}`
  const args = [jest, '--json', `--outputFile=${report}`, cache, ...patterns]
  const { stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  if (!existsSync(report)) {
    const end = stderr.slice(-SHOWN_CHARACTERS_MAX)
    throw new Error(`Tests of ${patterns.join(' ')} did not come to an end\n${end}`)
  }
  return failedTest(JSON.parse(readFileSync(report, 'utf8')) as JestReport, patterns)
}

interface JestReport {
  readonly numTotalTests: number
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** A file that does not even load proves nothing about the bug. */
function failedTest(report: JestReport, patterns: readonly string[]): string | undefined {
  if (report.numRuntimeErrorTestSuites > 0) {
    const messages = report.testResults.map(({ message }) => message)
    throw new Error(`A test file does not load\n${messages.join('\n')}`)
  }
  if (report.numTotalTests === 0) throw new Error(`No test matches ${patterns.join(' ')}`)
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = results.find(({ status }) => status === 'failed')
  return failed && `the test "${failed.fullName}"`
}

function findByCrashes(copy: string): string | undefined {
  const main = join('test', 'crash', 'main.ts')
  const args = [main, '--images', String(IMAGE_COUNT), '--kills', String(KILL_COUNT)]
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: 'utf8',
    timeout: RUN_TIMEOUT_MS,
  })
  if (status === 0) return undefined
  if (status !== 1) throw new Error(`Crashes did not come to an end\n${stdout}`)
  const count = stdout.split('\n').find((line) => /^(images|kills)=/.test(line))
  return `crashes (${count ?? 'the region did not even work'})`
}

/** A seed that fails counts only if it does not without the bug. */
function findBySeeds(copy: string, seed: number): string | undefined {
  const count = ['--seeds', String(SEED_COUNT), '--seed', String(seed), '--until-found']
  const { status, stdout } = simulate(copy, count)
  if (status === 0) return undefined
  const [, found, rule] = /^violation seed=(\d+) (.*)$/m.exec(stdout) ?? []
  if (status !== 1 || found === undefined) {
    throw new Error(`The simulator did not come to an end\n${stdout.slice(-SHOWN_CHARACTERS_MAX)}`)
  }
  if (simulate(root, ['--seeds', '1', '--seed', found]).status !== 0) {
    throw new Error(`Without any planted bug seed ${found} fails`)
  }
  return `seed ${found} after ${Number(found) - seed} others (${rule?.slice(0, SHOWN_RULE_CHARACTERS_MAX)})`
}

function simulate(tree: string, args: readonly string[]) {
  return spawnSync(process.execPath, [join('test', 'simulation', 'main.ts'), ...args], {
    cwd: tree,
    encoding: 'utf8',
    timeout: SIMULATION_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  })
}

function freshSeed(): number {
  return Math.floor(Math.random() * FRESH_SEED_MAX)
}
