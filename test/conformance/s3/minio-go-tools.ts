/**
 * Builds the functional tests of minio-go into the user's cache, once per version.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, go } from '../tools-cache.ts'

const folder = join(import.meta.dirname, 'minio-go')
const MODULE = 'github.com/minio/minio-go/v7'

/** Returns the path of the program, of the version that minio-go/go.mod names. */
export function buildMinioGoTests(): string {
  const sums = ['go.mod', 'go.sum'].map((name) => readFileSync(join(folder, name)))
  const version = createHash('sha256').update(Buffer.concat(sums)).digest('hex').slice(0, 16)
  const binary = join(cacheFolder(), `minio-go-${version}.tests`)
  if (existsSync(binary)) return binary
  console.log('Building the functional tests of minio-go')
  const unfinished = `${binary}.${process.pid}`
  const environment = { ...process.env, CGO_ENABLED: '0' }
  execFileSync(go(), ['mod', 'download', MODULE], { cwd: folder, env: environment })
  const found = execFileSync(go(), ['list', '-m', '-f', '{{.Dir}}', MODULE], {
    ...{ cwd: folder, encoding: 'utf8', env: environment },
  })
  // A program beside the package that it tests: by its name it is built without the tag that keeps it out.
  const program = join(found.trim(), 'functional_tests.go')
  execFileSync(go(), ['build', '-buildvcs=false', '-o', unfinished, program], {
    ...{ cwd: folder, env: environment, stdio: ['ignore', 2, 2] },
  })
  renameSync(unfinished, binary)
  return binary
}
