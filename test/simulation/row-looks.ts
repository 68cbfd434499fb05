/**
 * Looks at the rows of primaries while a life goes on: what a later write covers up, or a bucket takes with it when it
 * is deleted, is not seen in the end any more (I19, B8).
 *
 * @module
 */

import type { Configuration } from '@granary/storage-node/contract/configuration'
import { readReplicas } from './watches/row-watch.ts'
import type { World } from './world.ts'

const LOOK_MS = 150_000

/** Looks again and again, until the run ends. */
export function lookAtRows(world: World): void {
  world.scheduler.after(LOOK_MS, 'check', () => {
    void look(world)
    lookAtRows(world)
  })
}

async function look(world: World): Promise<void> {
  for (const { storeId, engine, node } of world.machines) {
    if (storeId === undefined || node === undefined) continue
    // Whoever has the lease is not in the midst of a snapshot.
    const led = world.chain.present.filter(
      ({ primary, partition }: Configuration) =>
        primary === storeId && world.leases.holds(storeId, partition),
    )
    if (led.length === 0) continue
    for (const [partition, states] of await readReplicas(led, [{ store: storeId, engine }])) {
      for (const { rule, detail } of states.flatMap(({ findFaults }) => findFaults())) {
        world.accuse(rule, `partition ${partition}: ${storeId} at work: ${detail}`)
      }
    }
  }
}
