/**
 * `npm run scenarios -- [--rewrite] [NAME...]`: plays scenarios, and on request writes down what happens now; what has
 * changed then is for `git diff` to show.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { playScenario, readScenario, scenarioFile, scenarioNames } from './run-scenario.ts'

function main(args: readonly string[]): boolean {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rewrite: { type: 'boolean', default: false } },
  })
  const names = positionals.length > 0 ? positionals : scenarioNames()
  const changed = names.filter((name) => {
    const text = readScenario(name)
    const played = playScenario(text)
    if (played === text) return false
    if (values.rewrite) writeFileSync(scenarioFile(name), played)
    else console.log(played)
    return true
  })
  for (const name of changed) console.log(`${values.rewrite ? 'rewritten' : 'changed'}: ${name}`)
  console.log(`scenarios=${names.length} changed=${changed.length}`)
  return values.rewrite || changed.length === 0
}

process.exitCode = main(process.argv.slice(2)) ? 0 : 1
