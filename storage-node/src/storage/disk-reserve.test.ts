import type { Clock } from '../base/clock.ts'
import type { Files } from '../base/files.ts'
import { silentLogger } from '../base/logger.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { SimulatedDisk } from '../base/simulated-disk.ts'
import { DiskReserve, freeBytesMin, reserveSizeBytes } from './disk-reserve.ts'

const MIB = 1024 ** 2
const GIB = 1024 * MIB

test.each([
  // A size, what stays free, and the reserve, in MiB.
  [256, 51.2, 5.12],
  [1024, 64, 20.48],
  [100 * 1024, 5120, 1024],
])('a volume of %d MiB keeps %d MiB free beside a reserve of %d MiB', (total, free, reserve) => {
  expect(freeBytesMin(total * MIB) / MIB).toBeCloseTo(free)
  expect(reserveSizeBytes(total * MIB) / MIB).toBeCloseTo(reserve, 1)
})

interface Volume {
  readonly files: Files
  readonly clock: Clock & { elapse(ms: number): void }
  readonly reserve: DiskReserve
  fill(name: string, sizeBytes: number): Promise<void>
}

async function openVolume(capacityBytes: number): Promise<Volume> {
  const { files } = new SimulatedDisk(seededRandom(1), { capacityBytes })
  let nowMs = 0
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    schedule: () => ({ cancel() {} }),
    elapse: (ms: number) => void (nowMs += ms),
  }
  const reserve = await DiskReserve.open({ files, directory: '/', clock, logger: silentLogger })
  return {
    files,
    clock,
    reserve,
    async fill(name, sizeBytes) {
      const file = await files.open(`/${name}`, 'create')
      // Only the length counts: the rest of the file is a hole.
      await file.write([new Uint8Array(1)], sizeBytes - 1)
    },
  }
}

/** Lets the counted bytes of two periods pass. */
async function settle({ clock, reserve }: Volume): Promise<void> {
  for (let period = 0; period < 2; period++) {
    clock.elapse(1000)
    await reserve.refresh()
  }
}

test('writes are admitted up to the limit and refused beyond it', async () => {
  const { reserve } = await openVolume(256 * MIB)
  const limitBytes = 256 * MIB - freeBytesMin(256 * MIB) - reserveSizeBytes(256 * MIB)
  expect(reserve.mayWrite(limitBytes + 1)).toBe(false)
  expect(reserve.mayWrite(limitBytes)).toBe(true)
  expect(reserve.mayWrite(1)).toBe(false)
})

test('bytes on their way count until they must be on the disk', async () => {
  const volume = await openVolume(256 * MIB)
  expect(volume.reserve.mayWrite(150 * MIB)).toBe(true)
  await volume.reserve.refresh()
  expect(volume.reserve.mayWrite(60 * MIB)).toBe(false)
  await settle(volume)
  expect(volume.reserve.mayWrite(60 * MIB)).toBe(true)
})

test('bytes that the disk has been seen to take are counted once', async () => {
  const volume = await openVolume(256 * MIB)
  expect(volume.reserve.mayWrite(120 * MIB)).toBe(true)
  await volume.fill('a', 100 * MIB)
  await volume.reserve.refresh()
  expect(volume.reserve.mayWrite(90 * MIB)).toBe(false)
  expect(volume.reserve.mayWrite(70 * MIB)).toBe(true)
})

test('a full volume refuses, and admits again after space was freed', async () => {
  const volume = await openVolume(256 * MIB)
  await volume.fill('a', 210 * MIB)
  await settle(volume)
  expect(volume.reserve.mayWrite(4096)).toBe(false)
  expect(volume.reserve.isFull).toBe(true)
  await volume.files.remove('/a')
  await settle(volume)
  expect(volume.reserve.mayWrite(4096)).toBe(true)
  expect(volume.reserve.isFull).toBe(false)
})

test('a refusal looks at the disk again, so the next write after a delete is admitted', async () => {
  const volume = await openVolume(256 * MIB)
  await volume.fill('a', 210 * MIB)
  await volume.reserve.refresh()
  await volume.files.remove('/a')
  expect(volume.reserve.mayWrite(4096)).toBe(false)
  await volume.reserve.refresh()
  expect(volume.reserve.mayWrite(4096)).toBe(true)
})

test('the reserve is made when space gets scarce, given up at the limit, and made again', async () => {
  const volume = await openVolume(2 * GIB)
  const hasReserve = async () => (await volume.files.list('/')).includes('reserve')
  await volume.fill('a', GIB)
  await settle(volume)
  expect(await hasReserve()).toBe(false)

  await volume.fill('b', 0.73 * GIB)
  await settle(volume)
  expect(await hasReserve()).toBe(true)
  const file = await volume.files.open('/reserve', 'read')
  expect(await file.sizeBytes()).toBe(reserveSizeBytes(2 * GIB))

  await volume.fill('c', 0.15 * GIB)
  await settle(volume)
  expect(await hasReserve()).toBe(false)
  expect(volume.reserve.mayWrite(1)).toBe(false)

  await volume.files.remove('/c')
  await settle(volume)
  expect(volume.reserve.mayWrite(1)).toBe(true)
  await settle(volume)
  expect(await hasReserve()).toBe(true)
})

test('giving up the reserve does not admit a write', async () => {
  const volume = await openVolume(2 * GIB)
  await volume.fill('a', 1.73 * GIB)
  await settle(volume)
  await volume.fill('b', 0.14 * GIB)
  await settle(volume)
  for (let round = 0; round < 3; round++) {
    expect(volume.reserve.mayWrite(16 * MIB)).toBe(false)
    await settle(volume)
  }
})

test('a reserve that an earlier process left is counted, and finished when it is too small', async () => {
  const volume = await openVolume(2 * GIB)
  await volume.fill('a', 1.73 * GIB)
  await volume.fill('reserve', MIB)
  const { files, clock } = volume
  const again = await DiskReserve.open({ files, directory: '/', clock, logger: silentLogger })
  await again.refresh()
  const file = await files.open('/reserve', 'read')
  expect(await file.sizeBytes()).toBe(reserveSizeBytes(2 * GIB))
  await again.close()
})
