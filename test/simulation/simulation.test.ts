import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
/** Lives that are known to go well: what fails today is told in the README. */
const FIRST_SEED = 1
const SEED_COUNT = 12
const TIMEOUT_MS = 300_000

/** What `npm run simulate` prints; throws with it when a run breaks a rule. */
function simulate(args: readonly string[]): string {
  const main = join('test', 'simulation', 'main.ts')
  // Outside of jest's sandbox, in which every look at a global costs a hundred multiplications.
  return execFileSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8' })
}

test(
  'lives that went well still do, and those that once failed break no rule',
  () => {
    const seeds = ['--seeds', String(SEED_COUNT), '--seed', String(FIRST_SEED)]
    const lines = simulate([...seeds, '--regressions'])
      .trim()
      .split('\n')
    expect(lines.at(-1)).toMatch(
      /^seeds=\d+ violations=0 operations=\d+ takeovers=\d+ crashes=\d+ torn=\d+$/,
    )
  },
  TIMEOUT_MS,
)
