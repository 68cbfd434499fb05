/**
 * The addresses of the real service on this machine: every name below aliyuncs.com is 127.0.0.1 (profile P2).
 *
 * A mount namespace of its own sees a resolv.conf that asks a private dnsmasq; the machine's resolver stays as it is.
 * A network namespace of its own has nothing but a loopback device: ports 53, 80 and 443 are free in it whatever else
 * the machine does, and no request of a suite reaches anybody else.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages, findCommand } from '../support/debian-packages.ts'

/** Where everybody else is: no address of the service. */
export const OPEN_INTERNET = '127.0.0.2'

/** Runs a program where the names resolve, with this process's streams; returns its exit code. */
export async function runWithOfficialAddresses(
  command: readonly string[],
): Promise<number | string> {
  ensureDebianPackages({ files: ['dnsmasq'], packages: ['dnsmasq-base'] })
  ensureDebianPackages({ files: ['ip'], packages: ['iproute2'] })
  const folder = mkdtempSync(join(tmpdir(), 'granary-names-'))
  const resolver = join(folder, 'resolv.conf')
  writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
  const script = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"'
  const spaces = ['--net', '--mount', '--fork', '--kill-child']
  const args = [...spaces, 'sh', '-c', script, resolver, ...command]
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
    `--address=/aliyun.com/${OPEN_INTERNET}`,
    // What the server calls itself (RFC 6761).
    '--address=/localhost/127.0.0.1',
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
