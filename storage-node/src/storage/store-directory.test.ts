import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { nodeFiles, readWholeFile, type Files } from '../base/files.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { SimulatedDisk } from '../base/simulated-disk.ts'
import type { Incarnation } from '../contract/identifiers.ts'
import { decodeStoreIdentity, encodeStoreIdentity } from '../wire/stored/store-identity.ts'
import { StoreDirectory, type StoreDirectoryOptions } from './store-directory.ts'
import { lockStore } from './store-lock.ts'
import { StoreDamagedError, StoreFormatNewerError, StoreInUseError } from './store-open-error.ts'

const DIRECTORY = '/data/store'

/** A clock whose timers fire when the test says so. */
function manualClock(): Clock & { nowValueMs: number; fire(): void } {
  let waiting: (() => void)[] = []
  return {
    nowValueMs: 1_700_000_000_000,
    nowMs() {
      return this.nowValueMs
    },
    monotonicMs: () => 0,
    schedule(_, callback) {
      waiting.push(callback)
      return { cancel: () => (waiting = waiting.filter((other) => other !== callback)) }
    },
    fire() {
      const due = waiting
      waiting = []
      for (const callback of due) callback()
    },
  }
}

function options(files: Files, more: Partial<StoreDirectoryOptions> = {}): StoreDirectoryOptions {
  return {
    files,
    directory: DIRECTORY,
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    random: seededRandom(1),
    clock: manualClock(),
    fatal: (cause) => {
      throw cause
    },
    ...more,
  }
}

function newDisk(seed = 1): SimulatedDisk {
  return new SimulatedDisk(seededRandom(seed))
}

test('a new store gets an identity that every later start finds, and starts are counted', async () => {
  const { files } = newDisk()
  const first = await StoreDirectory.open(options(files))
  expect(first.storeId).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  expect([first.incarnation, first.watermark]).toEqual([1, 0])
  await first.close()
  const second = await StoreDirectory.open(options(files, { random: seededRandom(2) }))
  expect([second.storeId, second.incarnation]).toEqual([first.storeId, 2])
})

test('whatever a power cut leaves of a first start, the next one opens; a count never falls', async () => {
  for (let seed = 0; seed < 150; seed++) {
    const disk = newDisk(seed)
    let storeId: string | undefined
    let incarnation = 0
    for (let round = 0; round < 4; round++) {
      const died = disk.crashAfter(seed % 37)
      const opened = await Promise.race([died, StoreDirectory.open(options(disk.files))])
      if (opened === undefined) continue
      expect(opened.storeId).toBe(storeId ?? opened.storeId)
      expect(opened.incarnation).toBeGreaterThan(incarnation)
      storeId = opened.storeId
      incarnation = opened.incarnation
      disk.crash()
    }
  }
})

test('a store in use is refused before anything in it is read', async () => {
  const { files } = newDisk()
  const lock = () => Promise.resolve(undefined)
  const refused = StoreDirectory.open(options(files, { lock }))
  await expect(refused).rejects.toThrow(StoreInUseError)
  await expect(refused).rejects.toThrow(
    /^Cannot open store "\/data\/store": it is in use by another process$/,
  )
  expect(await files.list(DIRECTORY)).toEqual([])
})

test('the lock of the operating system is taken once, and free again after release', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'granary-lock-'))
  const path = join(directory, 'LOCK')
  const held = await lockStore(path)
  expect(held).toBeDefined()
  expect(await lockStore(path)).toBeUndefined()
  await held?.release()
  const again = await lockStore(path)
  expect(again).toBeDefined()
  await again?.release()
  await rm(directory, { recursive: true })
})

test('a store opens on the real file system', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'granary-store-'))
  const real = options(nodeFiles, { directory: join(directory, 'a/b'), lock: lockStore })
  const store = await StoreDirectory.open(real)
  await expect(StoreDirectory.open(real)).rejects.toThrow(StoreInUseError)
  await store.close()
  const again = await StoreDirectory.open(real)
  expect(again.incarnation).toBe(2)
  await again.close()
  await rm(directory, { recursive: true })
})

