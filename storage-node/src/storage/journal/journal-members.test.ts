import { ManualClock } from '../../base/manual-clock.ts'
import { seededRandom } from '../../base/seeded-random.ts'
import { SimulatedDisk } from '../../base/simulated-disk.ts'
import type { Seq, StoreId } from '../../contract/identifiers.ts'
import { NO_BALLOT } from '../../replication/ballot.ts'
import { newOpId } from '../../wire/stored/op-id.ts'
import {
  DIRECTORY,
  ballot,
  entry,
  openJournal,
  P1,
  P2,
  position,
  readTexts,
  replica,
} from './journal-fixtures.ts'
import type { Journal } from './journal.ts'

const PEER = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as StoreId
const MINUTE_MS = 60_000
const START_MS = Date.UTC(2030, 0, 1)

function newDisk(): SimulatedDisk {
  return new SimulatedDisk(seededRandom(7))
}

function texts(from: number, to: number, text = 'text'): { seq: number; text: string }[] {
  return Array.from({ length: to - from + 1 }, (_, at) => ({ seq: from + at, text }))
}

async function fileNames(disk: SimulatedDisk): Promise<number[]> {
  const names = await disk.files.list(DIRECTORY)
  return names.map((name) => parseInt(name)).sort((a, b) => a - b)
}

describe('a log of many members', () => {
  test('is summed up by where each ballot begins', async () => {
    const disk = newDisk()
    const journal = await openJournal(disk.files)
    expect(journal.summary(P1)).toEqual({
      first: undefined,
      base: { seq: 0, ballot: NO_BALLOT },
      end: { seq: 0, ballot: NO_BALLOT },
      ballots: [{ seq: 0, ballot: NO_BALLOT }],
    })
    await journal.writeReplica(replica(P1))
    for (const seq of [1, 2, 3]) await journal.append(entry(P1, seq))
    for (const seq of [3, 4]) await journal.append(entry(P1, seq, 'new', 2))
    await journal.append(entry(P1, 5, 'newer', 4))
    disk.crash()
    const again = await openJournal(disk.files)
    expect(again.summary(P1)).toMatchObject({
      first: 1,
      base: position(0),
      end: position(5, 4),
      ballots: [position(0), position(3, 2), position(5, 4)],
    })
    expect(again.ballotAt(P1, 4 as Seq)).toEqual(ballot(2))
    expect(again.ballotAt(P1, 6 as Seq)).toBeUndefined()
  })

  test('tells of entries below its base for as long as the files hold them', async () => {
    const journal = await openJournal(newDisk().files)
    await journal.writeReplica(replica(P1))
    for (const seq of [1, 2]) await journal.append(entry(P1, seq))
    for (const seq of [3, 4]) await journal.append(entry(P1, seq, 'new', 2))
    await journal.checkpoint({ bases: new Map([[P1, position(3, 2)]]) })
    const ballots = [position(1), position(3, 2)]
    expect(journal.summary(P1)).toMatchObject({ first: 1, base: position(3, 2), ballots })
  })

  test('is read from memory before it is durable, and the record goes before the entries', async () => {
    const disk = newDisk()
    const journal = await openJournal(disk.files)
    const written = journal.persist(replica(P1), [entry(P1, 1), entry(P1, 2)])
    expect(journal.recentEntry(P1, 2 as Seq)).toEqual(entry(P1, 2))
    expect(journal.logEnd(P1)).toEqual(position(0))
    await written
    expect(journal.logEnd(P1)).toEqual(position(2))
    await journal.append(entry(P1, 1, 'other', 2))
    expect(journal.recentEntry(P1, 1 as Seq)).toEqual(entry(P1, 1, 'other', 2))
    expect(journal.recentEntry(P1, 2 as Seq)).toBeUndefined()
  })

  test('never loses what a flush has covered to a later entry', async () => {
    const journal = await openJournal(newDisk().files)
    await journal.writeReplica(replica(P1))
    for (const seq of [1, 2, 3]) await journal.append(entry(P1, seq))
    await journal.checkpoint({ bases: new Map([[P1, position(2)]]) })
    expect(() => journal.append(entry(P1, 2, 'new', 2))).toThrow('nothing that a flush has covered')
  })

  test('keeps a base that a checkpoint moved while a record was made', async () => {
    const journal = await openJournal(newDisk().files)
    await journal.writeReplica(replica(P1))
    for (const seq of [1, 2, 3]) await journal.append(entry(P1, seq))
    await journal.checkpoint({ bases: new Map([[P1, position(2)]]) })
    await journal.writeReplica(replica(P1, 0, 5))
    expect(journal.replica(P1)).toMatchObject({
      promised: { ballot: ballot(5) },
      base: position(2),
    })
  })
})

