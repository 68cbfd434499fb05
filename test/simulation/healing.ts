/**
 * After the faults: within a minute writes work in every partition, replicas agree, and no call is
 * stuck (replication.md 5.2).
 *
 * @module
 */

import type { Configuration } from '@granary/storage-node/contract/configuration'
import { LASTING_BUCKET, type Client } from './client.ts'
import type { World } from './world.ts'
import { QuorumCount } from './watches/ballots.ts'
import { checkAlike, checkCommitted, readReplicas, type ReplicaState } from './watches/row-watch.ts'

const HEALED_MS_MAX = 60_000
const LAST_READ_MS_MAX = 30_000
const STEP_MS = 500
/** Clients go on for a while. */
const CLIENTS_MS = 5_000
const PROBE_BUCKET_COUNT_MAX = 60

/** Where a write has still to be shown, by partition. */
type OpenRanges = Map<number, Configuration>

/**
 * Heals the world and says what does not come back. `prober` is none of the clients; what it reads
 * in the end is the last word of the history.
 */
export async function heal(
  world: World,
  clients: readonly Client[],
  prober: Client,
): Promise<void> {
  const { scheduler, faults } = world
  const endMs = scheduler.nowMs + HEALED_MS_MAX
  world.tell('healed')
  faults.heal()
  world.startAll()
  await scheduler.run(scheduler.nowMs + CLIENTS_MS)
  for (const client of clients) client.stop()
  await proveWrites(world, prober, endMs)
  await converge(world, endMs)
  let isRead = false
  void prober.readEverything().then(() => (isRead = true))
  const waiting = () => clients.filter(({ calledMs }) => calledMs !== undefined)
  const lastMs = Math.max(endMs, scheduler.nowMs + LAST_READ_MS_MAX)
  await scheduler.run(lastMs, () => isRead && waiting().length === 0)
  for (const { calledMs } of waiting()) {
    world.accuse('liveness', `A call waits since ${calledMs} ms`)
  }
  if (!isRead) world.accuse('liveness', 'Not every key can be read')
  for (const { isSetBack, isRunning, host } of world.machines) {
    if (isSetBack && isRunning) world.accuse('D3', `store ${host.index} was set back, and runs`)
  }
}

/** Something is written in every range that may be written. */
async function proveWrites(world: World, prober: Client, endMs: number): Promise<void> {
  const { scheduler, chain, plan } = world
  const quorums = new QuorumCount(plan)
  const open: OpenRanges = new Map()
  for (const configuration of chain.present) {
    if (quorums.isEnough(configuration.members)) open.set(configuration.partition, configuration)
  }
  let isOver = false
  const probing = probe(prober, open, () => scheduler.nowMs >= endMs)
  void probing.finally(() => (isOver = true))
  await scheduler.run(endMs, () => isOver)
  if (open.size === 0) return
  const names = [...open.values()].map(({ partition, epoch, primary }) => {
    return `${partition} (epoch ${epoch}, primary ${primary})`
  })
  world.accuse('liveness', `No write succeeds in partition ${names.join(', ')}`)
}

/** Makes buckets until every range has had one, and writes into those that may be written. */
async function probe(prober: Client, open: OpenRanges, isOver: () => boolean): Promise<void> {
  const [system] = [...open.values()].filter(({ range }) => isSystem(range))
  if (system === undefined) return probeLasting(prober, open, isOver)
  for (let number = 0; number < PROBE_BUCKET_COUNT_MAX && open.size > 0; number++) {
    const name = `probe-${number}`
    const bucketId = await prober.insist((calls) => calls.makeBucket(name), isOver)
    if (bucketId === undefined) return
    open.delete(system.partition)
    // What a takeover has left in too few members or zones is only read: no bucket there is written.
    const configuration = findRange(open, bucketId)
    if (configuration === undefined) continue
    const isWritten = await prober.insist(
      (calls) => calls.put(name, name, new Uint8Array(16), false),
      isOver,
    )
    if (isWritten === undefined) return
    open.delete(configuration.partition)
  }
}

/**
 * Where no bucket can be made because the system range is only read, a write can be shown only in the
 * range of the bucket that is there. An upload begins: no list shows it.
 */
async function probeLasting(
  prober: Client,
  open: OpenRanges,
  isOver: () => boolean,
): Promise<void> {
  const bucketId = await prober.insist((calls) => calls.bucketIdOf(LASTING_BUCKET), isOver)
  if (bucketId === undefined) return
  const configuration = findRange(open, bucketId)
  for (const partition of open.keys()) {
    if (partition !== configuration?.partition) open.delete(partition)
  }
  if (configuration === undefined) return
  const begun = await prober.insist((calls) => calls.upload(LASTING_BUCKET, 'probe', []), isOver)
  if (begun !== undefined) open.delete(configuration.partition)
}

function findRange(open: OpenRanges, bucketId: string): Configuration | undefined {
  const position = Buffer.from(bucketId, 'hex')
  return [...open.values()].find(({ range }) => isWithin(position, range))
}

function isWithin(position: Uint8Array, { start, end }: Configuration['range']): boolean {
  return (
    Buffer.compare(position, start) >= 0 &&
    (end.byteLength === 0 || Buffer.compare(position, end) < 0)
  )
}

/** Where making a bucket writes. */
function isSystem({ start }: Configuration['range']): boolean {
  return isWithin(new Uint8Array(8), { start, end: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1]) })
}

/** Every replica whose store lives has applied the same, and holds the same. */
async function converge(world: World, endMs: number): Promise<void> {
  const { scheduler } = world
  let replicas = await readAll(world)
  while (!areLevel(replicas) && scheduler.nowMs < endMs) {
    await scheduler.run(scheduler.nowMs + STEP_MS)
    replicas = await readAll(world)
  }
  checkAlike(replicas, world.accuse)
  checkCommitted(world.chain.present, replicas, (id) => world.wire.log(id), world.accuse)
  for (const [partition, states] of replicas) {
    if (areLevel(new Map([[partition, states]]))) continue
    const applied = states.map(({ store, applied }) => `${store} ${applied}`).join(', ')
    world.accuse('liveness', `Partition ${partition} does not converge: ${applied}`)
  }
}

function readAll({ chain, machines }: World): Promise<Map<number, ReplicaState[]>> {
  const stores = machines.flatMap(({ storeId, engine, node }) => {
    return storeId === undefined || node === undefined ? [] : [{ store: storeId, engine }]
  })
  return readReplicas(chain.present, stores)
}

function areLevel(replicas: ReadonlyMap<number, readonly ReplicaState[]>): boolean {
  return [...replicas.values()].every((states) => {
    return new Set(states.map(({ applied }) => applied)).size <= 1
  })
}