describe('a store that is not as it was left', () => {
  let disk: SimulatedDisk
  beforeEach(async () => {
    disk = newDisk()
    const store = await StoreDirectory.open(options(disk.files))
    await store.close()
  })

  async function expectDamaged(finding: RegExp): Promise<void> {
    let released = 0
    const lock = () => Promise.resolve({ release: () => Promise.resolve(void released++) })
    const refused = StoreDirectory.open(options(disk.files, { lock }))
    await expect(refused).rejects.toThrow(StoreDamagedError)
    await expect(refused).rejects.toThrow(finding)
    expect(released).toBe(1)
  }

  test('a store that was condemned is opened by no later start, and says why', async () => {
    const store = await StoreDirectory.open(options(disk.files))
    await store.condemn('its volume was set back')
    await store.close()
    disk.crash()
    await expectDamaged(/it is damaged: its volume was set back$/)
    await expectDamaged(/it is damaged: its volume was set back$/)
  })

  test('a bit of STORE that rotted is damage', async () => {
    disk.rot(`${DIRECTORY}/STORE`, 14)
    await expectDamaged(/^Cannot open store "\/data\/store": it is damaged: STORE cannot be read$/)
  })

  test('a missing STORE beside a journal is damage, and no new store is made', async () => {
    await disk.files.makeDirectory(`${DIRECTORY}/journal`)
    await disk.files.remove(`${DIRECTORY}/STORE`)
    await expectDamaged(/there is "journal", but STORE is missing/)
  })

  test('a missing or wholly rotten watermark is damage', async () => {
    disk.rot(`${DIRECTORY}/watermark`, 20)
    await expectDamaged(/its watermark is missing or unreadable/)
    await disk.files.remove(`${DIRECTORY}/watermark`)
    await expectDamaged(/its watermark is missing or unreadable/)
  })

  test('a newer format is refused by its number', async () => {
    const identity = decodeStoreIdentity(await readWholeFile(disk.files, `${DIRECTORY}/STORE`))
    if ('newerFormatVersion' in identity) throw new Error('not newer')
    await disk.files.remove(`${DIRECTORY}/STORE`)
    const file = await disk.files.open(`${DIRECTORY}/STORE`, 'create')
    const newer = { ...identity, formatVersion: 2, incarnation: 9 as Incarnation }
    await file.write([encodeStoreIdentity(newer)], 0)
    const refused = StoreDirectory.open(options(disk.files))
    await expect(refused).rejects.toThrow(StoreFormatNewerError)
    await expect(refused).rejects.toThrow('its format is 2, this release knows formats up to 1')
  })
})

describe('the watermark', () => {
  test('follows the journal at each tick and at the end, and only upwards', async () => {
    const { files } = newDisk()
    const clock = manualClock()
    const store = await StoreDirectory.open(options(files, { clock }))
    let synced = 5
    store.followJournal(() => synced)
    clock.fire()
    synced = 9
    await store.close()
    const again = await StoreDirectory.open(options(files))
    expect(again.watermark).toBe(9)
    again.followJournal(() => 3)
    await again.close()
    expect((await StoreDirectory.open(options(files))).watermark).toBe(9)
  })

  test('a power cut in the middle of a write leaves the mark before or the new one', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const disk = newDisk(seed)
      const clock = manualClock()
      const store = await StoreDirectory.open(options(disk.files, { clock }))
      let synced = 1
      store.followJournal(() => synced)
      clock.fire()
      for (let turn = 0; turn < 10; turn++) await disk.files.list('/')
      synced = 2
      const died = disk.crashAfter(seed % 3)
      clock.fire()
      while ((await Promise.race([died.then(() => 'died'), disk.files.list('/')])) !== 'died');
      const found = (await StoreDirectory.open(options(disk.files))).watermark
      expect([1, 2]).toContain(found)
    }
  })

  test('a sync that fails is fatal', async () => {
    const disk = newDisk()
    const clock = manualClock()
    const failures: unknown[] = []
    const fatal = (cause: Error) => failures.push(cause.cause)
    const store = await StoreDirectory.open(options(disk.files, { clock, fatal }))
    store.followJournal(() => 1)
    disk.fail({ operation: 'sync', code: 'EIO', path: 'watermark' })
    clock.fire()
    for (let turn = 0; turn < 20; turn++) await disk.files.list('/')
    expect(failures).toMatchObject([{ code: 'EIO' }])
  })
})

test('failures of the disk are remembered for a day', async () => {
  const { files } = newDisk()
  const clock = manualClock()
  const store = await StoreDirectory.open(options(files, { clock }))
  expect(store.failures).toEqual([])
  await store.recordFailure('Cannot write\nthe journal')
  await store.close()
  const second = await StoreDirectory.open(options(files, { clock }))
  const first = { atMs: clock.nowValueMs, reason: 'Cannot write the journal' }
  expect(second.failures).toEqual([first])
  clock.nowValueMs += 3600_000
  await second.recordFailure('again')
  const third = await StoreDirectory.open(options(files, { clock }))
  expect(third.failures).toEqual([first, { atMs: clock.nowValueMs, reason: 'again' }])
  clock.nowValueMs += 23.5 * 3600_000
  expect((await StoreDirectory.open(options(files, { clock }))).failures).toHaveLength(1)
})
