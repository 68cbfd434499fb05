/**
 * How much slower than an idle machine this one is right now: the tests beside take their share, of
 * a server as of a bare Node's start.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'

/** How long a Node that does nothing takes on a machine that does nothing else. */
const BARE_NODE_MS = 60

/** 1 on an idle machine, more on a busy one. */
export function slowness(): number {
  const startedMs = performance.now()
  spawnSync(process.execPath, ['-e', '0'])
  return Math.max(1, (performance.now() - startedMs) / BARE_NODE_MS)
}
