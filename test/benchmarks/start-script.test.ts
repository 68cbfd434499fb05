import { parseStartArguments } from './start-script.ts'

test.each([
  ['X=16 exec node storage-node/run.mjs storage-node/start.mjs', []],
  ['X=16 node --one --two=2 storage-node/run.mjs local.ts --json', ['--one', '--two=2']],
  ['node local.ts', []],
])('%s gives Node %j', (script, expected) => {
  expect(parseStartArguments(script)).toEqual(expected)
})
