/**
 * Every operation has a unit test and a real client that calls it.
 *
 * @module
 */

import { findUntested } from './operations.ts'
import { parseSource, PRODUCT } from './source-tree.ts'

const operation = parseSource({
  path: `${PRODUCT}api/oss/operations/barn.ts`,
  text: `export const openBarn = { name: 'OpenBarn', permission: 'oss:OpenBarn', async handle() {} }
    const detail = { name: 'Argument', value: 1 }`,
})
const mention = (path: string) => parseSource({ path, text: `test('OpenBarn opens')` })

test.each([
  ['nowhere', [], 2],
  ['in a unit test', [`${PRODUCT}api/oss/operations/barn.test.ts`], 1],
  ['in the conformance suite', ['test/conformance/a.ts'], 1],
  ['in both', [`${PRODUCT}api/a.test.ts`, 'test/conformance/a.ts'], 0],
])('an operation named %s', (_name, paths, count) => {
  expect(findUntested([operation, ...paths.map(mention)])).toHaveLength(count)
})
