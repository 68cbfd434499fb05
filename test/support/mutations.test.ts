/**
 * Every planted bug can still be planted.
 *
 * @module
 */

import { globSync } from 'node:fs'
import { join } from 'node:path'
import { checkPatch, foundBy, mutationNames } from './mutations.ts'

const root = join(import.meta.dirname, '..', '..')

test.each(mutationNames())('%s.patch applies to the tree', (name) => {
  expect(() => checkPatch(name)).not.toThrow()
})

test.each(mutationNames())('%s.patch names test files that exist', (name) => {
  const files = globSync('{storage-node/src,test}/**/*.test.ts', { cwd: root })
  for (const pattern of foundBy(name)) {
    expect(files.filter((file) => new RegExp(pattern).test(file))).not.toHaveLength(0)
  }
})
