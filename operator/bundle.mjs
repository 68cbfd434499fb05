/**
 * Writes the operator as it is put into images: `node operator/bundle.mjs DIRECTORY`.
 *
 * One file. The library that reads kubeconfigs stays outside: in a pod it is never loaded. It is plain JavaScript, for it
 * runs where images are built.
 *
 * @module
 */

import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const source = join(dirname(fileURLToPath(import.meta.url)), 'src')

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  process.stderr.write('Usage: node operator/bundle.mjs DIRECTORY\n')
  process.exit(1)
}
await bundle(resolve(directory))

async function bundle(target) {
  rmSync(target, { recursive: true, force: true })
  await build({
    entryPoints: [join(source, 'main.ts')],
    outdir: target,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: ['@kubernetes/client-node'],
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    // CommonJS packages ask for Node's own modules by a function that modules do not have.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  writeFileSync(
    join(target, 'package.json'),
    `${JSON.stringify({ private: true, type: 'module' })}\n`,
  )
}
