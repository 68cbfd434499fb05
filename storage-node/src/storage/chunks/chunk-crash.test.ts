import { sameBytes } from '../../base/bytes.ts'
import { Dice, seededRandom } from '../../base/seeded-random.ts'
import type { DataId } from '../../model/identifiers.ts'
import { MemoryEngine } from '../memory-engine.ts'
import { bytesOf, dataId, Machine, newChunk, SEGMENTS, STORE_ID } from './chunk-fixtures.ts'
import type { ChunkStore } from './chunk-store.ts'
import { checkIndex } from './index-check.ts'

const SEGMENT_SIZE_BYTES = 48 * 1024

/** `putting` and `removing`: asked for and not answered, or not yet durable; either way is right. */
type State = 'putting' | 'present' | 'removing' | 'absent'

interface Data {
  readonly dataId: DataId
  readonly chunks: readonly Uint8Array[]
  state: State
  /** Of the chunks; after a crash in the middle of a put some may be there. */
  readonly seen: Set<number>
}

/** One store over many lives: works, dies at a random moment, recovers, compares. */
class Life {
  readonly #dice: Dice
  readonly #machine: Machine
  #all: Data[] = []
  #made = 0
  /** Answered, and not yet covered by a flush. */
  #removed = new Set<Data>()
  readonly counts = { deaths: 0, acknowledged: 0, removed: 0, compactions: 0, verified: 0 }

  constructor(seed: number) {
    this.#dice = new Dice(seededRandom(seed))
    this.#machine = new Machine(seed + 1_000_000)
    this.#machine.fatal = () => this.#machine.disk.kill()
  }

  async run(deathCount: number): Promise<void> {
    while (this.counts.deaths < deathCount) {
      // Some die while they recover, and some of these only later.
      const early = this.#dice.chance(0.3) ? this.#planDeath(40) : undefined
      const store = await this.#untilDeath(early, this.#open())
      if (store !== undefined) {
        await this.#untilDeath(early, this.#compare(store))
        const death = early ?? this.#planDeath(this.#dice.pick([20, 100, 400]))
        await this.#untilDeath(death, this.#work(store))
        await death
      }
      await early
      this.#rise()
    }
  }

