/**
 * One life of a region between two crashes: look at everything, go on writing, stop.
 *
 * Whatever is asked and answered goes into the notes, so that the next life, and the judge of a crash
 * in the middle of this one, know what must be there.
 *
 * @module
 */

import { ackNote, beginNote, History, sawNote, type Effects, type State } from './history.ts'
import { bytesOf, sizeOf, type Piece } from './object-bytes.ts'
import type { ListedUpload, LocalRegion, Region } from './region.ts'
import type { SeededRandom } from './seeded-random.ts'
import { BUCKET_STATE, bucketName, objectName, survey, uploadName, type Survey } from './survey.ts'

export const BUCKETS = ['crash-one', 'crash-two'] as const

/** Objects of up to 4 KiB live in their row, chunks end at 4 MiB, blocks at 64 KiB. */
const SIZES_BYTES = [
  8, 100, 600, 2000, 4095, 4096, 4097, 9000, 40_000, 65_535, 65_536, 65_537, 150_000,
] as const
const LARGE_SIZES_BYTES = [1_000_000, 4_194_303, 4_194_304, 4_194_305, 5_000_000] as const
const PART_SIZE_BYTES_MIN = 102_400
const KEYS_PER_WRITER = 6
const WRITER_COUNT = 6

export interface LifeOptions {
  readonly random: SeededRandom
  readonly operationCount: number
  /** Share of the objects that are larger than a chunk. */
  readonly largeShare: number
  readonly notes: readonly string[]
  /** Must be on its way to the disk when it returns. */
  readonly takeNote: (note: string) => void
}

/** Compares the region with the notes, and notes what was seen where they leave a choice. */
export async function lookAtEverything(region: Region, options: LifeOptions): Promise<Survey> {
  const history = History.from(options.notes)
  const result = await survey(region, BUCKETS, history)
  if (result.violations.length > 0) return result
  const seen = history.openNames().map((name) => [name, result.found.get(name)] as const)
  if (seen.length > 0) options.takeNote(sawNote(seen))
  return result
}

