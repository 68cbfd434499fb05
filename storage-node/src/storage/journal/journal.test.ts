import { ManualClock } from '../../base/manual-clock.ts'
import { seededRandom } from '../../base/seeded-random.ts'
import { SimulatedDisk } from '../../base/simulated-disk.ts'
import type { Seq } from '../../contract/identifiers.ts'
import { StoreDamagedError, StoreUnreadableError } from '../store-open-error.ts'
import {
  ballot,
  DIRECTORY,
  entry,
  openJournal,
  P1,
  P2,
  position,
  readTexts,
  replica,
} from './journal-fixtures.ts'

function newDisk(): SimulatedDisk {
  return new SimulatedDisk(seededRandom(7))
}

/** How long a file is kept for the opIds in it. */
const OP_ID_KEPT_MS = 20_000

async function journalFiles(disk: SimulatedDisk): Promise<string[]> {
  return (await disk.files.list(DIRECTORY)).sort((a, b) => parseInt(a) - parseInt(b))
}

/** Cuts the power after everything durable has been written, and opens the journal again. */
async function reopen(disk: SimulatedDisk, options = {}) {
  disk.crash()
  return openJournal(disk.files, options)
}

test('a new journal is empty and begins with a synced group', async () => {
  const journal = await openJournal(newDisk().files)
  expect(journal.replicas()).toEqual([])
  expect(journal.logEnd(P1)).toBeUndefined()
  expect(journal.syncedGroup).toBe(1)
})

test('what was appended is there after a crash, in order and apart by partition', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  await journal.writeReplica(replica(P1))
  await Promise.all([1, 2, 3].map((seq) => journal.append(entry(P1, seq))))
  await journal.append(entry(P2, 1))
  const again = await reopen(disk)
  expect(again.replicas()).toEqual([replica(P1)])
  expect(again.logEnd(P1)).toEqual(position(3))
  expect(await readTexts(again, P1)).toEqual(['1/1', '1/2', '1/3'])
  expect(await readTexts(again, P1, 3 as Seq)).toEqual(['1/3'])
  expect(await readTexts(again, P2)).toEqual(['2/1'])
})

test('callers of one turn share one group and one sync', async () => {
  const journal = await openJournal(newDisk().files)
  const before = journal.syncedGroup
  await Promise.all(Array.from({ length: 64 }, (_, at) => journal.append(entry(P1, at + 1))))
  expect(journal.syncedGroup).toBe(before + 1)
})

test('an append resolves only once its bytes are durable', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  let resolved = 0
  for (let seq = 1; seq <= 20; seq++) {
    const appended = journal.append(entry(P1, seq)).then(() => resolved++)
    if (seq % 3 === 0) await appended
  }
  const acknowledged = resolved
  const again = await reopen(disk)
  expect(again.logEnd(P1)?.seq ?? 0).toBeGreaterThanOrEqual(acknowledged)
})

test('the log ends with the last entry written, whatever stood above', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  for (let seq = 1; seq <= 5; seq++) await journal.append(entry(P1, seq))
  await journal.append(entry(P1, 3, 'new', 2))
  expect(journal.logEnd(P1)).toEqual(position(3, 2))
  const again = await reopen(disk)
  expect(again.logEnd(P1)).toEqual({ seq: 3, ballot: ballot(2) })
  expect(await readTexts(again, P1)).toEqual(['1/1', '1/2', 'new'])
})

test('an entry that leaves a gap is refused', async () => {
  const journal = await openJournal(newDisk().files)
  await journal.append(entry(P1, 1))
  expect(() => journal.append(entry(P1, 3))).toThrow('entries follow one another')
})

test('a snapshot moves the log: its base is the end until the next entry', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  await journal.writeReplica(replica(P1))
  for (let seq = 1; seq <= 3; seq++) await journal.append(entry(P1, seq))
  await journal.writeReplica(replica(P1, 10))
  expect(journal.logEnd(P1)).toEqual(position(10))
  await journal.append(entry(P1, 11))
  const again = await reopen(disk)
  expect(again.logEnd(P1)).toEqual(position(11))
  expect(await readTexts(again, P1)).toEqual(['1/11'])
})

test('large and many entries move to new files and are read back across them', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files, { fileSizeBytes: 64 * 1024 })
  await journal.writeReplica(replica(P1))
  const texts = Array.from({ length: 40 }, (_, at) => `${at}`.repeat(10_000))
  for (const [at, text] of texts.entries()) await journal.append(entry(P1, at + 1, text))
  expect((await journalFiles(disk)).length).toBeGreaterThan(5)
  expect(await readTexts(journal, P1)).toEqual(texts)
  const again = await reopen(disk)
  expect(await readTexts(again, P1)).toEqual(texts)
  expect(again.replicas()).toEqual([replica(P1)])
})

test('an entry of the largest size fits, together with others', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  const text = 'x'.repeat(4 * 1024 ** 2)
  await Promise.all([journal.append(entry(P1, 1)), journal.append(entry(P1, 2, text))])
  const again = await reopen(disk)
  expect(await readTexts(again, P1)).toEqual(['1/1', text])
})

