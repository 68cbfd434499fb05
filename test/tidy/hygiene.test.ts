/**
 * Nothing in the tree belongs to one machine, no test is skipped, no link is dead; each check can fail.
 *
 * @module
 */

import { findDeadLinks, findForeign, findSkipped, findUnlocked } from './hygiene.ts'
import type { PackageLock } from './hygiene.ts'
import { readTree } from './source-tree.ts'

const tree = readTree()
// This file holds the bad examples.
const others = tree.filter(({ path }) => path !== 'test/tidy/hygiene.test.ts')

test('nothing belongs to one machine', () => {
  expect(findForeign(others)).toEqual([])
})

test('no test is skipped', () => {
  expect(findSkipped(others)).toEqual([])
})

test('links lead somewhere', () => {
  expect(findDeadLinks(tree)).toEqual([])
})

/** What is forbidden is put together here: this file is searched like any other. */
const path = (...names: string[]) => ['', ...names].join('/')

test.each([
  [path('work', 'main', 'a.ts'), 1],
  [`see ${path('home', 'someone', 'x')}`, 1],
  [`https://${['registry', 'npmjs', 'org'].join('.')}/a`, 1],
  ['  "resolved": "https://mirror.example/a.tgz",', 1],
  ['registry=https://example.com', 1],
  ['/var/lib/granary and storage/works and ~/.cache', 0],
  ['https://github.com/aliyun/ossutil', 0],
])('%s: %d foreign', (text, count) => {
  expect(findForeign([{ path: 'a', text }])).toHaveLength(count)
})

test.each(['test.skip', 'it.todo', 'describe.only', 'xtest', 'fit', 'jest.retryTimes'])(
  '%s is found',
  (called) => {
    expect(findSkipped([{ path: 'a.test.ts', text: `${called}(3)` }])).toHaveLength(1)
  },
)

test.each([
  ['[a](b/c.ts)', 0],
  ['[a](b)', 0],
  ['[a](b/)', 0],
  ['[a](#there)', 0],
  ['[a](https://example.com/x)', 0],
  ['[a](b/d.ts)', 1],
])('%s: %d dead links', (text, count) => {
  const files = [
    { path: 'docs/README.md', text },
    { path: 'docs/b/c.ts', text: '' },
  ]
  expect(findDeadLinks(files)).toHaveLength(count)
})

test('the lock file has every package of every platform', () => {
  const lock = tree.find(({ path }) => path === 'package-lock.json')?.text ?? '{}'
  expect(findUnlocked(JSON.parse(lock) as PackageLock)).toEqual([])
})

test.each([
  [{ a: {}, 'node_modules/b': { optionalDependencies: { 'b-linux': '1', '@b/darwin': '1' } } }, 2],
  [{ 'node_modules/b': { dependencies: { c: '1' } }, 'node_modules/b/node_modules/c': {} }, 0],
])('%j: %d unlocked', (packages, count) => {
  expect(findUnlocked({ packages })).toHaveLength(count)
})
