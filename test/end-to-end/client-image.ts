/**
 * Makes the image of the traffic client: its program, the SDK `ali-oss` in one file, ossutil.
 *
 * @module
 */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { runScript } from '../cluster/bed.ts'
import { buildOssutil } from '../conformance/tools-cache.ts'

export const CLIENT_IMAGE = 'localhost/granary-traffic-client:test'
/** Where its programs are. */
export const clientPaths = { program: '/app/traffic-client.js', ossutil: '/app/ossutil' }

const root = join(import.meta.dirname, '..', '..')

/** Makes it, and gives it to every machine of the cluster. */
export async function makeClientImage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-client-'))
  try {
    await bundle(join(folder, 'app'))
    copyFileSync(buildOssutil(), join(folder, clientPaths.ossutil))
    const options = ['--base', 'node:24-bookworm-slim', '--user', '10001:10001']
    runScript('image', [...options, CLIENT_IMAGE, folder, '--', 'node', clientPaths.program])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function bundle(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'warning',
  } as const
  const entry = join(root, 'test', 'end-to-end', 'client', 'traffic-client.ts')
  await build({ ...common, entryPoints: [entry], outdir: folder })
  await build({
    ...common,
    stdin: { contents: `module.exports = require('ali-oss')`, resolveDir: root },
    outfile: join(folder, 'node_modules', 'ali-oss', 'index.js'),
    // Asked for behind a proxy only.
    external: ['proxy-agent'],
  })
}
