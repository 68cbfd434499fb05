/**
 * The README's table of operations is what the code and the tests say.
 *
 * @module
 */

import { knownOperations, operations } from '../../storage-node/src/testing.ts'
import { parseSource, parseSources, readTree } from '../tidy/source-tree.ts'
import { S3_MARKS, s3OperationsTable } from './s3-table.ts'
import { specifiedOperations } from './specified.ts'
import { operationsTable, TABLE_BEGIN, TABLE_END, withTable } from './table.ts'

const tree = readTree()
const table = operationsTable(parseSources(tree))
const readme = tree.find(({ path }) => path === 'README.md')?.text ?? ''

/** Prettier pads the cells. */
const unpadded = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-')

test('the README has the table as `npm run operations` makes it', () => {
  expect(table.startsWith(TABLE_BEGIN) && table.endsWith(TABLE_END)).toBe(true)
  expect(unpadded(withTable(readme, table))).toBe(unpadded(readme))
})

test('the README tells of the S3 dialect what the code says', () => {
  expect(unpadded(withTable(readme, s3OperationsTable(), S3_MARKS))).toBe(unpadded(readme))
})

test('every operation that the API knows is in one row', () => {
  const names = specifiedOperations.flatMap(([, , ...each]) => each)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  const known = knownOperations.map(({ name }) => name as string)
  expect(known.filter((name) => !names.includes(name))).toEqual([])
})

test('every operation that is served has a line with its test, and no other has', () => {
  for (const { name } of knownOperations) {
    const line = new RegExp(`^\\| 1\\.\\d+ \\| [A-D] \\| ${name} \\| \\[\\S+\\.test\\.ts\\]`, 'm')
    expect([name, line.test(table)]).toEqual([name, operations.has(name)])
  }
})

test('an operation that no test or no real client calls has no line to be written', () => {
  const text = `export const openBarn = { name: 'OpenBarn', permission: 'oss:OpenBarn', handle() {} }`
  const barn = parseSource({ path: 'storage-node/src/api/oss/operations/barn.ts', text })
  expect(operationsTable([barn])).not.toContain('OpenBarn')
  const renamed = parseSource({ ...barn, text: text.replaceAll('OpenBarn', 'PutObject') })
  expect(() => operationsTable([renamed])).toThrow('PutObject is named by no test of the API')
})
