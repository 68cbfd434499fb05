/**
 * Builds the integration tests of the Go SDK v2 into the user's cache, once per version.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, go } from './tools-cache.ts'

const sdkModule = join(import.meta.dirname, 'go-sdk')
const MODULE = 'github.com/aliyun/alibabacloud-oss-go-sdk-v2'
/** The package also has tests against servers of its own; those that ask a real one are in these files. */
const TEST_FILE = /^client_integration_.*_test\.go$/

/** What is built with the Go SDK. */
export interface GoSdkTests {
  /** Runs the tests it is asked for. */
  readonly binary: string
  /** Sends requests of random names, signed (go-sdk/sign-random). */
  readonly signer: string
  /** Tests that need a server. */
  readonly names: readonly string[]
}

const SIGNER = 'sign-random'

/** Returns what is built, or builds it, of the version that go-sdk/go.mod names. */
export function buildGoSdkTests(): GoSdkTests {
  const inputs = ['go.mod', 'go.sum', join(SIGNER, 'main.go')]
  const sums = inputs.map((name) => readFileSync(join(sdkModule, name)))
  const version = createHash('sha256').update(Buffer.concat(sums)).digest('hex').slice(0, 16)
  const binary = join(cacheFolder(), `go-sdk-${version}.test`)
  const list = `${binary}.names`
  const signer = `${binary}.signer`
  if (![binary, list, signer].every((file) => existsSync(file))) build(binary, list, signer)
  return { binary, signer, names: readFileSync(list, 'utf8').trim().split('\n') }
}

function build(binary: string, list: string, signer: string): void {
  console.log('Building the integration tests of the Go SDK')
  const unfinished = `${binary}.${process.pid}`
  const flags = ['-c', '-vet=off', '-tags', 'integration', '-o', unfinished]
  const options = {
    cwd: sdkModule,
    stdio: ['ignore', 2, 2] as ('ignore' | 2)[],
    env: { ...process.env, CGO_ENABLED: '0' },
  }
  execFileSync(go(), ['build', '-o', signer, `./${SIGNER}`], options)
  execFileSync(go(), ['test', ...flags, `${MODULE}/oss`], options)
  const folder = execFileSync(go(), ['list', '-m', '-f', '{{.Dir}}', MODULE], {
    cwd: sdkModule,
    encoding: 'utf8',
  }).trim()
  writeFileSync(list, testNames(join(folder, 'oss')).join('\n'))
  renameSync(unfinished, binary)
}

function testNames(folder: string): string[] {
  const files = readdirSync(folder).filter((name) => TEST_FILE.test(name))
  return files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^func (Test\w+)\(/gm)].map(
      ([, test = '']) => test,
    ),
  )
}
