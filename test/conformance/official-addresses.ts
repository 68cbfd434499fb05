/**
 * The addresses of the real service on this machine: every name below aliyuncs.com is 127.0.0.1 (profile P2).
 *
 * A mount namespace of its own sees a resolv.conf that asks a private dnsmasq; the machine's resolver stays as it is.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages, findCommand } from '../support/debian-packages.ts'

/** Runs a program where the names resolve, with this process's streams; returns its exit code. */
export async function runWithOfficialAddresses(
  command: readonly string[],
): Promise<number | string> {
  ensureDebianPackages({ files: ['dnsmasq'], packages: ['dnsmasq-base'] })
  const folder = mkdtempSync(join(tmpdir(), 'granary-names-'))
  const resolver = join(folder, 'resolv.conf')
  writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
  const args = ['--mount', '--fork', '--kill-child', 'sh', '-c', script, resolver, ...command]
  try {
    const child = spawn('unshare', args, { stdio: ['ignore', 'inherit', 'inherit'] })
    return await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Starts the name server of that namespace; it ends with this process, or when the returned function is called. */
export async function startNameServer(): Promise<() => void> {
  const args = [
    '--no-daemon',
    '--conf-file=/dev/null',
    '--listen-address=127.0.0.1',
    '--bind-interfaces',
    '--no-resolv',
    '--no-hosts',
    '--address=/aliyuncs.com/127.0.0.1',
    '--user=',
  ]
  const child = spawn(findCommand('dnsmasq') ?? 'dnsmasq', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stop = () => void child.kill()
  process.on('exit', stop)
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString()
      if (said.includes('started')) resolve()
    })
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`dnsmasq ended with ${code}: ${said}`)))
  })
  return stop
}