describe('a snapshot', () => {
  test.each([
    ['above the log', position(10)],
    ['of another history', position(3, 2)],
  ])('%s voids what was written before, also for later starts', async (_, base) => {
    const disk = newDisk()
    const clock = new ManualClock(START_MS)
    const journal = await openJournal(disk.files, { fileSizeBytes: 4096, clock })
    await journal.writeReplica(replica(P1))
    for (const { seq } of texts(1, 6)) await journal.append(entry(P1, seq))
    await journal.writeReplica({ ...replica(P1), base })
    expect(journal.logEnd(P1)).toEqual(base)
    expect(journal.recentEntry(P1, (base.seq + 1) as Seq)).toBeUndefined()
    await journal.append(entry(P1, base.seq + 1, 'new', 3))
    clock.advance(MINUTE_MS)
    // The files with the beginning of the old log go, those with its end may stay.
    await journal.checkpoint({ bases: new Map() })
    disk.crash()
    const again = await openJournal(disk.files)
    expect(again.logEnd(P1)).toEqual(position(base.seq + 1, 3))
    expect(await readTexts(again, P1)).toEqual(['new'])
  })

  test('that the log holds leaves the log above it as it is', async () => {
    const disk = newDisk()
    const journal = await openJournal(disk.files)
    await journal.writeReplica(replica(P1))
    for (const { seq } of texts(1, 6)) await journal.append(entry(P1, seq))
    await journal.writeReplica({ ...replica(P1), base: position(3) })
    expect(journal.logEnd(P1)).toEqual(position(6))
    disk.crash()
    expect((await openJournal(disk.files)).logEnd(P1)).toEqual(position(6))
  })
})

describe('a file that no base needs', () => {
  async function filled(disk: SimulatedDisk, clock: ManualClock, lagBytesMax?: number) {
    const options = { fileSizeBytes: 4096, clock, ...(lagBytesMax && { lagBytesMax }) }
    const journal = await openJournal(disk.files, options)
    await journal.writeReplica(replica(P1))
    for (const { seq } of texts(1, 8)) await journal.append(entry(P1, seq))
    return journal
  }
  const bases = new Map([[P1, position(8)]])
  const lacking = new Map([[P1, 4 as Seq]])

  test('stays for 20 s, so that opIds are found in it', async () => {
    const [disk, clock] = [newDisk(), new ManualClock(START_MS)]
    const journal = await filled(disk, clock)
    clock.advance(19_000)
    await journal.checkpoint({ bases })
    expect(journal.firstSeq(P1)).toBe(1)
    clock.advance(2000)
    await journal.checkpoint({ bases })
    // The last one was written to until the checkpoint.
    expect(journal.firstSeq(P1)).toBe(8)
    clock.advance(20_000)
    await journal.checkpoint({ bases })
    expect(journal.firstSeq(P1)).toBeUndefined()
    expect((await fileNames(disk)).length).toBeLessThanOrEqual(2)
  })

  test('stays for half an hour when a member lacks what is in it', async () => {
    const [disk, clock] = [newDisk(), new ManualClock(START_MS)]
    const journal = await filled(disk, clock)
    clock.advance(29 * MINUTE_MS)
    await journal.checkpoint({ bases, lacking })
    expect(journal.firstSeq(P1)).toBe(4)
    clock.advance(2 * MINUTE_MS)
    await journal.checkpoint({ bases, lacking })
    expect(journal.firstSeq(P1)).toBe(8)
  })

  test('goes when members that lag would fill the volume', async () => {
    const [disk, clock] = [newDisk(), new ManualClock(START_MS)]
    const journal = await filled(disk, clock, 2 * 4096)
    clock.advance(MINUTE_MS)
    await journal.checkpoint({ bases, lacking })
    expect(journal.firstSeq(P1)).toBeGreaterThan(5)
  })
})

