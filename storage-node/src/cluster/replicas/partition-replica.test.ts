import type { PartitionId } from '../../contract/identifiers.ts'
import type { ObjectCommand } from '../../model/command.ts'
import type { ObjectKey } from '../../model/identifiers.ts'
import { Applier } from '../../storage/applier.ts'
import { Journal } from '../../storage/journal/journal.ts'
import type { ReplicaMachine } from './partition-replica-fixtures.ts'
import {
  ReplicaWorld,
  TEST_BUCKET,
  executeAt,
  expectSameRows,
  putCommand,
} from './partition-replica-fixtures.ts'

const bucketId = TEST_BUCKET
const P = 1 as PartitionId

const remove = (key: string): ObjectCommand => {
  return { kind: 'deleteObject', bucketId, key: key as ObjectKey, versions: { state: 'unset' } }
}

const get = (key: string) =>
  ({
    kind: 'object',
    bucketId,
    key: key as ObjectKey,
    versionId: undefined,
    withBody: true,
  }) as const

async function textOf(world: ReplicaWorld, key: string): Promise<string | undefined> {
  const reply = await world.ask(get(key))
  if (reply.kind !== 'done') throw new Error(`Refused: ${JSON.stringify(reply)}`)
  const inline = reply.value?.inline
  return inline && Buffer.from(inline).toString()
}

function secondaryOf(world: ReplicaWorld): ReplicaMachine {
  const secondary = world.machines.find((machine) => machine !== world.primary())
  if (secondary === undefined) throw new Error('There is none')
  return secondary
}

