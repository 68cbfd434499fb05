/**
 * Builds the preload library that records file operations (recorder.c), once per version of its source.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages } from '../support/debian-packages.ts'

const source = join(import.meta.dirname, 'recorder.c')

/** Returns the path of the compiled library; installs Debian's compiler where there is none. */
export function compileRecorder(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'granary')
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const library = join(cache, `recorder-${version}.so`)
  if (existsSync(library)) return library
  mkdirSync(cache, { recursive: true })
  ensureDebianPackages({ files: ['gcc'], packages: ['gcc', 'libc6-dev'] })
  ensureDebianPackages({ files: ['/usr/include/stdio.h'], packages: ['libc6-dev'] })
  // Two that build at once each rename a whole file into place.
  const unfinished = `${library}.${process.pid}`
  const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-pthread']
  execFileSync('gcc', [...flags, '-o', unfinished, source, '-ldl'], { stdio: 'inherit' })
  renameSync(unfinished, library)
  return library
}

/** What a program needs in its environment so that its files below `root` are recorded. */
export function recorderEnvironment(options: {
  readonly root: string
  readonly trace: string
  /** How long a sync takes; lets work pile up behind it. */
  readonly syncMicroseconds: number
}): Record<string, string> {
  return {
    LD_PRELOAD: compileRecorder(),
    GRANARY_RECORD_ROOT: options.root,
    GRANARY_RECORD_TRACE: options.trace,
    GRANARY_RECORD_SYNC_US: String(options.syncMicroseconds),
    UV_USE_IO_URING: '0',
    UV_THREADPOOL_SIZE: '16',
    // Its files lie elsewhere, and are written by calls that the recorder does not know.
    NODE_DISABLE_COMPILE_CACHE: '1',
  }
}
