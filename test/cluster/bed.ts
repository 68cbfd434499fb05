/**
 * The cluster that suites run in, and the commands that drive it (testbed/README.md).
 *
 * @module
 */

import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { ensureDebianPackages, findCommand } from '../support/debian-packages.ts'

const OUTPUT_BYTES_MAX = 64 * 1024 ** 2

const cacheHome = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
/** What the test bed has built. */
export const bedCache = process.env['GRANARY_TESTBED_CACHE'] ?? join(cacheHome, 'granary-testbed')
const state = process.env['GRANARY_TESTBED_STATE'] ?? join(bedCache, 'state')
const kubeconfig = join(state, 'admin.kubeconfig')

/** Where its API server is; `testbed/lib.sh` says so. */
export const API_SERVER = 'https://10.97.0.10:6443'
const DNS_SERVER = '10.96.0.10'

/** The environment in which kubectl and helm find the cluster. */
export function bedEnvironment(): NodeJS.ProcessEnv {
  const path = [join(bedCache, 'bin'), process.env['PATH'] ?? ''].join(delimiter)
  return { ...process.env, KUBECONFIG: kubeconfig, PATH: path }
}

/** Builds whatever of it is not there; its lines go to this process's standard error. */
export function buildBed(): void {
  ensureDebianPackages({ files: ['go'], packages: ['golang-go'] })
  const go = findCommand('go') ?? 'go'
  runScript('build', [], { PATH: [join(go, '..'), process.env['PATH'] ?? ''].join(delimiter) })
}

/** Starts a new cluster. */
export function startBed(): void {
  runScript('up', [])
}

export function stopBed(): void {
  runScript('down', [])
}

/** Whether a cluster runs and answers. */
export function isBedRunning(): boolean {
  const kubectlPath = join(bedCache, 'bin', 'kubectl')
  if (!existsSync(kubeconfig) || !existsSync(kubectlPath)) return false
  try {
    const args = ['get', '--raw', '/readyz', '--request-timeout=3s']
    execFileSync(kubectlPath, args, { env: bedEnvironment(), stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs a script of the test bed to its end. */
export function runScript(name: string, args: readonly string[], more: object = {}): void {
  execFileSync(join(import.meta.dirname, 'testbed', name), args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...more },
  })
}

/** Calls kubectl, with `input` on its standard input, and returns what it prints. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const running = promisify(execFile)('kubectl', args, {
    env: bedEnvironment(),
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  running.child.stdin?.end(input)
  return (await running).stdout
}

/** Makes objects as they are given, or changes them to that. */
export async function apply(objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects }
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=suite', '-f', '-']
  await kubectl(args, JSON.stringify(list))
}

/** Reads an object, or a list of them. */
export async function getJson<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', ...args, '--output=json'])) as T
}

/** Runs a command that resolves names as a pod of a namespace does; resolves with its exit code. */
export function runWithClusterNames(
  command: readonly [string, ...string[]],
  namespace: string,
  folder: string,
): Promise<number | string> {
  const zone = 'svc.cluster.local'
  const resolver = join(folder, 'resolv.conf')
  const search = `${namespace}.${zone} ${zone} cluster.local`
  writeFileSync(resolver, `nameserver ${DNS_SERVER}\nsearch ${search}\noptions ndots:5\n`)
  const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
  const shell = ['sh', '-c', script, 'sh', resolver, ...command]
  const child = spawn('unshare', ['--mount', '--propagation', 'private', ...shell], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: bedEnvironment(),
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
}