test('a checkpoint drops the files below every base, and only those', async () => {
  const disk = newDisk()
  const clock = new ManualClock(0)
  const journal = await openJournal(disk.files, { fileSizeBytes: 4096, clock })
  await journal.writeReplica(replica(P1))
  await journal.writeReplica(replica(P2))
  await journal.append(entry(P2, 1))
  for (let seq = 1; seq <= 6; seq++) await journal.append(entry(P1, seq))
  clock.advance(OP_ID_KEPT_MS)
  await journal.checkpoint({ bases: new Map([[P1, position(4)]]) })
  expect(await readTexts(journal, P2)).toEqual(['2/1'])
  expect(await readTexts(journal, P1)).toHaveLength(6)

  await journal.checkpoint({ bases: new Map([[P2, position(1)]]) })
  expect(journal.firstSeq(P2)).toBeUndefined()
  expect(journal.logEnd(P2)).toEqual(position(1))
  expect(await readTexts(journal, P1)).toEqual(['1/5', '1/6'])
  const again = await reopen(disk)
  expect(again.replicas().map(({ base }) => base.seq)).toEqual([4, 1])
  expect(await readTexts(again, P1)).toEqual(['1/5', '1/6'])
  expect(again.logEnd(P2)).toEqual(position(1))
  await again.append(entry(P2, 2))
})

test('bytes since the last checkpoint rise with what is written and fall with a checkpoint', async () => {
  const journal = await openJournal(newDisk().files)
  await journal.writeReplica(replica(P1))
  await journal.append(entry(P1, 1))
  expect(journal.bytesSinceCheckpoint).toBe(3 * 4096)
  await journal.checkpoint({ bases: new Map([[P1, position(1)]]) })
  expect(journal.bytesSinceCheckpoint).toBe(4096)
})

test('bytes that an earlier process wrote count until a checkpoint covers them', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  await journal.writeReplica(replica(P1))
  await journal.append(entry(P1, 1))
  const again = await reopen(disk)
  expect(again.bytesSinceCheckpoint).toBe(4 * 4096)
  await again.checkpoint({ bases: new Map([[P1, position(1)]]) })
  expect(again.bytesSinceCheckpoint).toBe(4096)
})

test('a disk that cannot be read is told from a damaged store', async () => {
  const disk = newDisk()
  await openJournal(disk.files)
  disk.fail({ operation: 'read', code: 'EIO', path: '1.log' })
  const refused = openJournal(disk.files)
  await expect(refused).rejects.toBeInstanceOf(StoreUnreadableError)
  await expect(refused).rejects.toThrow('the disk refuses it: EIO')
})

test('a last group that cuts a log off and grows it again is written again as what holds', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  await journal.writeReplica(replica(P1))
  for (let seq = 1; seq <= 4; seq++) await journal.append(entry(P1, seq))
  const last = [entry(P1, 5), entry(P1, 3, 'new 3', 2), entry(P1, 4, 'new 4', 2)]
  await Promise.all(last.map((added) => journal.append(added)))
  for (let start = 0; start < 3; start++) {
    expect(await readTexts(await reopen(disk), P1)).toEqual(['1/1', '1/2', 'new 3', 'new 4'])
  }
})

test.each(['EIO', 'ENOSPC'])(
  'a write that fails with %s is fatal and never answered',
  async (code) => {
    const disk = newDisk()
    const failures: unknown[] = []
    const journal = await openJournal(disk.files, { fatal: (cause) => failures.push(cause.cause) })
    disk.fail({ operation: 'write', code, path: '.log' })
    await expectNeverAnswered(disk, [journal.append(entry(P1, 1)), journal.append(entry(P1, 2))])
    await expectNeverAnswered(disk, [journal.append(entry(P1, 3))])
    expect(failures).toMatchObject([{ code }])
  },
)

test('a full disk is fatal and never answered', async () => {
  const disk = new SimulatedDisk(seededRandom(1), { capacityBytes: 8192 })
  const failures: unknown[] = []
  const journal = await openJournal(disk.files, { fatal: (cause) => failures.push(cause.cause) })
  await journal.append(entry(P1, 1))
  await expectNeverAnswered(disk, [journal.append(entry(P1, 2))])
  expect(failures).toMatchObject([{ code: 'ENOSPC' }])
})

test.each(['sync', 'syncDirectory'] as const)(
  'a %s that fails is fatal, never tried again and never answered',
  async (operation) => {
    const disk = newDisk()
    const failures: unknown[] = []
    const journal = await openJournal(disk.files, {
      fatal: (cause) => failures.push(cause.cause),
      fileSizeBytes: 4096,
    })
    disk.fail({ operation, code: 'EIO', path: 'journal' })
    await expectNeverAnswered(disk, [journal.append(entry(P1, 1))])
    expect(failures).toMatchObject([{ code: 'EIO' }])
  },
)

