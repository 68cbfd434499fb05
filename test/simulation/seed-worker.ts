/**
 * A worker process of the simulator: runs the seeds that it is sent, one at a time.
 *
 * @module
 */

import { runSeed } from './run-seed.ts'
import type { SeedOrder } from './seed-pool.ts'
import type { SeedResult } from './seed-result.ts'

/** Most errors are timeouts, and where they were made is known: deep stacks only cost time. */
Error.stackTraceLimit = 4

process.on('message', (order: SeedOrder) => {
  void run(order).then((result) => process.send?.(result))
})

async function run({ seed, isTwice }: SeedOrder): Promise<SeedResult> {
  const result = await runSeed(seed)
  if (!isTwice) return result
  const { traceHash } = await runSeed(seed)
  if (traceHash === result.traceHash) return result
  const detail = `One run has the trace ${result.traceHash}, another ${traceHash}`
  return { ...result, violations: [...result.violations, { rule: 'determinism', detail }] }
}
