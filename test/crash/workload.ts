/**
 * The program that is recorded: `workload.ts DIRECTORY SEED OPERATIONS LARGE-SHARE close|kill`. One life of a region;
 * with `kill` it ends itself in the middle.
 *
 * @module
 */

import { openRegion } from './open-region.ts'
import { runRecordedLife } from './recorded-life.ts'
import { SeededRandom } from './seeded-random.ts'

/** Notes of a life are about two for each operation. */
const NOTES_PER_OPERATION = 2

async function main([directory = '', seed, operationCount, largeShare, ending]: string[]) {
  const random = new SeededRandom(Number(seed))
  const killAfter =
    ending === 'kill' ? random.below(Number(operationCount) * NOTES_PER_OPERATION) : Infinity
  let noteCount = 0
  const violations = await runRecordedLife({
    directory,
    openRegion,
    random,
    operationCount: Number(operationCount),
    largeShare: Number(largeShare),
    onNote() {
      if (++noteCount >= killAfter) process.kill(process.pid, 'SIGKILL')
    },
  })
  for (const violation of violations) console.error(JSON.stringify(violation))
  process.exit(violations.length === 0 ? 0 : 1)
}

void main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exit(2)
})
