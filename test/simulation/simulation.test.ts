import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const SEED_COUNT = 60
const TIMEOUT_MS = 300_000

/** What `npm run simulate` prints; throws with it when a run breaks a rule. */
function simulate(args: readonly string[]): string {
  const main = join('test', 'simulation', 'main.ts')
  // Outside of jest's sandbox, in which every look at a global costs a hundred multiplications.
  return execFileSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8' })
}

test(
  'fresh seeds and those that once failed break no rule',
  () => {
    const lines = simulate(['--seeds', String(SEED_COUNT), '--regressions'])
      .trim()
      .split('\n')
    expect(lines.at(-1)).toMatch(
      /^seeds=\d+ violations=0 operations=\d+ takeovers=\d+ crashes=\d+ torn=\d+$/,
    )
  },
  TIMEOUT_MS,
)
