import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const FRESH_SEED_COUNT = 60
const TIMEOUT_MS = 400_000

/** The lines that `npm run simulate` prints: of each violation, and the totals. */
function simulate(args: readonly string[]): string[] {
  const main = join('test', 'simulation', 'main.ts')
  // Outside of jest's sandbox, in which every look at a global costs a hundred multiplications.
  const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  return `${stdout}${stderr}`.trim().split('\n')
}

test(
  'fresh lives, and those that once failed, break no rule',
  () => {
    const lines = simulate(['--seeds', String(FRESH_SEED_COUNT), '--regressions'])
    expect(lines).toEqual([
      expect.stringMatching(
        /^seeds=\d+ violations=0 operations=\d+ takeovers=\d+ crashes=\d+ torn=\d+$/,
      ),
    ])
  },
  TIMEOUT_MS,
)
