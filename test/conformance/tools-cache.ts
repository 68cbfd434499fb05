/**
 * Builds ossutil from its Go module into the user's cache, once per version.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages, findCommand } from '../support/debian-packages.ts'

const toolsModule = join(import.meta.dirname, 'tools')

/** The folder that suites install clients and tools into. */
export function cacheFolder(): string {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'granary')
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Returns the path of ossutil, of the version that tools/go.mod names; installs Debian's Go if there is none. */
export function buildOssutil(): string {
  const sums = ['go.mod', 'go.sum'].map((name) => readFileSync(join(toolsModule, name)))
  const version = createHash('sha256').update(Buffer.concat(sums)).digest('hex').slice(0, 16)
  const binary = join(cacheFolder(), `ossutil-${version}`)
  if (existsSync(binary)) return binary
  console.log('Building ossutil')
  const unfinished = `${binary}.${process.pid}`
  execFileSync(go(), ['build', '-buildvcs=false', '-o', unfinished, 'github.com/aliyun/ossutil'], {
    cwd: toolsModule,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  renameSync(unfinished, binary)
  return binary
}

/** Where the Go that builds the tools keeps its own sources: real files by the thousand. */
export function goSources(): string {
  return join(execFileSync(go(), ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'src')
}

/** The command that builds them. */
export function go(): string {
  ensureDebianPackages({ files: ['go'], packages: ['golang-go'] })
  return findCommand('go') ?? 'go'
}
