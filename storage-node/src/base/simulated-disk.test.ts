import { hasErrorCode, readWholeFile, type Files } from './files.ts'
import { seededRandom } from './seeded-random.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed)
const BLOCK = Buffer.alloc(4096, 'x')

async function writeFile(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'create')
  await file.write([bytes], 0)
  await file.sync()
}

async function readOrUndefined(files: Files, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await readWholeFile(files, path)).toString('latin1')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Runs `work` with each seed, cuts the power and returns what `look` sees afterwards. */
async function afterCrashes<T>(
  work: (files: Files, disk: SimulatedDisk) => Promise<void>,
  look: (files: Files) => Promise<T>,
): Promise<Set<T>> {
  const seen = new Set<T>()
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(seededRandom(seed))
    await disk.files.makeDirectory('/d')
    await disk.files.syncDirectory('/')
    await work(disk.files, disk)
    disk.crash()
    seen.add(await look(disk.files))
  }
  return seen
}

test('synced bytes under a synced name survive every crash', async () => {
  const seen = await afterCrashes(
    async (files) => {
      await writeFile(files, '/d/a', Buffer.from('kept'))
      await files.syncDirectory('/d')
    },
    (files) => readOrUndefined(files, '/d/a'),
  )
  expect(seen).toEqual(new Set(['kept']))
})

test('a name without a directory sync may be lost, its synced bytes not', async () => {
  const seen = await afterCrashes(
    (files) => writeFile(files, '/d/a', Buffer.from('kept')),
    (files) => readOrUndefined(files, '/d/a'),
  )
  expect(seen).toEqual(new Set(['kept', undefined]))
})

test('a rename without a directory sync leaves the old or the new name', async () => {
  const seen = await afterCrashes(
    async (files) => {
      await writeFile(files, '/d/a', Buffer.from('old'))
      await writeFile(files, '/d/b', Buffer.from('new'))
      await files.syncDirectory('/d')
      await files.rename('/d/b', '/d/a')
    },
    async (files) =>
      `${await readOrUndefined(files, '/d/a')} ${await readOrUndefined(files, '/d/b')}`,
  )
  expect(seen).toEqual(new Set(['old new', 'new undefined']))
})

test('a removal without a directory sync may be undone', async () => {
  const seen = await afterCrashes(
    async (files) => {
      await writeFile(files, '/d/a', Buffer.from('a'))
      await files.syncDirectory('/d')
      await files.remove('/d/a')
    },
    (files) => readOrUndefined(files, '/d/a'),
  )
  expect(seen).toEqual(new Set(['a', undefined]))
})

test('unsynced writes are lost, kept or torn by sectors', async () => {
  const seen = await afterCrashes(
    async (files) => {
      await writeFile(files, '/d/a', Buffer.alloc(8192))
      await files.syncDirectory('/d')
      const file = await files.open('/d/a', 'write')
      await file.write([BLOCK], 4096)
    },
    async (files) => {
      const text = (await readOrUndefined(files, '/d/a')) ?? ''
      expect(text.slice(0, 4096)).toBe('\0'.repeat(4096))
      return (text.match(/x{512}/g) ?? []).length
    },
  )
  expect(seen.has(0)).toBe(true)
  expect(seen.has(8)).toBe(true)
  expect(seen.size).toBeGreaterThan(3)
})

test('a block that was being written may be ruined, with what was durable in it', async () => {
  const seen = await afterCrashes(
    async (files) => {
      await writeFile(files, '/d/a', Buffer.alloc(512, 'a'))
      await files.syncDirectory('/d')
      const file = await files.open('/d/a', 'write')
      await file.write([Buffer.alloc(512, 'b')], 512)
    },
    async (files) => ((await readOrUndefined(files, '/d/a')) ?? '').startsWith('aaa'),
  )
  expect(seen).toEqual(new Set([true, false]))
})

test('what a failed sync covered is not saved by a later sync', async () => {
  const seen = await afterCrashes(
    async (files, disk) => {
      await writeFile(files, '/d/a', Buffer.from('old'))
      await files.syncDirectory('/d')
      const file = await files.open('/d/a', 'write')
      await file.write([Buffer.from('new')], 0)
      disk.fail({ operation: 'sync', code: 'EIO', path: '/a' })
      await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' })
      await file.sync()
      expect(await readOrUndefined(files, '/d/a')).toBe('new')
    },
    (files) => readOrUndefined(files, '/d/a'),
  )
  expect(seen.has('old')).toBe(true)
})

