/**
 * Builds the preload library that makes syncs slower (sync-delay.c), once per version of its source.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDebianPackages } from '../support/debian-packages.ts'
import { cacheDirectory } from './cache-directory.ts'

const source = join(import.meta.dirname, 'sync-delay.c')

/** What a server needs in its environment so that each of its syncs takes `delayUs` longer. */
export function syncDelayEnvironment(delayUs: number): Record<string, string> {
  return {
    LD_PRELOAD: compileSyncDelay(),
    GRANARY_SYNC_DELAY_US: String(delayUs),
    // With io_uring a sync is no call that a library could take the place of.
    UV_USE_IO_URING: '0',
  }
}

function compileSyncDelay(): string {
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const library = join(cacheDirectory(), `sync-delay-${version}.so`)
  if (existsSync(library)) return library
  mkdirSync(cacheDirectory(), { recursive: true })
  ensureDebianPackages({ files: ['gcc'], packages: ['gcc', 'libc6-dev'] })
  ensureDebianPackages({ files: ['/usr/include/stdio.h'], packages: ['libc6-dev'] })
  // Two that build at once each rename a whole file into place.
  const unfinished = `${library}.${process.pid}`
  const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-pthread']
  execFileSync('gcc', [...flags, '-o', unfinished, source, '-ldl'], { stdio: 'inherit' })
  renameSync(unfinished, library)
  return library
}
