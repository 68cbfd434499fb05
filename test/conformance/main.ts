/**
 * `npm run conformance`: real clients and tools against the real server; the last line is `N passed, N failed`.
 *
 * `-- c2` runs only what a user does with ossutil, `-- real` only the large copy.
 *
 * @module
 */

import { join } from 'node:path'
import { countsLine } from '../support/test-counts.ts'
import { runWithOfficialAddresses } from './official-addresses.ts'
import { buildOssutil, goSources } from './tools-cache.ts'

async function main(part: string): Promise<void> {
  const suite = join(import.meta.dirname, 'ossutil-suite.ts')
  const code = await runWithOfficialAddresses([
    process.execPath,
    suite,
    buildOssutil(),
    goSources(),
    part,
  ])
  // The suite has printed its count unless it could not run.
  if (code !== 0 && code !== 1) throw new Error(`The suite ended with ${code}`)
  process.exitCode = code
}

main(process.argv[2] ?? 'all').catch((error: unknown) => {
  console.log(error)
  console.log(countsLine({ passed: 0, failed: 1 }))
  process.exitCode = 1
})