describe('three stores', () => {
  test('a put is on all of them, and read from the primary', async () => {
    const world = await ReplicaWorld.open()
    const reply = await world.execute(putCommand('photo'))
    expect(reply).toMatchObject({ kind: 'done', value: { kind: 'object' } })
    expect(await textOf(world, 'photo')).toBe('photo')
    await expectSameRows(world)
  })

  test('a secondary that is dead costs nothing', async () => {
    const world = await ReplicaWorld.open()
    await world.execute(putCommand('photo'))
    secondaryOf(world).kill()
    const before = world.clock.nowMs()
    await world.execute(putCommand('second'))
    expect(world.clock.nowMs() - before).toBeLessThan(50)
  })

  test('a killed primary is followed by another, and what was acknowledged is there', async () => {
    const world = await ReplicaWorld.open()
    await world.execute(putCommand('photo'))
    const before = world.primary()
    before?.kill()
    const killedMs = world.clock.nowMs()
    expect(await textOf(world, 'photo')).toBe('photo')
    expect(world.clock.nowMs() - killedMs).toBeLessThan(4000)
    expect(world.primary()?.name).not.toBe(before?.name)
    await world.execute(putCommand('second'))
    await world.restart(before?.name ?? '')
    expect(await textOf(world, 'second')).toBe('second')
    await expectSameRows(world)
  })

  test('all lose power at once, and everything acknowledged is there again', async () => {
    const world = await ReplicaWorld.open()
    const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`)
    await Promise.all(keys.map((key) => world.execute(putCommand(key))))
    for (const machine of world.machines) machine.crash()
    for (const machine of world.machines) await world.restart(machine.name)
    for (const key of keys) expect(await textOf(world, key)).toBe(key)
    await world.execute(putCommand('later'))
    await expectSameRows(world)
  })

  test('with strict reads the members are asked, and answer', async () => {
    const world = await ReplicaWorld.open({ settings: { reads: 'strict' } })
    await world.execute(putCommand('photo'))
    expect(await textOf(world, 'photo')).toBe('photo')
    expect(await textOf(world, 'nothing')).toBeUndefined()
  })
})

describe('a command that is sent again', () => {
  test('has the answer of the first time, also at the next primary', async () => {
    const world = await ReplicaWorld.open()
    const opId = world.newOpId()
    const first = await world.execute(putCommand('photo', 'one', true), opId)
    expect(first.kind).toBe('done')
    await world.execute(remove('photo'))
    expect(await world.execute(putCommand('photo', 'one', true), opId)).toEqual(first)
    await expectSameRows(world)
    world.primary()?.kill()
    expect(await world.execute(putCommand('photo', 'one', true), opId)).toEqual(first)
    expect(await textOf(world, 'photo')).toBeUndefined()
    const other = await world.execute(putCommand('photo', 'two', true))
    expect(other.kind).toBe('done')
  })

  test('has it after a power cut of all', async () => {
    const world = await ReplicaWorld.open({ settings: { isOneKernel: true } })
    const opId = world.newOpId()
    const first = await world.execute(putCommand('photo', 'one', true), opId)
    for (const machine of world.machines) machine.crash()
    for (const machine of world.machines) await world.restart(machine.name)
    expect(await world.execute(putCommand('photo', 'one', true), opId)).toEqual(first)
  })

  test('is refused when its time is too far off to know what became of it', async () => {
    const world = await ReplicaWorld.open()
    const opId = world.newOpId()
    await world.execute(putCommand('photo'), opId)
    await world.pass(11_000)
    const replica = world.primary()!.replica(P)
    expect(await executeAt(replica, opId, putCommand('photo'))).toMatchObject({
      kind: 'unavailable',
    })
  })
})

describe('a secondary that was away', () => {
  test('catches up from the log', async () => {
    const world = await ReplicaWorld.open()
    await world.execute(putCommand('photo'))
    const secondary = secondaryOf(world)
    secondary.crash()
    for (let at = 0; at < 30; at++) await world.execute(putCommand(`key-${at}`))
    await world.restart(secondary.name)
    await expectSameRows(world)
  })

  test('catches up from the files of the log', async () => {
    const world = await ReplicaWorld.open({ journalFileSizeBytes: 64 * 1024 })
    const secondary = secondaryOf(world)
    secondary.kill()
    for (let at = 0; at < 30; at++) await world.execute(putCommand(`key-${at}`))
    const primary = world.primary()
    primary?.kill()
    // Nothing of the log is in memory any more.
    await world.restart(primary?.name ?? '')
    await world.execute(putCommand('later'))
    await world.restart(secondary.name)
    await expectSameRows(world)
  })

  test('catches up by a snapshot when the log is gone, and knows what was sent lately', async () => {
    const world = await ReplicaWorld.open({ journalFileSizeBytes: 16 * 1024, capacityBytes: 3e6 })
    const secondary = secondaryOf(world)
    await world.execute(putCommand('gone'))
    await expectSameRows(world)
    // What it has survives its process: the snapshot has to take it away.
    await checkpoint(world, secondary)
    secondary.kill()
    await world.execute(remove('gone'))
    for (let at = 0; at < 60; at++) await world.execute(putCommand(`key-${at}`, 'x'.repeat(2000)))
    await forgetLogs(world)
    const opId = world.newOpId()
    const first = await world.execute(putCommand('photo', 'one', true), opId)
    await world.execute(remove('photo'))
    await world.restart(secondary.name)
    await expectSameRows(world)
    expect(snapshotBase(secondary)).toBeGreaterThan(60)
    world.primary()?.kill()
    await world.until('there is another primary', () => world.primary() !== undefined)
    expect(await world.execute(putCommand('photo', 'one', true), opId)).toEqual(first)
    expect(await textOf(world, 'gone')).toBeUndefined()
  })

  test('whose rows are lost gets those of the primary, and acknowledges meanwhile', async () => {
    const world = await ReplicaWorld.open()
    const secondary = secondaryOf(world)
    for (let at = 0; at < 20; at++) await world.execute(putCommand(`key-${at}`))
    await expectSameRows(world)
    await checkpoint(world, secondary)
    secondary.kill()
    secondary.loseRows()
    await world.restart(secondary.name)
    await world.execute(putCommand('later'))
    await expectSameRows(world)
    expect(secondary.failures).toEqual([])
  })

  test('cuts a torn end of its journal off and goes on', async () => {
    const world = await ReplicaWorld.open()
    const secondary = secondaryOf(world)
    for (let round = 0; round < 8; round++) {
      const writing = Array.from({ length: 5 }, (_, at) =>
        world.execute(putCommand(`${round}-${at}`)),
      )
      await world.pass(round % 3)
      secondary.crash()
      await Promise.all(writing)
      await world.restart(secondary.name)
      await expectSameRows(world)
    }
    expect(secondary.failures).toEqual([])
  })
})

describe('a primary that is cut off', () => {
  test('answers no read once its lease has run out, and refuses nothing for good either', async () => {
    const world = await ReplicaWorld.open()
    await world.execute(putCommand('photo'))
    const primary = world.primary()
    const replica = primary?.replica(P)
    primary?.process.node.leave()
    await world.pass(2700)
    expect(replica?.isActive).toBe(true)
    expect(await replica?.ask(get('photo'))).toMatchObject({ kind: 'unavailable' })
    const forbidden = executeAt(replica!, world.newOpId(), putCommand('photo', 'other', true))
    await world.pass(100)
    expect(await forbidden).toMatchObject({ kind: 'unavailable' })
  })

  test('does not know what became of what it had proposed', async () => {
    const world = await ReplicaWorld.open()
    await world.execute(putCommand('photo'))
    const primary = world.primary()!
    primary.process.node.leave()
    const writing = executeAt(primary.replica(P), world.newOpId(), putCommand('photo', 'other'))
    await world.pass(100)
    primary.kill()
    expect(await writing).toMatchObject({ kind: 'unavailable' })
    expect(await textOf(world, 'photo')).toBe('photo')
  })
})

test('a region with one store acts at once, alone', async () => {
  const settings = { minInsync: 1, zoneCount: 1, isOneKernel: true }
  const world = await ReplicaWorld.open({ storeCount: 1, settings })
  await world.execute(putCommand('photo'))
  world.machine('a').crash()
  const downMs = world.clock.nowMs()
  await world.restart('a')
  expect(await textOf(world, 'photo')).toBe('photo')
  expect(world.clock.nowMs() - downMs).toBeLessThan(200)
})

test.each([
  ['its journal', Journal, 'entries', 'Cannot read the journal: partition 1'],
  ['its rows', Applier, 'prepare', 'A partition cannot be applied: partition 1'],
] as const)(
  'a lone store that cannot read %s ends, and reads them at its next start',
  async (_what, of, method, message) => {
    const settings = { minInsync: 1, zoneCount: 1, isOneKernel: true }
    const world = await ReplicaWorld.open({ storeCount: 1, settings })
    const machine = world.machine('a')
    for (let at = 0; at < 10; at++) await world.execute(putCommand(`photo-${at}`))
    machine.crash()
    const reading = jest.spyOn(of.prototype, method as never).mockImplementation(() => {
      throw new Error('EIO')
    })
    await world.restart('a')
    await world.until('it has ended', () => !machine.isUp)
    expect(machine.failures.map((failure) => failure.message)).toEqual([message])
    reading.mockRestore()
    await world.restart('a')
    expect(await textOf(world, 'photo-9')).toBe('photo-9')
  },
)

/** Checkpoints once no file is kept for opIds; a small volume keeps little for a member that is away. */
async function forgetLogs(world: ReplicaWorld): Promise<void> {
  await world.pass(21_000)
  for (const machine of world.machines) if (machine.isUp) await checkpoint(world, machine)
}

async function checkpoint(world: ReplicaWorld, { process }: ReplicaMachine): Promise<void> {
  let isOver = false
  void process.replicas.checkpoint().then(() => (isOver = true))
  await world.until('a checkpoint is over', () => isOver)
}

function snapshotBase(machine: ReplicaMachine): number {
  return machine.process.store.journal.replica(P)?.base.seq ?? 0
}
