import { ManualClock } from '../base/manual-clock.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { SimulatedDisk } from '../base/simulated-disk.ts'
import type { StoreId } from '../contract/identifiers.ts'
import { createWatermark, Watermark } from './watermark.ts'

const STORE = '00000000-0000-4000-8000-000000000001' as StoreId
const PATH = '/watermark'
const PERIOD_MS = 1000

/** Opens the watermark as a process does, and lets it write so many times; returns what it has synced. */
async function live(disk: SimulatedDisk, writeCount: number): Promise<number> {
  const clock = new ManualClock(0)
  const options = { files: disk.files, path: PATH, storeId: STORE, clock, fatal: () => undefined }
  const watermark = await Watermark.open(options)
  let { group } = watermark
  watermark.follow(() => ++group)
  for (let written = 0; written < writeCount; written++) {
    clock.advance(PERIOD_MS)
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  }
  return watermark.group
}

/** Ends a process that lives on the disk after it has begun so many operations. */
async function end(disk: SimulatedDisk, operationCount: number, how: 'kill' | 'crash') {
  void live(disk, 2)
  const from = disk.operationCount
  while (disk.operationCount < from + operationCount) await Promise.resolve()
  disk[how]()
}

test('a file that is closed while it is written is written no more', async () => {
  const disk = new SimulatedDisk(seededRandom(1))
  await createWatermark(disk.files, PATH, STORE)
  const clock = new ManualClock(0)
  const fatal = jest.fn()
  const options = { files: disk.files, path: PATH, storeId: STORE, clock, fatal }
  const watermark = await Watermark.open(options)
  let group = 0
  watermark.follow(() => ++group)
  clock.advance(PERIOD_MS)
  await watermark.close()
  clock.advance(PERIOD_MS)
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  expect(fatal).not.toHaveBeenCalled()
})

const seeds = Array.from({ length: 200 }, (_, seed) => seed)

test.each(seeds)('what was synced outlives kills and then a power cut, seed %i', async (seed) => {
  const disk = new SimulatedDisk(seededRandom(seed))
  await createWatermark(disk.files, PATH, STORE)
  await disk.files.syncDirectory('/')
  const synced = await live(disk, seed % 4)
  for (let kills = seed % 3; kills > 0; kills--) await end(disk, 5 + ((seed + kills) % 4), 'kill')
  await end(disk, 5 + (seed % 5), 'crash')
  expect(await live(disk, 0)).toBeGreaterThanOrEqual(synced)
})

test.each(seeds)('a sync that failed and then a power cut leave a slot, seed %i', async (seed) => {
  const disk = new SimulatedDisk(seededRandom(seed))
  await createWatermark(disk.files, PATH, STORE)
  await disk.files.syncDirectory('/')
  const synced = await live(disk, 3)
  disk.fail({ operation: 'sync', code: 'EIO', skipCount: 1 })
  await live(disk, 1)
  disk.kill()
  await end(disk, 6 + (seed % 3), 'crash')
  expect(await live(disk, 0)).toBeGreaterThanOrEqual(synced)
})
