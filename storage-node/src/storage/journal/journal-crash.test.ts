import { hasErrorCode } from '../../base/files.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { Dice, seededRandom } from '../../base/seeded-random.ts'
import { SimulatedDisk } from '../../base/simulated-disk.ts'
import type { PartitionId, Seq } from '../../contract/identifiers.ts'
import { StoreUnreadableError } from '../store-open-error.ts'
import type { EntryRecord, LogPosition, ReplicaRecord } from '../../wire/stored/journal-records.ts'
import { all, ballot, entry, openJournal, replica } from './journal-fixtures.ts'
import type { Journal } from './journal.ts'

const PARTITIONS = [1, 2, 3] as PartitionId[]
const STUCK = 3 as PartitionId
const FILE_SIZE_BYTES = 24 * 1024
const GROUP_SIZES_BYTES = [1, 200, 8 * 1024] as const

type Change =
  | { readonly kind: 'entry'; readonly entry: EntryRecord }
  | {
      readonly kind: 'replica'
      readonly replica: ReplicaRecord
      readonly isSnapshot?: boolean
    }

/** What a journal must hold: the payloads of every entry from seq 1 on, and the replicas. */
class Model {
  readonly logs = new Map<PartitionId, string[]>()
  readonly replicas = new Map<PartitionId, ReplicaRecord>()

  apply(change: Change): void {
    if (change.kind === 'replica') {
      const { partition, base } = change.replica
      this.replicas.set(partition, change.replica)
      // What a snapshot has brought is in nobody's log.
      if (change.isSnapshot) this.logs.set(partition, Array<string>(base.seq).fill(''))
      return
    }
    const { partition, seq, payload } = change.entry
    const log = this.logs.get(partition) ?? []
    log.length = seq - 1
    log.push(Buffer.from(payload).toString('latin1'))
    this.logs.set(partition, log)
  }

  copy(): Model {
    const copy = new Model()
    for (const [partition, log] of this.logs) copy.logs.set(partition, [...log])
    for (const [partition, record] of this.replicas) copy.replicas.set(partition, record)
    return copy
  }
}

/** One store over many lives: runs a workload, dies at a random moment, recovers, compares. */
class Life {
  readonly dice: Dice
  readonly disk: SimulatedDisk
  readonly clock = new ManualClock(Date.UTC(2030, 0, 1))
  /** Everything that a finished recovery has shown, or an answer has promised. */
  #certain = new Model()
  /** What was asked for since, in the order of asking; the first `#answered` are acknowledged. */
  #asked: Change[] = []
  #answered = 0
  /** `#certain` with everything asked for. */
  #latest = new Model()
  #checkpointing = Promise.resolve()
  #watermark = 0
  #epoch = 1
  deaths = 0

  constructor(seed: number) {
    this.dice = new Dice(seededRandom(seed))
    this.disk = new SimulatedDisk(seededRandom(seed + 1_000_000))
  }

