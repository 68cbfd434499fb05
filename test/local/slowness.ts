/**
 * How much slower than an idle machine this one is right now: the tests beside take their share, of
 * a server's processes as of bare Nodes.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** How long a Node that does nothing takes on a machine that does nothing else. */
const BARE_NODE_MS = 60

/** 1 on an idle machine, more on a busy one, for what starts so many processes at once. */
export async function slowness(processCount = 1): Promise<number> {
  const startedMs = performance.now()
  const bareNodes = Array.from({ length: processCount }, () => spawn(process.execPath, ['-e', '0']))
  await Promise.all(bareNodes.map((node) => once(node, 'exit')))
  const idleMs = BARE_NODE_MS * Math.max(1, processCount / availableParallelism())
  return Math.max(1, (performance.now() - startedMs) / idleMs)
}