/** Writes with several writers at once; checkpoints and compactions fall in between. */
export async function goOnWriting(
  region: LocalRegion,
  found: Survey['found'],
  options: LifeOptions,
) {
  const life = new Life(region, found, options)
  await life.makeBuckets()
  const share = Math.ceil(options.operationCount / WRITER_COUNT)
  const writers = Array.from({ length: WRITER_COUNT }, (_, writer) => life.write(writer, share))
  const maintained = life.maintain()
  const ends = await Promise.allSettled(writers)
  life.stop()
  await maintained
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

class Life {
  readonly #region: LocalRegion
  readonly #states: Map<string, State>
  readonly #options: LifeOptions
  readonly #random: SeededRandom
  #doneCount = 0
  #stopped = false
  #wake: (() => void) | undefined
  #lastId: number

  constructor(region: LocalRegion, found: Survey['found'], options: LifeOptions) {
    this.#region = region
    this.#states = new Map(found)
    this.#options = options
    this.#random = options.random
    this.#lastId = options.notes.length
  }

  async makeBuckets(): Promise<void> {
    for (const bucket of BUCKETS) {
      if (this.#states.get(bucketName(bucket)) !== undefined) continue
      await this.#change([[bucketName(bucket), BUCKET_STATE]], () =>
        this.#region.createBucket(bucket),
      )
    }
  }

  async write(writer: number, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.#writeOnce(writer)
      this.#doneCount++
      this.#wake?.()
    }
  }

  /** Works beside the writers until they have stopped. */
  async maintain(): Promise<void> {
    let next = this.#random.between(2, 20)
    while (!this.#stopped) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
      if (this.#doneCount < next) continue
      next = this.#doneCount + this.#random.between(5, 30)
      if (this.#random.chance(0.5)) await this.#region.checkpoint()
      else await this.#region.compact()
    }
  }

  stop(): void {
    this.#stopped = true
    this.#wake?.()
  }

  async #writeOnce(writer: number): Promise<void> {
    const bucket = this.#random.pick(BUCKETS)
    const key = this.#key(writer)
    const die = this.#random.below(100)
    if (die < 45) return this.#put(bucket, key)
    if (die < 60) return this.#delete(bucket, key)
    if (die < 65) return this.#deleteSome(bucket, writer)
    if (die < 72) return this.#copy(bucket, key, this.#key(writer))
    if (die < 86) return this.#append(bucket, `${key}-log`)
    return this.#upload(bucket, key)
  }

  /** Each writer has its keys: at a crash at most one request for a key is open. */
  #key(writer: number): string {
    return `writer-${writer}/object-${this.#random.below(KEYS_PER_WRITER)}`
  }

  #put(bucket: string, key: string): Promise<void> {
    const pieces = [this.#piece()]
    return this.#change([[objectName(bucket, key), pieces]], () =>
      this.#region.putObject(bucket, key, bytesOf(pieces)),
    )
  }

  #delete(bucket: string, key: string): Promise<void> {
    return this.#change([[objectName(bucket, key), undefined]], () =>
      this.#region.deleteObject(bucket, key),
    )
  }

  /** Each of them is a request of its own, only the answer is one. */
  async #deleteSome(bucket: string, writer: number): Promise<void> {
    const keys = [...new Set([this.#key(writer), this.#key(writer), this.#key(writer)])]
    const names = keys.map((key) => objectName(bucket, key))
    const ids = names.map((name) => this.#begin([[name, undefined]]))
    await this.#region.deleteObjects(bucket, keys)
    for (const id of ids) this.#options.takeNote(ackNote(id))
    for (const name of names) this.#states.delete(name)
  }

  async #copy(bucket: string, from: string, to: string): Promise<void> {
    const source = this.#states.get(objectName(bucket, from))
    if (source === undefined || from === to) return this.#put(bucket, from)
    await this.#change([[objectName(bucket, to), source]], () =>
      this.#region.copyObject(bucket, from, to),
    )
  }

  async #append(bucket: string, key: string): Promise<void> {
    const name = objectName(bucket, key)
    const pieces = (this.#states.get(name) ?? []) as readonly Piece[]
    if (pieces.length > 12) return this.#delete(bucket, key)
    const piece: Piece = [this.#random.seed(), this.#random.pick([10, 500, 1500, 5000, 70_000])]
    await this.#change([[name, [...pieces, piece]]], () =>
      this.#region.appendObject(bucket, key, sizeOf(pieces), bytesOf([piece])),
    )
  }

  /** One step of the upload of a key: begin it, add or replace a part, complete it, give it up. */
  async #upload(bucket: string, key: string): Promise<void> {
    const name = uploadName(bucket, key)
    const parts = this.#states.get(name) as Readonly<Record<string, Piece>> | undefined
    if (parts === undefined) {
      return this.#change([[name, {}]], async () => {
        await this.#region.initiateUpload(bucket, key)
      })
    }
    const upload = await this.#openUpload(bucket, key)
    const die = this.#random.below(100)
    const numbers = Object.keys(parts)
    if (numbers.length === 0 || (die < 60 && numbers.length < 5)) {
      const number = this.#random.between(1, 6)
      const piece: Piece = [this.#random.seed(), PART_SIZE_BYTES_MIN + this.#random.below(50_000)]
      const more = { ...parts, [number]: piece }
      return this.#change([[name, more]], () =>
        this.#region.uploadPart(bucket, upload, number, bytesOf([piece])),
      )
    }
    if (die < 90) {
      const whole = Object.values(parts)
      const effects: Effects = [
        [name, undefined],
        [objectName(bucket, key), whole],
      ]
      return this.#change(effects, () => this.#region.completeUpload(bucket, upload))
    }
    return this.#change([[name, undefined]], () => this.#region.abortUpload(bucket, upload))
  }

  async #openUpload(bucket: string, key: string): Promise<ListedUpload> {
    const uploads = await this.#region.listUploads(bucket)
    const upload = uploads.find((open) => open.key === key)
    if (upload === undefined) throw new Error(`The upload of "${key}" must be listed`)
    return upload
  }

  #piece(): Piece {
    const large = this.#random.chance(this.#options.largeShare)
    return [this.#random.seed(), this.#random.pick(large ? LARGE_SIZES_BYTES : SIZES_BYTES)]
  }

  async #change(effects: Effects, request: () => Promise<void>): Promise<void> {
    const id = this.#begin(effects)
    await request()
    this.#options.takeNote(ackNote(id))
    for (const [name, state] of effects) {
      if (state === undefined) this.#states.delete(name)
      else this.#states.set(name, state)
    }
  }

  #begin(effects: Effects): string {
    const id = String(++this.#lastId)
    this.#options.takeNote(beginNote(id, effects))
    return id
  }
}
