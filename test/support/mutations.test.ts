/**
 * Every planted bug can still be planted.
 *
 * @module
 */

import { globSync } from 'node:fs'
import { join } from 'node:path'
import { checkPatch, foundBy, mutationNames } from './mutations.ts'

const root = join(import.meta.dirname, '..', '..')

/** Those that concern a store of its own (replication.md 5.3). */
const REQUIRED = [
  ...[1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15, 16, 18, 19].map((number) => `MD${number}`),
  'MC7',
  'MC10',
]

test('every bug of the list is planted', () => {
  expect(REQUIRED.filter((name) => !mutationNames().includes(name))).toEqual([])
})

test.each(mutationNames())('%s.patch applies to the tree', (name) => {
  expect(() => checkPatch(name)).not.toThrow()
})

test.each(mutationNames())('%s.patch names test files that exist', (name) => {
  const files = globSync('{storage-node/src,test}/**/*.test.ts', { cwd: root })
  for (const pattern of foundBy(name)) {
    expect(files.filter((file) => new RegExp(pattern).test(file))).not.toHaveLength(0)
  }
})
