/**
 * Runs a TypeScript entry of this tree, whatever the machine has: `node storage-node/run.mjs ENTRY [ARGUMENT...]`.
 *
 * Installs the dependencies when node_modules does not match package-lock.json, then runs ENTRY on Node 24: in this
 * process if it is one, else in a child that gets this process's streams, signals and exit code. It is plain JavaScript
 * because the Node that starts it may be too old to read types. Nothing but ENTRY writes to standard output.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import module from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NODE_MAJOR = 24
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const packagedNode = join(modules, '.bin', 'node')
const lockFile = join(root, 'package-lock.json')
const stampFile = join(modules, '.granary-installed')

/** Beside node_modules, not in it: npm removes that folder. Its age tells whether its owner lives. */
const installLock = join(root, '.installing')
const INSTALL_LOCK_REFRESH_MS = 1_000
const INSTALL_LOCK_STALE_MS = 10_000

/** Reading 300 files of TypeScript takes twice as long as everything else a start does. */
const compileCache = join(modules, '.cache', 'granary-compiled')
/** A process that is killed writes nothing: the cache is kept once the start is over. */
const COMPILE_CACHE_FLUSH_MS = 5_000

/** RocksDB, file system calls and hashing share libuv's threads, whose number is read before the first use. */
process.env.UV_THREADPOOL_SIZE ??= '16'

await main(process.argv.slice(2))

async function main([entry, ...args]) {
  if (entry === undefined) fail('Usage: node storage-node/run.mjs ENTRY [ARGUMENT...]')
  const changed = !isInstalled()
  if (changed) await install()
  const entryFile = resolve(root, entry)
  // After an installation this process may run a binary that is gone.
  if (!changed && Number.parseInt(process.versions.node) >= NODE_MAJOR)
    return runHere(entryFile, args)
  if (!existsSync(packagedNode)) {
    fail(
      `Granary needs Node ${NODE_MAJOR} or newer, this is ${process.versions.node}: please install Node ${NODE_MAJOR}`,
    )
  }
  runInChild([...process.execArgv, fileURLToPath(import.meta.url), entryFile, ...args])
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

async function runHere(entryFile, args) {
  process.argv = [process.argv[0], entryFile, ...args]
  keepCompiled()
  try {
    await import(pathToFileURL(entryFile).href)
  } catch (error) {
    if (!String(error?.message).includes('libatomic.so.1')) throw error
    fail(
      'Cannot load RocksDB: libatomic.so.1 is missing; install it (Debian: apt-get install libatomic1)',
    )
  }
}

/** Also in the processes that this one starts. */
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= compileCache
  // Where it cannot be written, or Node is too old, a start is slower and nothing else.
  module.enableCompileCache?.()
  setTimeout(() => module.flushCompileCache?.(), COMPILE_CACHE_FLUSH_MS).unref()
}

function runInChild(args) {
  const child = spawn(packagedNode, args, { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGINT']) {
    // A terminal sends its interrupt to the child as well.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal))
  }
  child.on('error', (error) => fail(`Cannot run ${packagedNode}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function isInstalled() {
  try {
    if (readFileSync(stampFile, 'utf8') === lockHash()) return true
  } catch {
    // Never stamped: perhaps somebody ran `npm ci`.
  }
  if (!npmInstalledTheLock()) return false
  writeFileSync(stampFile, lockHash())
  return true
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex')
}

/** npm writes this file last: what it lists is there. Optional packages may be missing (other platforms). */
function npmInstalledTheLock() {
  try {
    const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
    const installed = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages
    return Object.entries(wanted).every(
      ([path, { version, optional, link }]) =>
        !path.includes('node_modules/') ||
        link ||
        (installed[path] ? installed[path].version === version : optional),
    )
  } catch {
    return false
  }
}

async function install() {
  await acquireInstallLock()
  const refresh = setInterval(
    () => utimesSync(installLock, new Date(), new Date()),
    INSTALL_LOCK_REFRESH_MS,
  )
  try {
    // Somebody else may have done it while we waited.
    if (isInstalled()) return
    process.stderr.write('Installing dependencies (npm ci)\n')
    const code = await npm(['ci', '--loglevel=error', '--include=optional'])
    if (code !== 0) throw new Error(`npm ci ended with ${code}`)
    writeFileSync(stampFile, lockHash())
  } catch (error) {
    process.exitCode = 1
    process.stderr.write(`Cannot install the dependencies: ${error.message}\n`)
  } finally {
    clearInterval(refresh)
    rmSync(installLock, { force: true })
  }
  if (process.exitCode === 1) process.exit(1)
}

async function acquireInstallLock() {
  for (;;) {
    try {
      return writeFileSync(installLock, `${process.pid}\n`, { flag: 'wx' })
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`Cannot install the dependencies: ${error.message}`)
    }
    removeStaleLock()
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

function removeStaleLock() {
  try {
    if (Date.now() - statSync(installLock).mtimeMs < INSTALL_LOCK_STALE_MS) return
    // Renaming has one winner among those who saw the same stale lock.
    const aside = `${installLock}.${process.pid}`
    renameSync(installLock, aside)
    rmSync(aside)
  } catch {
    // Its owner removed it, or another waiter was faster.
  }
}

function npm(args) {
  const cli = process.env.npm_execpath
  const ownCli = cli !== undefined && basename(cli) === 'npm-cli.js'
  const command = ownCli ? process.execPath : 'npm'
  return new Promise((done, failed) => {
    const child = spawn(command, ownCli ? [cli, ...args] : args, {
      cwd: root,
      stdio: ['ignore', 2, 2],
    })
    child.on('error', failed)
    child.on('exit', (code, signal) => done(code ?? signal))
  })
}
