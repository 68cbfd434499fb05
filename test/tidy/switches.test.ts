/**
 * Every switch over a tagged union ends in unreachable, and the check can fail.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { findOpenSwitches } from './switches.ts'

const root = join(__dirname, '..', '..')

test('every switch over a tagged union ends in unreachable', () => {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  expect(fileNames.length).toBeGreaterThan(10)
  expect(findOpenSwitches(ts.createProgram(fileNames, options), fileNames)).toEqual([])
})

const cases = `case 'a': return 1
  case 'b': return 2`

test.each([
  ['no end', `switch (x.kind) { ${cases} }`, 1],
  ['a default that goes on', `switch (x.kind) { ${cases}\n default: return 3 }`, 1],
  ['unreachable as default', `switch (x.kind) { ${cases}\n default: return unreachable(x) }`, 0],
  ['unreachable in a block', `switch (x.kind) { ${cases}\n default: { unreachable(x) } }`, 0],
  ['the rest handed on', `switch (x.kind) { case 'a': return 1\n default: return rest(x) }`, 0],
  [
    'something else handed on',
    `switch (x.kind) { case 'a': return 1\n default: return rest(s) }`,
    1,
  ],
  ['unreachable behind it', `switch (x.kind) { ${cases} }\n return unreachable(x)`, 0],
  ['something else behind it', `switch (x.kind) { ${cases} }\n return 4`, 1],
  ['a string that is no tag', `switch (s) { ${cases} }\n return 4`, 0],
])('a switch with %s', (_name, body, count) => {
  const folder = mkdtempSync(join(tmpdir(), 'granary-switch-'))
  try {
    const path = join(folder, 'a.ts')
    writeFileSync(
      path,
      `type X = { kind: 'a' } | { kind: 'b'; n: number }
      declare function unreachable(x: never): never
      declare function rest(x: unknown): number
      export function f(x: X, s: string) { ${body} }\n`,
    )
    const program = ts.createProgram([path], { strict: true, types: [], lib: ['lib.es5.d.ts'] })
    expect(findOpenSwitches(program, [path])).toHaveLength(count)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
