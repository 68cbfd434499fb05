import type { PartitionId } from '../../contract/identifiers.ts'
import type { ReplicaMachine } from './partition-replica-fixtures.ts'
import { ReplicaWorld, expectSameRows, putCommand } from './partition-replica-fixtures.ts'
import { PartitionReplicas } from './partition-replicas.ts'

const P = 1 as PartitionId
const GIVEN_UP_MS = 10_000
const TRIED_AGAIN_MS = 40_000

afterEach(() => jest.restoreAllMocks())

test('a snapshot whose frame got lost is given up, and the next one is taken', async () => {
  const { world, secondary } = await worldThatNeedsSnapshot()
  const lost = loseFrame()
  await world.restart(secondary.name)
  await world.until('a frame is lost', () => lost.count === 1)
  expect(secondary.replica(P).base).toBeUndefined()
  await world.pass(TRIED_AGAIN_MS)
  await expectSameRows(world)
  expect(secondary.failures).toEqual([])
})

test('a snapshot whose sender died is given up for that of the next primary', async () => {
  const { world, secondary } = await worldThatNeedsSnapshot()
  const lost = loseFrame()
  await world.restart(secondary.name)
  await world.until('a frame is lost', () => lost.count === 1)
  const sender = world.primary()
  sender?.kill()
  await world.pass(GIVEN_UP_MS / 2)
  expect(secondary.replica(P).base).toBeUndefined()
  // With the sender away, two that have the same log are needed for another primary.
  await world.restart(sender?.name ?? '')
  await world.pass(GIVEN_UP_MS)
  await expectSameRows(world)
})

test('a snapshot is given up when the old rows cannot be read, and the next one is taken', async () => {
  const { world, secondary } = await worldThatNeedsSnapshot()
  const arrived = onRequest((kind) => {
    if (kind !== 'snapshotOffer' || arrived.count > 0) return 'arrives'
    jest.spyOn(secondary.engine, 'scan').mockRejectedValueOnce(new Error('The table is damaged'))
    return 'counts'
  })
  await world.restart(secondary.name)
  await expectSameRows(world)
  expect(arrived.count).toBe(1)
  expect(secondary.failures).toEqual([])
})

/** One store is down, and the others have dropped what it would need of the log. */
async function worldThatNeedsSnapshot(): Promise<{
  world: ReplicaWorld
  secondary: ReplicaMachine
}> {
  const world = await ReplicaWorld.open({ journalFileSizeBytes: 16 * 1024, capacityBytes: 3e6 })
  const secondary = world.machines.find((machine) => machine !== world.primary())
  if (secondary === undefined) throw new Error('There is none')
  secondary.kill()
  for (let at = 0; at < 60; at++) await world.execute(putCommand(`key-${at}`, 'x'.repeat(2000)))
  // For so long files are kept for those that retry.
  await world.pass(21_000)
  for (const { isUp, process } of world.machines.filter((machine) => machine !== secondary)) {
    if (isUp) await world.finish(process.replicas.checkpoint())
  }
  return { world, secondary }
}

/** The next frame of a snapshot does not arrive. */
function loseFrame(): { count: number } {
  const lost = onRequest((kind) => {
    return kind === 'snapshotRows' && lost.count === 0 ? 'isLost' : 'arrives'
  })
  return lost
}

/** Decides what becomes of each request; counts those that do not simply arrive. */
function onRequest(decide: (kind: string) => 'arrives' | 'counts' | 'isLost'): { count: number } {
  const { request } = PartitionReplicas.prototype
  const seen = { count: 0 }
  jest.spyOn(PartitionReplicas.prototype, 'request').mockImplementation(function (
    this: PartitionReplicas,
    from,
    asked,
  ) {
    const fate = decide(asked.kind)
    if (fate !== 'arrives') seen.count++
    return fate === 'isLost' ? new Promise(() => {}) : request.call(this, from, asked)
  })
  return seen
}
