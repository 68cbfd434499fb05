/**
 * `npm run conformance`: real clients and tools against the real server; the last line is `N passed, N failed`.
 *
 * `-- c2` runs only what a user does with ossutil, `-- real` the large copy, `-- c3` the tests of PyPI's `oss2`,
 * `-- c4` those of the Go SDK v2, `-- browser` what pages do in Chromium, `-- c5` what users do with clients of the S3
 * dialect, the tests of minio-go and the load of warp. Without a word it is the gate: all of them.
 *
 * @module
 */

import { join } from 'node:path'
import { countsLine } from '../support/test-counts.ts'
import { findChromium } from './browser/chromium.ts'
import { buildGoSdkTests } from './go-tools.ts'
import { runWithOfficialAddresses } from './official-addresses.ts'
import { installOss2 } from './python-tools.ts'
import type { SuiteTools } from './suites.ts'
import { buildMinioGoTests, buildWarp } from './s3/go-programs.ts'
import { installS3Tools } from './s3/s3-tools.ts'
import { buildOssutil, goSources } from './tools-cache.ts'

const PARTS = ['gate', 'c2', 'c3', 'c4', 'c5', 'browser', 'real']

async function main(part: string): Promise<void> {
  if (!PARTS.includes(part)) throw new Error(`"${part}" must be one of ${PARTS.join(', ')}`)
  const isAsked = (suite: string) => ['gate', suite].includes(part)
  // Whatever has to be fetched is fetched now: the suites reach nothing but this machine.
  if (isAsked('c5')) installS3Tools()
  const needsOssutil = isAsked('c2') || isAsked('real')
  const tools: SuiteTools = {
    part,
    binary: needsOssutil ? buildOssutil() : '',
    goSources: needsOssutil ? goSources() : '',
    ...(isAsked('browser') && { chromium: findChromium() }),
    ...(isAsked('c3') && { oss2: installOss2() }),
    ...(isAsked('c5') && { s3: { minioGo: buildMinioGoTests(), warp: buildWarp() } }),
    ...(isAsked('c4') && { goSdk: buildGoSdkTests() }),
  }
  const suites = join(import.meta.dirname, 'suites.ts')
  const argument = JSON.stringify(tools)
  const code = await runWithOfficialAddresses([process.execPath, suites, argument])
  // The suites have printed their count unless they could not run.
  if (code !== 0 && code !== 1) throw new Error(`The suites ended with ${code}`)
  process.exitCode = code
}

main(process.argv[2] ?? 'gate').catch((error: unknown) => {
  console.log(error)
  console.log(countsLine({ passed: 0, failed: 1 }))
  process.exitCode = 1
})
