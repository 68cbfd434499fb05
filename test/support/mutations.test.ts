/**
 * Every planted bug can still be planted.
 *
 * @module
 */

import { globSync } from 'node:fs'
import { join } from 'node:path'
import { checkPatch, foundBy, mutationNames } from './mutations.ts'

const root = join(import.meta.dirname, '..', '..')

/** The bugs of replication.md 5.3 that there is something to plant in. */
const DISK = [1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
const CHUNKS = [1, 7, 10]
/** Others are switches of the model. */
const PROTOCOL = [
  ...[1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 23, 27, 28, 29, 30, 31],
  ...[33, 34, 35, 36, 38, 39, 40, 41, 42],
]

const REQUIRED = [
  ...DISK.map((number) => `MD${number}`),
  ...CHUNKS.map((number) => `MC${number}`),
  ...PROTOCOL.map((number) => `MP${number}`),
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
