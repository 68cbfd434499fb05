/**
 * Time, chance and settings come as arguments, and pure folders do not wait.
 *
 * @module
 */

import { findAmbient, findWaiting } from './ambient.ts'
import { OPERATOR, parseSource, PRODUCT } from './source-tree.ts'

const source = (path: string, text: string) => [parseSource({ path: PRODUCT + path, text })]

test.each([
  'Date.now()',
  'new Date()',
  'Date()',
  'performance.now()',
  'process.hrtime.bigint()',
  'setTimeout(f, 1)',
  'setInterval(f, 1)',
  'setImmediate(f)',
  'globalThis.setTimeout(f, 1)',
  'AbortSignal.timeout(5)',
  'Math.random()',
  'crypto.randomUUID()',
  'nodeCrypto.randomBytes(3)',
  `import { randomBytes } from 'node:crypto'`,
  `import { randomUUID as id } from 'crypto'`,
  `import { setTimeout } from 'node:timers/promises'`,
  `import { performance } from 'node:perf_hooks'`,
  `process.env['HOME']`,
  `const { HOME } = process.env`,
  `import { env } from 'node:process'`,
])('%s is ambient outside base/ and the roots', (text) => {
  expect(findAmbient(source('services/a.ts', text))).toHaveLength(1)
  expect(findAmbient(source('api/oss/a.ts', text))).toHaveLength(1)
  for (const path of ['base/a.ts', 'local.ts', 'hash-thread.ts', 'services/a.test.ts']) {
    expect(findAmbient(source(path, text))).toEqual([])
  }
})

test.each([
  'new Date(ms)',
  'Date.parse(text)',
  'clock.nowMs()',
  `import { createHash } from 'node:crypto'`,
])('%s is not', (text) => expect(findAmbient(source('services/a.ts', text))).toEqual([]))

test.each(['await f()', 'for await (const a of b) c(a)', 'async function f() {}', 'f().then(g)'])(
  '%s is waiting',
  (text) => {
    for (const folder of ['model', 'wire/oss', 'replication']) {
      expect(findWaiting(source(`${folder}/a.ts`, text))).toHaveLength(1)
    }
    expect(findWaiting(source('storage/a.ts', text))).toEqual([])
    const decision = parseSource({ path: `${OPERATOR}decisions/a.ts`, text })
    expect(findWaiting([decision])).toHaveLength(1)
  },
)

test('the operator reads no clock but where its parts meet', () => {
  const inFolder = parseSource({ path: `${OPERATOR}runtime/a.ts`, text: 'Date.now()' })
  expect(findAmbient([inFolder])).toHaveLength(1)
  expect(findAmbient([parseSource({ path: `${OPERATOR}main.ts`, text: 'Date.now()' })])).toEqual([])
})