describe('a partition that is stuck', () => {
  async function stuck(disk: SimulatedDisk, clock: ManualClock): Promise<Journal> {
    const journal = await openJournal(disk.files, { fileSizeBytes: 4096, clock })
    await journal.writeReplica(replica(P1))
    await journal.writeReplica(replica(P2))
    for (const { seq } of texts(1, 5)) await journal.append(entry(P1, seq))
    await journal.append(entry(P1, 5, 'new', 2))
    for (const { seq } of texts(1, 30)) await journal.append(entry(P2, seq))
    clock.advance(MINUTE_MS)
    await journal.checkpoint({ bases: new Map([[P2, position(30)]]) })
    return journal
  }

  test('does not keep the files of others: its entries are copied to the end', async () => {
    const disk = newDisk()
    const journal = await stuck(disk, new ManualClock(START_MS))
    const before = (await fileNames(disk))[0] ?? 0
    expect(before).toBeGreaterThan(6)
    const all = ['1/1', '1/2', '1/3', '1/4', 'new']
    expect(await readTexts(journal, P1)).toEqual(all)
    expect(journal.summary(P1)).toMatchObject({ first: 1, end: position(5, 2) })
    disk.crash()
    const again = await openJournal(disk.files)
    expect(await readTexts(again, P1)).toEqual(all)
    expect(again.summary(P1)).toMatchObject({
      first: 1,
      end: position(5, 2),
      ballots: [position(0), position(5, 2)],
    })
  })

  test('may be cut behind the copies, and go on', async () => {
    const disk = newDisk()
    const journal = await stuck(disk, new ManualClock(START_MS))
    await journal.append(entry(P1, 3, 'third', 3))
    await journal.append(entry(P1, 4, 'fourth', 3))
    disk.crash()
    const again = await openJournal(disk.files)
    expect(await readTexts(again, P1)).toEqual(['1/1', '1/2', 'third', 'fourth'])
  })
})

describe('what is heard of other stores', () => {
  test('an incarnation is durable before it counts, and never falls', async () => {
    const disk = newDisk()
    const journal = await openJournal(disk.files)
    await journal.recordIncarnation(PEER, 4)
    await journal.recordIncarnation(PEER, 3)
    disk.crash()
    const again = await openJournal(disk.files)
    expect(again.peer(PEER)).toEqual({ storeId: PEER, incarnationMax: 4, syncedGroup: 0 })
  })

  test('the end of a journal is written along with other things, once a second', async () => {
    const [disk, clock] = [newDisk(), new ManualClock(START_MS)]
    const journal = await openJournal(disk.files, { clock })
    await journal.recordIncarnation(PEER, 1)
    const group = journal.syncedGroup
    journal.hearSyncedGroup(PEER, 70)
    expect(journal.syncedGroup).toBe(group)
    await journal.writeReplica(replica(P1))
    journal.hearSyncedGroup(PEER, 90)
    journal.hearSyncedGroup(PEER, 80)
    await journal.writeReplica(replica(P1))
    disk.crash()
    expect((await openJournal(disk.files)).peer(PEER)?.syncedGroup).toBe(70)
  })

  test('what was known before a life is kept apart from what that life says', async () => {
    const journal = await openJournal(newDisk().files)
    await journal.recordIncarnation(PEER, 1)
    journal.hearSyncedGroup(PEER, 70)
    await journal.recordIncarnation(PEER, 2)
    journal.hearSyncedGroup(PEER, 90)
    expect(journal.earlierPeer(PEER)).toEqual({
      ...{ storeId: PEER, incarnationMax: 1, syncedGroup: 70 },
    })
    expect(journal.peer(PEER)).toMatchObject({ incarnationMax: 2, syncedGroup: 90 })
  })
})

test('a start finds the opIds of the last seconds, and only those up to the end it asks for', async () => {
  const [disk, clock] = [newDisk(), new ManualClock(START_MS)]
  const journal = await openJournal(disk.files, { clock })
  await journal.writeReplica(replica(P1))
  const random = seededRandom(3)
  const opIds = [-60_000, -1000, 0, 0].map((ms) => newOpId(START_MS + ms, random))
  for (const [at, opId] of opIds.entries()) await journal.append({ ...entry(P1, at + 1), opId })
  await journal.append({ ...entry(P1, 4, 'new', 2), opId: new Uint8Array(16) })
  disk.crash()
  const again = await openJournal(disk.files, { clock })
  const found = again.takeOpIds(P1, 4 as Seq)
  expect(found.map(({ seq }) => seq)).toEqual([2, 3])
  expect(Buffer.from(found[0]?.opId ?? [])).toEqual(opIds[1])
  expect(again.takeOpIds(P1, 4 as Seq)).toEqual([])
})
