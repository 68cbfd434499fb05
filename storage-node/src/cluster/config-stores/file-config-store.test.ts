import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFiles } from '../../base/files.ts'
import { systemRandom } from '../../base/random.ts'
import { Dice, seededRandom } from '../../base/seeded-random.ts'
import { SimulatedDisk } from '../../base/simulated-disk.ts'
import type { Configuration, Zone } from '../../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import { ConfigStoreUnavailableError } from '../config-store.ts'
import type { PartitionConfig } from '../../contract/partition-record.ts'
import { ConfigFileDamagedError } from './config-file.ts'
import { describeConfigStore } from './config-store.compliance.ts'
import { FileConfigStore } from './file-config-store.ts'

const PATH = '/config-store'
const A = '00000000-0000-4000-8000-00000000000a' as StoreId
const range = { start: Buffer.alloc(0), end: Buffer.alloc(0) }
const intent = { desiredMembers: [A], preferredPrimary: A, initialRange: range }
const partitions = [1, 2, 3] as PartitionId[]
const [P1] = partitions as [PartitionId]

describeConfigStore('in a file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'granary-config-'))
  const path = join(directory, 'config-store')
  const store = await FileConfigStore.open({ files: nodeFiles, random: systemRandom, path })
  return {
    founder: store,
    stores: [store, store],
    async close() {
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
})

test('what was answered or read is there after any end of the process or the power', async () => {
  const seen = { answered: 0, unanswered: 0 }
  for (let seed = 0; seed < 200; seed++) {
    const disk = new SimulatedDisk(seededRandom(seed))
    const dice = new Dice(seededRandom(seed + 1_000))
    const least = new Map<PartitionId, number>()
    for (let life = 0; life < 6; life++) {
      await Promise.race([live(disk, least, seen, dice), death(disk, dice)])
    }
    disk.crash()
    const store = await open(disk)
    for (const [partition, epoch] of least) {
      expect((await store.get(partition))?.configuration?.epoch ?? 0).toBeGreaterThanOrEqual(epoch)
    }
  }
  expect(seen.answered).toBeGreaterThan(500)
  expect(seen.unanswered).toBeGreaterThan(5)
})

/** A power cut after some operations, or the end of the process after some turns. */
async function death(disk: SimulatedDisk, dice: Dice): Promise<void> {
  if (dice.chance(0.5)) return disk.crashAfter(dice.below(dice.pick([10, 40])))
  for (let left = dice.below(200); left > 0; left--) await Promise.resolve()
  disk.kill()
}

/** Raises epochs until the power goes; what is read or answered is the least that must be left. */
async function live(
  disk: SimulatedDisk,
  least: Map<PartitionId, number>,
  seen: { answered: number; unanswered: number },
  dice: Dice,
): Promise<void> {
  const store = await open(disk)
  await Promise.all(
    partitions.map(async (partition) => {
      for (;;) {
        await store.create(partition, intent)
        const config = (await store.get(partition)) as PartitionConfig
        const epoch = config.configuration?.epoch ?? 0
        const known = least.get(partition) ?? 0
        expect(epoch).toBeGreaterThanOrEqual(known)
        if (epoch > known) seen.unanswered++
        least.set(partition, epoch)
        const next = epoch + 1 + dice.below(3)
        await store.swap(partition, config.version, configuration(partition, next))
        least.set(partition, next)
        seen.answered++
      }
    }),
  )
}

test.each(['write', 'sync', 'rename', 'open', 'syncDirectory'] as const)(
  'after a failed %s the outcome is unknown, and the next write makes it certain',
  async (operation) => {
    for (let skipCount = 0; skipCount < 2; skipCount++) {
      const disk = new SimulatedDisk(seededRandom(skipCount))
      const store = await open(disk)
      await store.create(P1, intent)
      const before = (await store.get(P1)) as PartitionConfig
      disk.fail({ operation: 'sync', code: 'EIO' })
      await expect(store.touch(P1, before.version)).rejects.toThrow(ConfigStoreUnavailableError)
      disk.fail({ operation, code: 'EIO', skipCount: operation === 'open' ? skipCount : 0 })
      await expect(store.touch(P1, before.version)).rejects.toThrow(ConfigStoreUnavailableError)
      expect(await store.get(P1)).toEqual(before)
      const won = await store.swap(P1, before.version, configuration(P1, 7))
      expect(won.kind).toBe('won')
      disk.crash()
      const after = await (await open(disk)).get(P1)
      expect(after?.configuration?.epoch).toBe(7)
    }
  },
)

test('a full volume refuses writes, and takes them again when there is space', async () => {
  const disk = new SimulatedDisk(seededRandom(1), { capacityBytes: 64 * 1024 })
  const store = await open(disk)
  await store.create(P1, intent)
  const before = (await store.get(P1)) as PartitionConfig
  disk.resize(0)
  await expect(store.touch(P1, before.version)).rejects.toThrow(ConfigStoreUnavailableError)
  expect(await store.get(P1)).toEqual(before)
  disk.resize(64 * 1024)
  expect((await store.touch(P1, before.version)).kind).toBe('won')
})

test('the file does not grow without end', async () => {
  const disk = new SimulatedDisk(seededRandom(1), { capacityBytes: 16 * 1024 ** 2 })
  const store = await open(disk)
  await store.create(P1, intent)
  for (let count = 0; count < 5_000; count++) {
    const config = (await store.get(P1)) as PartitionConfig
    expect((await store.touch(P1, config.version)).kind).toBe('won')
  }
  const { availableBytes } = await disk.files.space('/')
  expect(availableBytes).toBeGreaterThan(8 * 1024 ** 2)
})

test('a file that is damaged before its end is refused, one that is new begins with another uid', async () => {
  const disk = new SimulatedDisk(seededRandom(1))
  const store = await open(disk)
  await store.create(P1, intent)
  const { uid, version } = (await store.get(P1)) as PartitionConfig
  await store.touch(P1, version)
  await store.close()
  for (const position of [8, 4096 + 40]) {
    disk.rot(PATH, position)
    await expect(open(disk)).rejects.toThrow(ConfigFileDamagedError)
    disk.rot(PATH, position)
  }
  await disk.files.remove(PATH)
  const other = await open(disk)
  await other.create(P1, intent)
  expect((await other.get(P1))?.uid).not.toBe(uid)
})

test('writes that come together become durable together', async () => {
  const disk = new SimulatedDisk(seededRandom(1))
  const store = await open(disk)
  const before = disk.operationCount
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => store.create((index + 1) as PartitionId, intent)),
  )
  expect(disk.operationCount - before).toBe(2)
  expect(await store.list()).toHaveLength(100)
})

function open({ files }: SimulatedDisk): Promise<FileConfigStore> {
  return FileConfigStore.open({ files, random: systemRandom, path: PATH })
}

function configuration(partition: PartitionId, epoch: number): Configuration {
  const members = [{ store: A, zone: 'a' as Zone }]
  return { partition, uid: '', epoch: epoch as Epoch, primary: A, members, range }
}