async function expectNeverAnswered(disk: SimulatedDisk, work: Promise<void>[]): Promise<void> {
  let answered = 0
  for (const promise of work) void promise.then(() => answered++)
  for (let turn = 0; turn < 100; turn++) await disk.files.list('/')
  expect(answered).toBe(0)
}

test('a file of the journal that is missing in the middle is damage', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files, { fileSizeBytes: 4096 })
  for (let seq = 1; seq <= 5; seq++) await journal.append(entry(P1, seq))
  await disk.files.remove(`${DIRECTORY}/3.log`)
  await expect(openJournal(disk.files)).rejects.toThrow('journal file 3 is missing')
})

test('oldest files that are missing are damage while their entries are needed', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files, { fileSizeBytes: 4096 })
  for (let seq = 1; seq <= 5; seq++) await journal.append(entry(P1, seq))
  await disk.files.remove(`${DIRECTORY}/1.log`)
  await disk.files.remove(`${DIRECTORY}/2.log`)
  await expect(openJournal(disk.files)).rejects.toBeInstanceOf(StoreDamagedError)
})

test('a bad group is damage when good ones follow it in its file', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  for (let seq = 1; seq <= 5; seq++) await journal.append(entry(P1, seq))
  disk.rot(`${DIRECTORY}/1.log`, 3 * 4096 + 60)
  await expect(openJournal(disk.files)).rejects.toThrow(
    'journal file 1 has a bad group at byte 12288 and a good one at byte 16384',
  )
})

test('a bad last group is damage when a later file counts it as synced', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files, { fileSizeBytes: 3 * 4096 })
  for (let seq = 1; seq <= 5; seq++) await journal.append(entry(P1, seq))
  disk.rot(`${DIRECTORY}/1.log`, 2 * 4096 + 60)
  await expect(openJournal(disk.files)).rejects.toThrow(
    'journal file 2 begins with group 4 and follows group 3, the files before it end with group 2',
  )
})

test('a bad last group is a torn tail when nothing knows it as synced', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  for (let seq = 1; seq <= 3; seq++) await journal.append(entry(P1, seq))
  disk.rot(`${DIRECTORY}/1.log`, 3 * 4096 + 60)
  const again = await openJournal(disk.files)
  expect(again.logEnd(P1)).toEqual(position(2))
  await again.append(entry(P1, 3, 'new'))
  expect(await readTexts(await reopen(disk), P1)).toEqual(['1/1', '1/2', 'new'])
})

test('a journal that ends before the watermark is damage', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  for (let seq = 1; seq <= 3; seq++) await journal.append(entry(P1, seq))
  const watermark = journal.syncedGroup
  disk.rot(`${DIRECTORY}/1.log`, 3 * 4096 + 60)
  await expect(openJournal(disk.files, { watermark })).rejects.toThrow(
    'its journal ends with group 3, but group 4 was synced',
  )
})

test('a bit that rots anywhere in a group that was synced is found or harmless', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  for (let seq = 1; seq <= 3; seq++) await journal.append(entry(P1, seq))
  const watermark = journal.syncedGroup
  for (let at = 4096; at < 4 * 4096; at += 31) {
    disk.rot(`${DIRECTORY}/1.log`, at)
    const outcome = await openJournal(disk.files, { watermark }).catch((error: unknown) => error)
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(StoreDamagedError)
    else expect(await readTexts(outcome as typeof journal, P1)).toEqual(['1/1', '1/2', '1/3'])
    disk.rot(`${DIRECTORY}/1.log`, at)
    for (const name of await disk.files.list(DIRECTORY)) {
      if (name !== '1.log') await disk.files.remove(`${DIRECTORY}/${name}`)
    }
  }
})

test('what a killed process left is durable only after the next start has written it again', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const disk = new SimulatedDisk(seededRandom(seed))
    const journal = await openJournal(disk.files)
    await journal.append(entry(P1, 1))
    const written = disk.operationCount
    void journal.append(entry(P1, 2))
    while (disk.operationCount < written + 1) await Promise.resolve()
    disk.kill()
    const again = await openJournal(disk.files)
    const end = again.logEnd(P1)
    expect(await readTexts(await reopen(disk), P1)).toHaveLength(end?.seq ?? 0)
  }
})

test('records never share a block of 4 KiB with a later write', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  for (let seq = 1; seq <= 3; seq++) await journal.append(entry(P1, seq, 'x'.repeat(seq * 1500)))
  const file = await disk.files.open(`${DIRECTORY}/1.log`, 'read')
  expect((await file.sizeBytes()) % 4096).toBe(0)
  expect(await file.sizeBytes()).toBe(4096 * 5)
})

test('a closed journal has written everything and takes nothing more', async () => {
  const disk = newDisk()
  const journal = await openJournal(disk.files)
  const appended = journal.append(entry(P1, 1))
  await journal.close()
  await appended
  expect(() => journal.append(entry(P1, 2))).toThrow('closed journal')
})
