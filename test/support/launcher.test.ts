/**
 * storage-node/run.mjs: installs once, finds Node 24, passes streams, signals and exit codes on.
 *
 * @module
 */

import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const root = join(__dirname, '..', '..')
const launcher = join(root, 'storage-node', 'run.mjs')
const machineNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find((file) => existsSync(file))

let folder: string
let tree: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-launcher-'))
  tree = join(folder, 'tree')
  mkdirSync(join(tree, 'storage-node'), { recursive: true })
  copyFileSync(launcher, join(tree, 'storage-node', 'run.mjs'))
  writeFileSync(
    join(tree, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
  )
  writeFileSync(
    join(folder, 'entry.ts'),
    'const ok: string = process.argv.slice(2).join()\nconsole.log(ok)\n',
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A stand-in for npm that counts its runs, takes a moment and installs a Node 24. */
function placeNpm(
  script = 'mkdir -p node_modules/.bin && ln -s "$NODE_24" node_modules/.bin/node',
) {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const log = join(folder, 'npm.log')
  writeFileSync(
    join(bin, 'npm'),
    `#!/bin/sh\necho "$@" >> ${log}\necho noise\nsleep 0.3\n${script}\n`,
  )
  chmodSync(join(bin, 'npm'), 0o755)
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
    NODE_24: process.execPath,
  }
  delete environment['npm_execpath']
  return {
    environment,
    runs: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  }
}

function launch(node: string, environment: NodeJS.ProcessEnv, ...args: string[]) {
  const entry = join(folder, 'entry.ts')
  return spawnSync(node, [join(tree, 'storage-node', 'run.mjs'), entry, ...args], {
    env: environment,
    encoding: 'utf8',
  })
}

const nodes: [string, string][] = [
  ['the machine', machineNode ?? process.execPath],
  ['Node 24', process.execPath],
]

describe.each(nodes)('started by the Node of %s', (_name, node) => {
  test('installs on the first start only, and says nothing on standard output', () => {
    const npm = placeNpm()
    const first = launch(node, npm.environment, 'a', 'b')
    expect([first.stdout, first.status]).toEqual(['a,b\n', 0])
    expect(first.stderr).toContain('noise')
    const second = launch(node, npm.environment, 'c')
    expect([second.stdout, second.stderr, second.status]).toEqual(['c\n', '', 0])
    expect(npm.runs()).toEqual(['ci --loglevel=error --include=optional'])
  })

  test('installs again when the lock file changes', () => {
    const npm = placeNpm('mkdir -p node_modules/.bin && ln -sf "$NODE_24" node_modules/.bin/node')
    launch(node, npm.environment)
    writeFileSync(join(tree, 'package-lock.json'), '{"packages":{}, "changed": true}')
    launch(node, npm.environment)
    expect(npm.runs()).toHaveLength(2)
  })

  test('passes the exit code on', () => {
    const npm = placeNpm()
    writeFileSync(join(folder, 'entry.ts'), 'process.exit(7)\n')
    expect(launch(node, npm.environment).status).toBe(7)
  })

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('passes %s on', async (signal) => {
    writeFileSync(
      join(folder, 'entry.ts'),
      `process.on('${signal}', () => { console.log('got it'); process.exit(3) })
      setInterval(() => {}, 1000)
      console.log('ready')\n`,
    )
    const child = spawn(node, [launcher, join(folder, 'entry.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
      if (output === 'ready\n') child.kill(signal)
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect([output, code]).toEqual(['ready\ngot it\n', 3])
  })

  test('dies of the signal its entry dies of', async () => {
    writeFileSync(join(folder, 'entry.ts'), `process.kill(process.pid, 'SIGKILL')\n`)
    const child = spawn(node, [launcher, join(folder, 'entry.ts')], { stdio: 'ignore' })
    expect(
      await new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal))),
    ).toBe('SIGKILL')
  })

  test('libuv has the threads it needs', () => {
    const npm = placeNpm()
    writeFileSync(join(folder, 'entry.ts'), `console.log(process.env['UV_THREADPOOL_SIZE'])\n`)
    const environment: NodeJS.ProcessEnv = { ...npm.environment }
    delete environment['UV_THREADPOOL_SIZE']
    expect(launch(node, environment).stdout).toBe('16\n')
  })
})

test('two starts at once install once', async () => {
  const npm = placeNpm()
  const starts = ['x', 'y'].map((argument) => {
    const args = [join(tree, 'storage-node', 'run.mjs'), join(folder, 'entry.ts'), argument]
    const child = spawn(process.execPath, args, {
      env: npm.environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    return new Promise((resolve) => child.on('close', () => resolve(output)))
  })
  expect(await Promise.all(starts)).toEqual(['x\n', 'y\n'])
  expect(npm.runs()).toHaveLength(1)
})

test('a lock left by a killed installation does not stop the next', () => {
  const npm = placeNpm()
  writeFileSync(join(tree, '.installing'), '1\n')
  const longAgo = spawnSync('touch', ['-d', '1 hour ago', join(tree, '.installing')])
  expect(longAgo.status).toBe(0)
  expect(launch(process.execPath, npm.environment, 'z').stdout).toBe('z\n')
})

test('a failed installation is one clear failure', () => {
  const npm = placeNpm('exit 9')
  const { stdout, stderr, status } = launch(process.execPath, npm.environment)
  expect([stdout, status]).toEqual(['', 1])
  expect(stderr).toContain('Cannot install the dependencies: npm ci ended with 9')
  expect(existsSync(join(tree, '.installing'))).toBe(false)
})

test('what somebody installed by hand is not installed again', () => {
  const npm = placeNpm()
  mkdirSync(join(tree, 'node_modules'))
  writeFileSync(
    join(tree, 'node_modules', '.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
  )
  expect(launch(process.execPath, npm.environment, 'z').stdout).toBe('z\n')
  expect(npm.runs()).toEqual([])
})

test('an older Node without the packaged one asks for Node 24 in one line', () => {
  const npm = placeNpm('mkdir node_modules')
  const copy = join(tree, 'storage-node', 'run.mjs')
  writeFileSync(copy, readFileSync(copy, 'utf8').replace('NODE_MAJOR = 24', 'NODE_MAJOR = 9924'))
  launch(process.execPath, npm.environment)
  const { stdout, stderr, status } = launch(process.execPath, npm.environment)
  expect([stdout, status]).toEqual(['', 1])
  expect(stderr).toMatch(
    /^Granary needs Node 9924 or newer, this is [\d.]+: please install Node 9924\n$/,
  )
})

test('a missing libatomic is one clear line', () => {
  const npm = placeNpm()
  launch(process.execPath, npm.environment)
  writeFileSync(
    join(folder, 'entry.ts'),
    `throw new Error('libatomic.so.1: cannot open shared object file: No such file or directory')\n`,
  )
  const { stderr, status } = launch(process.execPath, npm.environment)
  expect([stderr.trim().split('\n').length, status]).toEqual([1, 1])
  expect(stderr).toContain('apt-get install libatomic1')
})