  #open(): Promise<ChunkStore> {
    return this.#machine.open({ segmentSizeBytes: SEGMENT_SIZE_BYTES })
  }

  #untilDeath<T>(death: Promise<undefined> | undefined, life: Promise<T>): Promise<T | undefined> {
    return death === undefined ? life : Promise.race([death, life])
  }

  /** Within so many operations of the disk, by power cut or by a failing sync. */
  #planDeath(operationCountMax: number): Promise<undefined> {
    const { disk } = this.#machine
    const death = disk.crashAfter(this.#dice.below(operationCountMax))
    if (this.#dice.chance(0.2)) {
      disk.fail({ operation: 'sync', code: 'EIO', skipCount: this.#dice.below(10), path: SEGMENTS })
    }
    return death.then(() => undefined)
  }

  #rise(): void {
    this.counts.deaths++
    this.#removed = new Set()
    this.#machine.engine = this.#machine.engine.crash(seededRandom(this.#dice.below(2 ** 32)))
    if (this.#dice.chance(0.05)) this.#loseEngine()
  }

  /** The engine would not open and is made anew: removals are forgotten, chunks are not. */
  #loseEngine(): void {
    this.#machine.engine = new MemoryEngine()
    for (const data of this.#all) {
      if (data.state === 'absent' || data.state === 'removing') data.state = 'putting'
      data.seen.clear()
    }
  }

  /** What a start shows is certain from then on. */
  async #compare(store: ChunkStore): Promise<void> {
    const { engine, disk } = this.#machine
    await checkIndex(engine, disk.files, SEGMENTS, STORE_ID)
    for (const data of this.#all) {
      const found: boolean[] = []
      for (const [index, bytes] of data.chunks.entries()) {
        const isFound = await this.#isFound(store, data.dataId, index, bytes)
        found.push(isFound)
        if (data.seen.has(index) && data.state === 'putting') expect(isFound).toBe(true)
        if (isFound) data.seen.add(index)
      }
      this.#judge(data, found)
    }
    // The newest of what is gone are those that could come back.
    const absent = this.#all.filter(({ state }) => state === 'absent').slice(0, -40)
    this.#all = this.#all.filter((data) => !absent.includes(data))
    this.counts.verified++
  }

  #judge(data: Data, found: readonly boolean[]): void {
    const isWhole = found.every((isFound) => isFound)
    const isGone = found.every((isFound) => !isFound)
    if (data.state === 'present') expect(isWhole).toBe(true)
    if (data.state === 'absent') expect(isGone).toBe(true)
    // One batch of rows removes all chunks.
    if (data.state === 'removing') expect(isWhole || isGone).toBe(true)
    if (isWhole) data.state = 'present'
    else if (data.state === 'removing') data.state = 'absent'
  }

  async #isFound(
    store: ChunkStore,
    id: DataId,
    index: number,
    bytes: Uint8Array,
  ): Promise<boolean> {
    try {
      const read = await store.read(
        id,
        index,
        0,
        bytes.byteLength,
        new Uint8Array(bytes.byteLength),
      )
      expect(sameBytes(read, bytes)).toBe(true)
      return true
    } catch (error) {
      if (error instanceof Error && error.name === 'ChunkMissingError') return false
      throw error
    }
  }

  async #work(store: ChunkStore): Promise<void> {
    for (;;) {
      const steps = Array.from({ length: this.#dice.below(6) + 1 }, () => this.#step(store))
      await Promise.all(steps)
    }
  }

  #step(store: ChunkStore): Promise<void> {
    const die = this.#dice.below(100)
    if (die < 45) return this.#put(store)
    if (die < 75) return this.#remove(store)
    if (die < 80) return this.#putAgain(store)
    if (die < 92) return this.#compact(store)
    if (die < 96) return this.#checkpoint(store)
    return this.#readSome(store)
  }

  async #put(store: ChunkStore): Promise<void> {
    const number = this.#made++
    const sizes = Array.from({ length: this.#dice.pick([1, 1, 2, 3]) }, () =>
      this.#dice.below(this.#dice.pick([300, 5000, 5000, 90_000])),
    )
    const chunks = sizes.map((size, index) => bytesOf(number * 8 + index, size + 1))
    const data: Data = { dataId: dataId(number), chunks, state: 'putting', seen: new Set() }
    this.#all.push(data)
    await Promise.all(chunks.map((bytes, index) => store.put(newChunk(data.dataId, index, bytes))))
    data.state = 'present'
    this.counts.acknowledged++
  }

  /** A late writer, or one that repairs. */
  async #putAgain(store: ChunkStore): Promise<void> {
    const data = this.#any('present')
    if (data?.chunks[0] === undefined) return
    try {
      await store.put(newChunk(data.dataId, 0, data.chunks[0]))
    } catch (error) {
      expect(error).toHaveProperty('name', 'ChunkDeletedError')
    }
  }

  async #remove(store: ChunkStore): Promise<void> {
    const data = this.#any('present')
    if (data === undefined) return
    data.state = 'removing'
    const removed = this.#removed
    await store.remove(data.dataId, data.chunks.length)
    // Certain only once it is flushed: `#checkpoint` says so.
    data.seen.clear()
    removed.add(data)
    this.counts.removed++
  }

  async #checkpoint(store: ChunkStore): Promise<void> {
    const removed = this.#removed
    const covered = [...removed]
    const done = store.startCheckpoint()
    const { engine } = this.#machine
    await engine.flush()
    done()
    for (const data of covered) {
      if (data.state === 'removing') data.state = 'absent'
      removed.delete(data)
    }
  }

  async #compact(store: ChunkStore): Promise<void> {
    if (await store.compactOnce()) this.counts.compactions++
  }

  async #readSome(store: ChunkStore): Promise<void> {
    const data = this.#any('present')
    if (data === undefined) return
    for (const [index, bytes] of data.chunks.entries()) {
      const isFound = await this.#isFound(store, data.dataId, index, bytes)
      if (!isFound) expect(data.state).not.toBe('present')
    }
  }

  #any(state: State): Data | undefined {
    const some = this.#all.filter((data) => data.state === state)
    return some[this.#dice.below(some.length)]
  }
}

test('whatever moment the power fails at, every acknowledged chunk is there and none is torn', async () => {
  const sum = { deaths: 0, acknowledged: 0, removed: 0, compactions: 0, verified: 0 }
  for (let seed = 1; seed <= 24; seed++) {
    const life = new Life(seed)
    try {
      await life.run(15)
    } catch (cause) {
      throw new Error(`Seed ${seed}`, { cause })
    }
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += life.counts[name]
  }
  expect(sum.deaths).toBe(360)
  // The figures show that the test reached what it is about.
  expect(sum.verified).toBeGreaterThan(200)
  expect(sum.acknowledged).toBeGreaterThan(1000)
  expect(sum.removed).toBeGreaterThan(1000)
  expect(sum.compactions).toBeGreaterThan(200)
}, 180_000)
