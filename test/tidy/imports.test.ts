/**
 * The import rules hold, and each of them can fail.
 *
 * @module
 */

import { findScatteredPackages, findUnimported, findWrongDirections } from './imports.ts'
import { OPERATOR, parseSource, PRODUCT } from './source-tree.ts'

const source = (path: string, text: string) => parseSource({ path, text })

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
  ['test/cluster/a.ts', `import { b } from '../../operator/src/testing.ts'`, 0],
  ['test/cluster/a.ts', `import { b } from '../../operator/src/resources/b.ts'`, 1],
  [`${OPERATOR}runtime/a.ts`, `import { b } from '@granary/storage-node/base/b'`, 0],
  [`${OPERATOR}resources/a.ts`, `import type { B } from '@granary/storage-node/contract/b'`, 0],
  [`${OPERATOR}runtime/a.ts`, `import { b } from '@granary/storage-node/storage/b'`, 1],
  [`${OPERATOR}main.ts`, `import { b } from '../../storage-node/src/wire/b.ts'`, 1],
  [`${OPERATOR}runtime/a.ts`, `import { b } from '../kubernetes/b.ts'`, 1],
  [`${OPERATOR}reconcilers/a.ts`, `import { b } from '../decisions/b.ts'`, 0],
  [`${PRODUCT}base/a.ts`, `import { b } from '../../../operator/src/resources/b.ts'`, 1],
  [`${PRODUCT}api/oss/a.ts`, `import { b } from '../../services/b.ts'`, 0],
  [`${PRODUCT}local.ts`, `import { b } from './api/b.ts'`, 0],
])('%s: %s has %d problems', (path, text, count) => {
  expect(findWrongDirections([source(path, text)])).toHaveLength(count)
})

test.each([
  ['two folders', ['base', 'wire'], ['saxes'], 1],
  ['no folder', [], ['saxes'], 1],
  ['a package that is not declared', ['wire'], [], 1],
  ['one folder', ['wire'], ['saxes'], 0],
])('a package in %s', (_name, folders, names, count) => {
  const files = folders.map((folder) =>
    source(`${PRODUCT}${folder}/a.ts`, `import { S } from 'saxes'`),
  )
  expect(findScatteredPackages(files, { product: PRODUCT, names })).toHaveLength(count)
})

test.each([
  ['code', `import { V } from 'v'`, 1],
  ['a type', `import type { V } from 'v/deep.js'`, 0],
])('%s of a package whose types are everywhere', (_name, text, count) => {
  const files = [
    source(`${OPERATOR}kubernetes/a.ts`, `import { V } from 'v'`),
    source(`${OPERATOR}desired/a.ts`, text),
  ]
  const dependencies = { product: OPERATOR, names: ['v'], typesOf: ['v'] }
  expect(findScatteredPackages(files, dependencies)).toHaveLength(count)
  expect(findScatteredPackages(files, { ...dependencies, typesOf: [] })).toHaveLength(1)
})

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
