/**
 * Writes the operator and the driver of COSI as they are put into images: `node operator/bundle.mjs DIRECTORY`.
 *
 * The library that reads kubeconfigs stays outside: in a pod it is never loaded. It is plain JavaScript, for it
 * runs where images are built.
 *
 * @module
 */

import { rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePrograms } from '../storage-node/bundle-programs.mjs'

const source = join(dirname(fileURLToPath(import.meta.url)), 'src')

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  process.stderr.write('Usage: node operator/bundle.mjs DIRECTORY\n')
  process.exit(1)
}
const target = resolve(directory)
rmSync(target, { recursive: true, force: true })
const entryPoints = ['main.ts', 'cosi-main.ts'].map((name) => join(source, name))
await bundlePrograms({ entryPoints, external: ['@kubernetes/client-node'], target })