  async run(deathCount: number): Promise<void> {
    while (this.deaths < deathCount) {
      const death = this.#planDeath()
      this.#checkpointing = Promise.resolve()
      const journal = await Promise.race([death, this.#open()])
      if (journal !== undefined) {
        await Promise.race([death, this.#compare(journal)])
        await Promise.race([death, this.#work(journal)])
      }
      await death
      this.deaths++
    }
  }

  async #open(): Promise<Journal | undefined> {
    try {
      return await openJournal(this.disk.files, {
        watermark: this.#watermark,
        clock: this.clock,
        fileSizeBytes: FILE_SIZE_BYTES,
        groupSizeBytes: this.dice.pick(GROUP_SIZES_BYTES),
        fatal: () => this.#exit(),
      })
    } catch (error) {
      // A fault of the disk ends the start; whatever else is a finding.
      if (!(error instanceof StoreUnreadableError)) throw error
      this.#exit()
      return undefined
    }
  }

  /** Ends the process in one of three ways after some operations; resolves when it has ended. */
  #planDeath(): Promise<void> {
    const after = this.dice.below(this.dice.pick([30, 30, 200]))
    if (this.dice.chance(0.2)) {
      this.disk.fail({
        operation: this.dice.pick(['sync', 'write', 'syncDirectory']),
        code: 'EIO',
        skipCount: after,
      })
      return this.disk.crashAfter(2000)
    }
    return this.disk.crashAfter(after, this.dice.chance(0.3) ? 'kill' : 'power cut')
  }

  /** A process that ends by itself leaves the page cache; the power may fail behind it. */
  #exit(): void {
    if (this.dice.chance(0.5)) this.disk.kill()
    else this.disk.crash()
  }

  /** Goes on until the process ends; what waits for no disk must not go on in the next one. */
  async #work(journal: Journal): Promise<never> {
    const death = this.deaths
    let isEnded = false
    while (death === this.deaths && !isEnded) {
      const before = this.#asked.length
      const waits: Promise<unknown>[] = []
      for (let rest = this.dice.below(6) + 1; rest > 0; rest--) waits.push(this.#step(journal))
      if (this.dice.chance(0.1)) waits.push(this.#checkpointInTurn(journal))
      if (this.dice.chance(0.3)) this.#watermark = journal.syncedGroup
      if (this.dice.chance(0.7)) await Promise.all(waits)
      else await waits[0]
      if (this.dice.chance(0.03)) {
        await Promise.all(waits)
        isEnded = this.#asked.length > before
        if (isEnded) this.#exit()
      }
    }
    return new Promise(() => {})
  }

  #step(journal: Journal): Promise<void> {
    const partition = PARTITIONS[this.dice.below(PARTITIONS.length)] ?? (1 as PartitionId)
    const current = this.#latest
    const known = current.replicas.get(partition)
    if (known === undefined || this.dice.chance(0.05)) {
      const record = { ...replica(partition, 0, ++this.#epoch), ...(known && { base: known.base }) }
      return this.#ask({ kind: 'replica', replica: record }, journal.writeReplica(record))
    }
    const end = current.logs.get(partition)?.length ?? 0
    if (this.dice.chance(0.01)) {
      const seq = known.base.seq + 1 + this.dice.below(end - known.base.seq + 5)
      const base = { seq: seq as Seq, ballot: ballot(++this.#epoch) }
      const record = { ...known, base }
      const change = { kind: 'replica', replica: record, isSnapshot: true } as const
      return this.#ask(change, journal.writeReplica(record))
    }
    // Now and then a new epoch takes back what may not be committed.
    const seq = this.dice.chance(0.05)
      ? end + 1 - this.dice.below(end - known.base.seq + 1)
      : end + 1
    const text = `${partition}/${seq}/${this.#epoch}/`.padEnd(this.dice.pick([20, 300, 6000]), '.')
    const added = entry(partition, seq, text, this.#epoch)
    return this.#ask({ kind: 'entry', entry: added }, journal.append(added))
  }

  /** One after the other, as a store makes them. */
  #checkpointInTurn(journal: Journal): Promise<void> {
    this.#checkpointing = this.#checkpointing.then(() => this.#checkpoint(journal))
    return this.#checkpointing
  }

  async #checkpoint(journal: Journal): Promise<void> {
    const durable = this.#durable()
    const current = this.#latest
    const bases = new Map<PartitionId, LogPosition>()
    const written: Change[] = []
    for (const [partition, record] of current.replicas) {
      const end = Math.min(
        durable.logs.get(partition)?.length ?? 0,
        current.logs.get(partition)?.length ?? 0,
      )
      if (end <= record.base.seq || !durable.replicas.has(partition)) continue
      // One is stuck for long, so that its entries have to be copied.
      if (partition === STUCK && this.dice.chance(0.95)) continue
      const base = { seq: end as Seq, ballot: ballotOf(current.logs.get(partition)?.[end - 1]) }
      bases.set(partition, base)
      written.push({ kind: 'replica', replica: { ...record, base } })
    }
    for (const change of written) this.#note(change)
    const upTo = this.#asked.length
    // Long enough that no file is kept for its opIds.
    this.clock.advance(20_000)
    // A store whose checkpoint fails ends.
    await journal.checkpoint({ bases }).catch((error: unknown) => {
      if (!hasErrorCode(error, 'EIO')) throw error
      this.#exit()
      return new Promise(() => {})
    })
    if (written.length > 0) this.#answered = Math.max(this.#answered, upTo)
  }

  async #ask(change: Change, answer: Promise<void>): Promise<void> {
    const at = this.#note(change)
    await answer
    this.#answered = Math.max(this.#answered, at)
  }

  #note(change: Change): number {
    this.#latest.apply(change)
    return this.#asked.push(change)
  }

  #durable(): Model {
    return this.#modelAfter(this.#answered)
  }

  #modelAfter(count: number): Model {
    const model = this.#certain.copy()
    for (const change of this.#asked.slice(0, count)) model.apply(change)
    return model
  }

  /** The journal holds everything answered, and of the rest a beginning; never a part of a thing. */
  async #compare(journal: Journal): Promise<void> {
    const held = await readHeld(journal)
    for (let count = this.#asked.length; count >= this.#answered; count--) {
      const model = this.#modelAfter(count)
      if (!agrees(held, model)) continue
      this.#certain = model
      this.#latest = model.copy()
      this.#asked = []
      this.#answered = 0
      return
    }
    throw new Error(
      `Recovered ${JSON.stringify(held).replaceAll(/\.{2,}/g, '')} agrees with no state from change ${this.#answered} to ${this.#asked.length}`,
    )
  }
}

interface Held {
  readonly partition: PartitionId
  readonly first: number
  readonly end: number
  readonly texts: string[]
  readonly replica: ReplicaRecord | undefined
}

async function readHeld(journal: Journal): Promise<Held[]> {
  const held: Held[] = []
  for (const partition of PARTITIONS) {
    const first = journal.firstSeq(partition)
    const texts: string[] = []
    for await (const { payload } of journal.entries(partition, all(first ?? (1 as Seq)))) {
      texts.push(Buffer.from(payload).toString('latin1'))
    }
    held.push({
      partition,
      first: first ?? 0,
      end: journal.logEnd(partition)?.seq ?? 0,
      texts,
      replica: journal.replicas().find((record) => record.partition === partition),
    })
  }
  return held
}

function agrees(held: readonly Held[], model: Model): boolean {
  return held.every(({ partition, first, end, texts, replica: record }) => {
    const log = model.logs.get(partition) ?? []
    const expected = model.replicas.get(partition)
    const base = expected?.base.seq ?? 0
    if (end !== log.length || JSON.stringify(record) !== JSON.stringify(expected)) return false
    if (texts.length === 0) return end === base
    return first <= base + 1 && sameTexts(texts, log.slice(first - 1))
  })
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at])
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed)
const DEATHS_PER_SEED = 25

test.each(SEEDS)(
  'nothing acknowledged is lost and nothing half-written is seen, over many deaths (seed %i)',
  async (seed) => {
    const life = new Life(seed)
    await life.run(DEATHS_PER_SEED)
    expect(life.deaths).toBe(DEATHS_PER_SEED)
  },
)

/** Every text names the epoch it was written in. */
function ballotOf(text = ''): LogPosition['ballot'] {
  return ballot(Number(text.split('/')[2]))
}
