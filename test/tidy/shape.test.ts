/**
 * Files and functions keep their size, and each check can fail.
 *
 * @module
 */

import { findLongFiles, findLongFunctions, findMissingModuleComments, median } from './shape.ts'
import { parseSource } from './source-tree.ts'

const source = (text: string) => parseSource({ path: 'a.ts', text })

test.each([
  [500, 0],
  [501, 1],
])('a file of %d lines has %d problems', (lines, count) => {
  expect(findLongFiles([source('//\n'.repeat(lines))])).toHaveLength(count)
})

const functionOf = (lines: number) => `{\n${'//\n'.repeat(lines - 2)}}`

test.each([
  ['a function of 70 lines', `function f() ${functionOf(70)}`, 0],
  ['a function of 71 lines', `function f() ${functionOf(71)}`, 1],
  ['a method of 71 lines', `class C {\n m() ${functionOf(71)}\n}`, 1],
  ['an arrow of 71 lines', `const f = () => ${functionOf(71)}`, 1],
  ['a group of tests of 71 lines', `describe('x', () => ${functionOf(71)})`, 0],
  ['a table of groups of 71 lines', `describe.each([])('x', () => ${functionOf(71)})`, 0],
  ['a test of 71 lines', `test('x', () => ${functionOf(71)})`, 1],
])('%s', (_name, text, count) => {
  expect(findLongFunctions([source(text)])).toHaveLength(count)
})

test.each([
  ['none', 'export const a = 1\n', 1],
  ['a plain comment', '// What it is for\n', 1],
  ['a comment without @module', '/**\n * What it is for.\n */\n', 1],
  ['an empty one', '/**\n * @module\n */\n', 1],
  ['a comment', '/**\n * What it is for.\n *\n * @module\n */\n', 0],
])('a file that opens with %s', (_name, text, count) => {
  expect(findMissingModuleComments([source(text)])).toHaveLength(count)
})

test('the median is the middle one', () => {
  expect(median([9, 1, 5])).toBe(5)
})
