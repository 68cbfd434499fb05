/**
 * `npm start`: serves from programs that are made once for a state of the sources.
 *
 * A process that reads a thousand files takes longer for them than for its store, and three storage nodes start
 * at once. It is plain JavaScript, for it is read before anything is made.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const sources = join(here, 'src')
const modules = join(dirname(here), 'node_modules')
const madePrograms = join(modules, '.cache', 'granary-programs')
const PROGRAMS = ['local', 'main', 'beacon-thread', 'hash-thread']
const NATIVE_PACKAGES = ['rocksdb-native', 'fs-native-extensions']

/** A server that runs starts its storage nodes again from what it was started from. */
const KEPT_COUNT = 10
const KEPT_MS = 24 * 3_600_000

await import(pathToFileURL(await localProgram()).href)

async function localProgram() {
  const made = join(madePrograms, sourcesHash())
  try {
    if (!existsSync(made)) await make(made)
    utimesSync(made, new Date(), new Date())
  } catch (error) {
    process.stderr.write(`Starts from its sources, which takes longer: ${error.message}\n`)
    return join(sources, 'local.ts')
  }
  return join(made, 'local.js')
}

/** Of what the programs are made from, as far as a change shows in the folder. */
function sourcesHash() {
  const hash = createHash('sha256')
  for (const file of [join(here, 'bundle-programs.mjs'), join(modules, '.package-lock.json')]) {
    hash.update(readFileSync(file))
  }
  for (const name of readdirSync(sources, { recursive: true }).sort()) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
    const { mtimeNs, size } = statSync(join(sources, name), { bigint: true })
    hash.update(`${name} ${mtimeNs} ${size}\n`)
  }
  return hash.digest('hex').slice(0, 32)
}

async function make(made) {
  mkdirSync(madePrograms, { recursive: true })
  const { bundlePrograms } = await import('./bundle-programs.mjs')
  const target = `${made}.${process.pid}`
  const entryPoints = PROGRAMS.map((name) => join(sources, `${name}.ts`))
  await bundlePrograms({ entryPoints, external: NATIVE_PACKAGES, target })
  publish(target, made)
  removeOld()
}

/** Whoever else made them at the same time made the same. */
function publish(target, made) {
  try {
    renameSync(target, made)
  } catch (error) {
    rmSync(target, { recursive: true })
    if (!existsSync(made)) throw error
  }
}

function removeOld() {
  readdirSync(madePrograms)
    .map((name) => ({ path: join(madePrograms, name), mtimeMs: mtimeMsOf(name) }))
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .slice(KEPT_COUNT)
    .filter(({ mtimeMs }) => Date.now() - mtimeMs > KEPT_MS)
    .forEach(({ path }) => rmSync(path, { recursive: true, force: true }))
}

function mtimeMsOf(name) {
  return statSync(join(madePrograms, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
