/**
 * The import rules hold, and each of them can fail.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findScatteredPackages, findUnimported, findWrongDirections } from './imports.ts'
import { isRoot, parseSource, parseSources, PRODUCT, readTree } from './source-tree.ts'

const root = join(__dirname, '..', '..')
const tree = readTree()
const sources = parseSources(tree)
const manifest = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
const source = (path: string, text: string) => parseSource({ path, text })

test('folders import only what stands below them', () => {
  expect(findWrongDirections(sources)).toEqual([])
})

test.each([
  ['upwards', 'base/a.ts', `import { b } from '../wire/b.ts'`],
  ['a type upwards', 'model/a.ts', `import type { B } from '../storage/b.ts'`],
  ['a neighbour on the same line', 'api/a.ts', `export { b } from '../admin/b.ts'`],
  ['a root', 'services/a.ts', `const b = await import('../local.ts')`],
  ['an unknown folder', 'helpers/a.ts', `import { b } from '../base/b.ts'`],
  ['the test tree', 'base/a.ts', `import { b } from '../../../test/support/b.ts'`],
])('importing %s is found', (_name, path, text) => {
  expect(findWrongDirections([source(PRODUCT + path, text)])).toHaveLength(1)
})

test.each([
  ['test/crash/a.ts', `import { b } from '../../storage-node/src/storage/b.ts'`, 1],
  ['test/crash/a.ts', `import { b } from '../../storage-node/src/testing.ts'`, 0],
  [`${PRODUCT}api/oss/a.ts`, `import { b } from '../../services/b.ts'`, 0],
  [`${PRODUCT}local.ts`, `import { b } from './api/b.ts'`, 0],
])('%s: %s has %d problems', (path, text, count) => {
  expect(findWrongDirections([source(path, text)])).toHaveLength(count)
})

test('each runtime package is imported in exactly one folder', () => {
  const dependencies = Object.keys(manifest('storage-node/package.json').dependencies)
  expect(findScatteredPackages(sources, dependencies)).toEqual([])
})

test.each([
  ['two folders', ['base', 'wire'], ['saxes'], 1],
  ['no folder', [], ['saxes'], 1],
  ['a package that is not declared', ['wire'], [], 1],
  ['one folder', ['wire'], ['saxes'], 0],
])('a package in %s', (_name, folders, dependencies, count) => {
  const files = folders.map((folder) =>
    source(`${PRODUCT}${folder}/a.ts`, `import { S } from 'saxes'`),
  )
  expect(findScatteredPackages(files, dependencies)).toHaveLength(count)
})

test('every file is used', () => {
  const scripts = Object.values<string>(manifest('package.json').scripts).join(' ')
  const started = sources.map(({ path }) => path).filter((path) => scripts.includes(path))
  const entries = sources
    .map(({ path }) => path)
    .filter((path) => isRoot(path) || path.endsWith('/src/testing.ts'))
  // Programs that tests and tools start as a process of their own, by a string that names them.
  const programs = sources
    .map(({ path }) => path)
    .filter((path) => path.startsWith('test/') && startedByName(path))
  expect(findUnimported(sources, [...started, ...entries, ...programs])).toEqual([])
})

function startedByName(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return sources.some(
    (file) =>
      file.path !== path && new RegExp(`['"/]${name.replace('.', '\\.')}['"]`).test(file.text),
  )
}

test('a file that only its own test imports is found', () => {
  const files = [
    source(`${PRODUCT}base/a.ts`, ''),
    source(`${PRODUCT}base/a.test.ts`, `import { a } from './a.ts'`),
    source(`${PRODUCT}base/b.ts`, ''),
    source(`${PRODUCT}wire/c.ts`, `import { b } from '../base/b.ts'`),
  ]
  const problems = findUnimported(files, [`${PRODUCT}wire/c.ts`])
  expect(problems).toEqual([`${PRODUCT}base/a.ts: nothing imports it`])
})