test('a kill keeps what was written and makes nothing durable', async () => {
  const seen = await afterCrashes(
    async (files, disk) => {
      await writeFile(files, '/d/a', Buffer.from('old'))
      await files.syncDirectory('/d')
      const file = await files.open('/d/a', 'write')
      await file.write([Buffer.from('new')], 0)
      disk.kill()
      expect(await readOrUndefined(disk.files, '/d/a')).toBe('new')
    },
    (files) => readOrUndefined(files, '/d/a'),
  )
  expect(seen.has('old') && seen.has('new')).toBe(true)
})

test('a process that has ended never hears from its calls', async () => {
  const disk = new SimulatedDisk(seededRandom(1))
  const crashed = disk.crashAfter(2)
  let heard = 0
  void writeFile(disk.files, '/a', BLOCK).finally(() => heard++)
  await crashed
  await disk.files.list('/')
  expect(heard).toBe(0)
})

test('a crash that is forgotten does not come', async () => {
  const disk = new SimulatedDisk(seededRandom(1))
  void disk.crashAfter(2)
  disk.forgetFaults()
  await writeFile(disk.files, '/a', BLOCK)
  expect(await readOrUndefined(disk.files, '/a')).toHaveLength(BLOCK.byteLength)
})

test('the same seed and calls leave the same bytes', async () => {
  const outcomes: (string | undefined)[] = []
  for (let round = 0; round < 2; round++) {
    const disk = new SimulatedDisk(seededRandom(12))
    const file = await disk.files.open('/a', 'create')
    await disk.files.syncDirectory('/')
    for (let at = 0; at < 50; at++) await file.write([BLOCK], at * 3000)
    disk.crash()
    outcomes.push(await readOrUndefined(disk.files, '/a'))
  }
  expect(outcomes[0]).toBe(outcomes[1])
})

test('a full disk takes what fits, refuses the rest, and has space again after a removal', async () => {
  const disk = new SimulatedDisk(seededRandom(1), { capacityBytes: 16384 })
  const { files } = disk
  await writeFile(files, '/a', Buffer.alloc(8192))
  await expect(writeFile(files, '/b', Buffer.alloc(12288))).rejects.toMatchObject({
    code: 'ENOSPC',
  })
  expect((await files.space('/')).availableBytes).toBe(0)
  await files.remove('/b')
  expect(await files.space('/')).toEqual({ totalBytes: 16384, availableBytes: 8192 })
})

test('faults strike the operation they name, once', async () => {
  const disk = new SimulatedDisk(seededRandom(1))
  disk.fail({ operation: 'write', code: 'EIO', path: '/b', skipCount: 1 })
  await writeFile(disk.files, '/a', BLOCK)
  const file = await disk.files.open('/b', 'create')
  await file.write([BLOCK], 0)
  await expect(file.write([BLOCK], 0)).rejects.toMatchObject({ code: 'EIO' })
  await file.write([BLOCK], 0)
})

test('an operation that is under way when its process is killed takes effect or not', async () => {
  const kept = new Set<boolean>()
  for (let seed = 1; seed <= 20; seed++) {
    const disk = new SimulatedDisk(seededRandom(seed), { delay: () => {} })
    void disk.files.open('/a', 'create')
    disk.kill()
    kept.add(disk.directory('/').names.has('a'))
  }
  expect([...kept].sort()).toEqual([false, true])
})

test('operations take effect when their delay is over, in whatever order', async () => {
  const due: (() => void)[] = []
  const delay = (_operation: string, _path: string, act: () => void) => void due.push(act)
  const disk = new SimulatedDisk(seededRandom(1), { delay })
  const opened = disk.files.open('/a', 'create')
  const listed = disk.files.list('/')
  for (const act of due.reverse()) act()
  expect(await listed).toEqual([])
  await opened
  expect(disk.directory('/').names.has('a')).toBe(true)
})

test('writes that a power cut leaves in part are counted', async () => {
  let tornCount = 0
  for (let seed = 1; seed <= 20; seed++) {
    const disk = new SimulatedDisk(seededRandom(seed))
    await writeFile(disk.files, '/a', BLOCK)
    await disk.files.syncDirectory('/')
    const file = await disk.files.open('/a', 'write')
    await file.write([Buffer.alloc(4096, 1)], 0)
    disk.crash()
    const left = (await readOrUndefined(disk.files, '/a')) ?? ''
    const isTorn = left.includes('\x01') && left !== '\x01'.repeat(4096)
    if (isTorn) expect(disk.tornCount).toBe(1)
    tornCount += disk.tornCount
  }
  expect(tornCount).toBeGreaterThan(0)
})
