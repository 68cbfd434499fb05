/**
 * Installs Debian packages that a suite needs, when a file that they bring is not there.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What a suite needs: one of `files` (paths, or names of commands), which `packages` bring. */
export interface Need {
  readonly files: readonly string[]
  readonly packages: readonly string[]
}

/** Makes sure that `need` is met; installs as root, waits for another apt-get, changes nothing when it is met. */
export function ensureDebianPackages(need: Need): void {
  if (isMet(need)) return
  const options = {
    stdio: ['ignore', 2, 2] as ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'update'], options)
  const install = [
    '-qq',
    '-y',
    '-o',
    'DPkg::Lock::Timeout=300',
    '--no-install-recommends',
    'install',
  ]
  execFileSync('apt-get', [...install, ...need.packages], options)
  if (!isMet(need))
    throw new Error(`${need.packages.join(' ')} brought none of ${need.files.join(' ')}`)
}

function isMet({ files }: Need): boolean {
  return files.some((file) =>
    file.startsWith('/') ? existsSync(file) : findCommand(file) !== undefined,
  )
}

/** Finds a command on PATH or where Debian puts the ones for root. */
export function findCommand(name: string): string | undefined {
  return [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/local/go/bin',
    '/usr/sbin',
    '/sbin',
  ]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
}
