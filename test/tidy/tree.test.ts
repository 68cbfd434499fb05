/**
 * This tree keeps every rule that is about its syntax. That each rule can be broken is shown beside it; here
 * the tree is parsed once for all of them.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findAmbient, findWaiting } from './ambient.ts'
import { findScatteredPackages, findUnimported, findWrongDirections } from './imports.ts'
import { findUntested, servedOperations } from './operations.ts'
import {
  fileLines,
  findLongFiles,
  findLongFunctions,
  findMissingModuleComments,
  functionsOf,
  median,
} from './shape.ts'
import {
  isRoot,
  isTest,
  OPERATOR,
  parseSources,
  PRODUCT,
  productOf,
  readTree,
} from './source-tree.ts'

const root = join(__dirname, '..', '..')
const sources = parseSources(readTree())
const product = sources.filter(({ path }) => productOf(path) !== undefined)
const manifest = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))

test('time, chance and settings are collaborators', () => {
  expect(findAmbient(sources)).toEqual([])
})

test('pure folders do not wait', () => {
  expect(findWaiting(sources)).toEqual([])
})

test('folders import only what stands below them', () => {
  expect(findWrongDirections(sources)).toEqual([])
})

test('each runtime package is imported in exactly one folder', () => {
  const dependenciesOf = (path: string) => {
    const names = Object.keys(manifest(path).dependencies)
    return names.filter((name) => !name.startsWith('@granary/'))
  }
  const storageNode = { product: PRODUCT, names: dependenciesOf('storage-node/package.json') }
  expect(findScatteredPackages(sources, storageNode)).toEqual([])
  const operator = {
    ...{ product: OPERATOR, names: dependenciesOf('operator/package.json') },
    // Types of what is sent; the calls are made in one folder.
    typesOf: ['@kubernetes/client-node'],
  }
  expect(findScatteredPackages(sources, operator)).toEqual([])
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

test('no file is too long', () => {
  expect(findLongFiles(sources)).toEqual([])
})

test('no function is too long', () => {
  expect(findLongFunctions(sources)).toEqual([])
})

test('every file says what it is for', () => {
  expect(findMissingModuleComments(sources)).toEqual([])
})

test('most files and functions are small', () => {
  const code = product.filter(({ path }) => !isTest(path))
  expect(median(code.map(fileLines))).toBeLessThan(120)
  const lines = code.flatMap(functionsOf).map(({ lines }) => lines)
  expect(median(lines)).toBeLessThan(15)
})

test('every operation has a unit test and a conformance case', () => {
  expect(servedOperations(sources).length).toBeGreaterThan(20)
  expect(findUntested(sources)).toEqual([])
})
