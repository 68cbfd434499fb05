/**
 * storage-node/start.mjs: programs are made once for a state of the sources, and never run for another one.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '..', '..')
const PROGRAMS = ['local', 'main', 'beacon-thread', 'hash-thread']

let tree: string
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'granary-programs-'))
  mkdirSync(join(tree, 'storage-node', 'src'), { recursive: true })
  mkdirSync(join(tree, 'node_modules'))
  for (const name of ['start.mjs', 'bundle-programs.mjs']) {
    copyFileSync(join(root, 'storage-node', name), join(tree, 'storage-node', name))
  }
  symlinkSync(join(root, 'node_modules', 'esbuild'), join(tree, 'node_modules', 'esbuild'))
  writeFileSync(join(tree, 'node_modules', '.package-lock.json'), '{}')
  for (const name of PROGRAMS) writeSource(name, 'one')
})
afterEach(() => rmSync(tree, { recursive: true }))

function writeSource(name: string, word: string): void {
  const text = `const word: string = '${word}'\nprocess.stdout.write(word + ' ' + import.meta.url)\n`
  writeFileSync(join(tree, 'storage-node', 'src', `${name}.ts`), text)
}

function start(): { readonly said: string; readonly complaint: string } {
  const { stdout, stderr } = spawnSync(process.execPath, [join(tree, 'storage-node', 'start.mjs')])
  return { said: stdout.toString(), complaint: stderr.toString() }
}

const made = () => readdirSync(join(tree, 'node_modules', '.cache', 'granary-programs'))

test('programs are made once, and anew when a source has changed', () => {
  expect(start().said).toMatch(/^one .*local\.js$/)
  expect(start().said).toMatch(/^one /)
  expect(made()).toHaveLength(1)
  writeSource('local', 'two')
  expect(start().said).toMatch(/^two .*local\.js$/)
  expect(made()).toHaveLength(2)
})

test('where nothing can be made the sources are run, and it says so', () => {
  writeFileSync(join(tree, 'node_modules', '.cache'), 'in the way')
  const { said, complaint } = start()
  expect(said).toMatch(/^one .*local\.ts$/)
  expect(complaint).toContain('Starts from its sources')
})
