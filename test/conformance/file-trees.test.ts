/**
 * Trees are compared by name and by every byte.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compareTrees, hashTree, writeNoise } from './file-trees.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-trees-'))
  mkdirSync(join(folder, 'a', 'deep'), { recursive: true })
  mkdirSync(join(folder, 'b', 'deep'), { recursive: true })
  for (const side of ['a', 'b']) writeFileSync(join(folder, side, 'deep', 'same'), 'same')
})
afterEach(() => rmSync(folder, { recursive: true }))

const compare = async () =>
  compareTrees(await hashTree(join(folder, 'a')), await hashTree(join(folder, 'b')))

test('equal trees are equal', async () => {
  await expect(compare()).resolves.toBeUndefined()
})

test.each([
  ['a missing file', () => writeFileSync(join(folder, 'a', 'x'), ''), 'missing 1 (x)'],
  ['an added file', () => writeFileSync(join(folder, 'b', 'y'), ''), 'added 1 (y)'],
  [
    'another byte',
    () => writeFileSync(join(folder, 'b', 'deep', 'same'), 'sane'),
    'different 1 (deep/same)',
  ],
])('%s is found', async (_name, change, message) => {
  change()
  await expect(compare()).rejects.toThrow(message)
})

test('noise has its size, and its seed decides it', async () => {
  const write = async (name: string, seed: string) => {
    await writeNoise(join(folder, name), 1024 ** 2 + 3, seed)
    return readFileSync(join(folder, name))
  }
  const first = await write('1', 'seed')
  expect(first).toHaveLength(1024 ** 2 + 3)
  expect((await write('2', 'seed')).equals(first)).toBe(true)
  expect((await write('3', 'another')).equals(first)).toBe(false)
})
