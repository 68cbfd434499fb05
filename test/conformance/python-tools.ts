/**
 * Installs PyPI's `oss2` and what its tests need into the user's cache, once per set of versions.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDebianPackages } from '../support/debian-packages.ts'
import { cacheFolder } from './tools-cache.ts'

const requirements = join(import.meta.dirname, 'python', 'requirements.txt')
/** Of the source distribution that requirements.txt names; its tests are what is run. */
const SOURCES_SHA256 = 'a8ab9ee7eb99e88a7e1382edc6ea641d219d585a7e074e3776e9dec9473e59c1'
const DEBIAN_PACKAGES = ['python3', 'python3-dev', 'python3-venv', 'gcc', 'libc6-dev']

/** An interpreter with everything that `sources`, the unpacked distribution with its tests, needs. */
export interface Oss2Tools {
  readonly python: string
  readonly sources: string
}

/** Returns what is installed, or installs it; a half-done installation never looks like a whole one. */
export function installOss2(): Oss2Tools {
  const text = readFileSync(requirements)
  const key = createHash('sha256').update(text).digest('hex').slice(0, 16)
  const folder = join(cacheFolder(), `oss2-${key}`)
  const [, version = ''] = /^oss2==(.+)$/m.exec(text.toString()) ?? []
  const tools = {
    python: join(folder, 'environment', 'bin', 'python'),
    sources: join(folder, `oss2-${version}`),
  }
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return tools
  console.log(`Installing oss2 ${version} and its tests`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  run(findPython(), '-m', 'venv', join(folder, 'environment'))
  run(tools.python, '-m', 'pip', '--quiet', 'install', '--requirement', requirements)
  unpackSources(tools.python, folder, version)
  mkdirSync(complete)
  return tools
}

function unpackSources(python: string, folder: string, version: string): void {
  const pip = [
    python,
    '-m',
    'pip',
    '--quiet',
    'download',
    '--no-deps',
    '--no-binary',
    'oss2',
  ] as const
  run(...pip, '--dest', folder, `oss2==${version}`)
  const archive = join(folder, `oss2-${version}.tar.gz`)
  const found = createHash('sha256').update(readFileSync(archive)).digest('hex')
  if (found !== SOURCES_SHA256) throw new Error(`${archive} has the checksum ${found}`)
  run('tar', '-xzf', archive, '-C', folder)
}

/** An interpreter that can make environments and build the extension without which CRC-64 takes minutes. */
function findPython(): string {
  ensureDebianPackages({ files: ['python3'], packages: DEBIAN_PACKAGES })
  ensureDebianPackages({ files: ['gcc', 'cc'], packages: DEBIAN_PACKAGES })
  const script = 'import sysconfig; print(sysconfig.get_path("include"))'
  const include = execFileSync('python3', ['-c', script], { encoding: 'utf8' }).trim()
  ensureDebianPackages({ files: [join(include, 'Python.h')], packages: DEBIAN_PACKAGES })
  return 'python3'
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 2, 2] })
}
