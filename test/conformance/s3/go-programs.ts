/**
 * Builds the Go programs of the S3 dialect's suites into the user's cache, once per version.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, go } from '../tools-cache.ts'

const MINIO_GO = 'github.com/minio/minio-go/v7'

/** The functional tests of minio-go. */
export function buildMinioGoTests(): string {
  return build('minio-go', (folder) => {
    execFileSync(go(), ['mod', 'download', MINIO_GO], { cwd: folder, stdio: ['ignore', 2, 2] })
    const options = { cwd: folder, encoding: 'utf8' } as const
    const found = execFileSync(go(), ['list', '-m', '-f', '{{.Dir}}', MINIO_GO], options)
    // A program beside the package that it tests: by its name it is built without the tag that keeps it out.
    return join(found.trim(), 'functional_tests.go')
  })
}

/** warp, which loads a store and says what failed. */
export function buildWarp(): string {
  return build('warp', () => 'github.com/minio/warp')
}

/** Builds what `find` names, of the versions that go.mod in the folder `name` has. */
function build(name: string, find: (folder: string) => string): string {
  const folder = join(import.meta.dirname, name)
  const sums = ['go.mod', 'go.sum'].map((file) => readFileSync(join(folder, file)))
  const version = createHash('sha256').update(Buffer.concat(sums)).digest('hex').slice(0, 16)
  const binary = join(cacheFolder(), `${name}-${version}`)
  if (existsSync(binary)) return binary
  console.log(`Building ${name}`)
  const unfinished = `${binary}.${process.pid}`
  execFileSync(go(), ['build', '-buildvcs=false', '-o', unfinished, find(folder)], {
    ...{ cwd: folder, stdio: ['ignore', 2, 2] },
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  renameSync(unfinished, binary)
  return binary
}
