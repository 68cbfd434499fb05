/**
 * Writes the storage node as it is put into images: `node storage-node/bundle.mjs DIRECTORY`.
 *
 * Three programs (the storage node and its two worker threads) and the packages that bring native code, with the code for
 * this machine alone. It is plain JavaScript, for it runs where images are built.
 *
 * @module
 */

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePrograms } from './bundle-programs.mjs'

const source = join(dirname(fileURLToPath(import.meta.url)), 'src')
const modules = join(dirname(dirname(source)), 'node_modules')
const programs = ['main', 'beacon-thread', 'hash-thread']
/** They load their own files by paths beside their sources. */
const nativePackages = ['rocksdb-native', 'fs-native-extensions']

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  process.stderr.write('Usage: node storage-node/bundle.mjs DIRECTORY\n')
  process.exit(1)
}
await bundle(resolve(directory))

async function bundle(target) {
  rmSync(target, { recursive: true, force: true })
  const entryPoints = programs.map((name) => join(source, `${name}.ts`))
  await bundlePrograms({ entryPoints, external: nativePackages, target })
  for (const name of withDependencies(nativePackages)) copyPackage(name, target)
}

function withDependencies(names) {
  const found = new Set()
  const add = (name) => {
    if (found.has(name)) return
    found.add(name)
    Object.keys(manifestOf(name).dependencies ?? {}).forEach(add)
  }
  names.forEach(add)
  return [...found].sort()
}

function manifestOf(name) {
  return JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'))
}

/** Everything that can run here, and the licence. */
function copyPackage(name, target) {
  const from = join(modules, name)
  const to = join(target, 'node_modules', name)
  mkdirSync(dirname(to), { recursive: true })
  const prebuilt = join(from, 'prebuilds')
  const own = join(prebuilt, `${process.platform}-${process.arch}`)
  if (existsSync(prebuilt) && !existsSync(own)) {
    throw new Error(`Package ${name} has no code for ${process.platform} on ${process.arch}`)
  }
  const isWanted = (path) => {
    if (dirname(path) === prebuilt) return path === own
    // Made for another runtime, or only needed to build the package.
    return !/\.(bare|cc|h|md|d\.ts)$|^(CMakeLists\.txt|test|bench)$/.test(basename(path))
  }
  cpSync(from, to, { recursive: true, dereference: true, filter: isWanted })
}
