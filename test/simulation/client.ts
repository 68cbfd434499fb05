/**
 * One client of the simulated region: calls one storage node after the other, one call at a time.
 *
 * @module
 */

import { inspect } from 'node:util'
import type { SeededRandom } from '../crash/seeded-random.ts'
import { ATTACHED_BUCKETS, AttachedValues, registersOf } from './attached-values.ts'
import type { AttachedBook } from './attached-values.ts'
import { Calls } from './calls.ts'
import type { SeenRecord } from './calls.ts'
import { blockOf, blocksIn, contentMd5Of, etagOf, etagOfParts } from './contents.ts'
import { NO_CONTENT_MD5 } from './checkers/history.ts'
import type {
  ClientHistory,
  ClientOperation,
  Outcome,
  Seen,
  WriteCondition,
} from './checkers/history.ts'
import type { Machine } from './machine.ts'
import { outcomeOf } from './outcome.ts'
import type { Plan } from './plan.ts'
import { ARCHIVE_BUCKET, RestoredObjects } from './restored-objects.ts'
import type { RestoredBook } from './restored-objects.ts'
import type { Scheduler } from './scheduler.ts'
import { cancel } from './scheduler.ts'
import { VERSIONED_BUCKET, VersionedKeys } from './versioned-keys.ts'
import type { VersionBook } from './versioned-keys.ts'
import type { Accuse } from './watches/log-watch.ts'
import { isMistake } from './watches/process-watch.ts'

/** After so long a client gives up. */
const PATIENCE_MS = 20_000
const DAWDLE_PROBABILITY = 0.1
const DAWDLE_MS_MAX = 300
const RETRY_MS = 500
/** Objects that are appended to are never put, so that most calls of both kinds succeed. */
const APPENDED_KEY_COUNT = 2
const PART_COUNT_MAX = 3
export const LASTING_BUCKET = 'lasting'
/** Comes and goes. */
const BRIEF_BUCKET = 'brief'
const BRIEF_PROBABILITY = 0.12
/** Where a bucket keeps versions. */
const VERSIONS_PROBABILITY = 0.3
/** Where values are attached. */
const ATTACHED_PROBABILITY = 0.25
/** Where objects are restored. */
const RESTORE_PROBABILITY = 0.35

const KIB = 1024
const PART_BYTES_MIN = 100 * KIB
const MORE_PARTS_PROBABILITY = 0.25
const SIZES_BYTES: readonly (readonly [min: number, max: number])[] = [
  ...Array.from({ length: 5 }, () => [16, 200] as const),
  [KIB, 4 * KIB],
  [KIB, 4 * KIB],
  [5 * KIB, 20 * KIB],
  [60 * KIB, 100 * KIB],
]

type Act = (calls: Calls) => Promise<Seen>

/** What all clients of a run share. */
export interface ClientSurroundings {
  readonly plan: Plan
  readonly scheduler: Scheduler
  readonly machines: readonly Machine[]
  readonly history: ClientHistory
  /** Takes a line of the run's story; undefined: nobody listens. */
  readonly tell: ((line: string) => void) | undefined
  readonly accuse: Accuse
  /** Numbers of blocks are never used twice. */
  nextBlock(): number
  readonly versions: VersionBook
  readonly attached: AttachedBook
  readonly restored: RestoredBook
  /** Cuts a machine off from all others; returns what mends that, unless faults are over. */
  isolate(machine: Machine): (() => void) | undefined
  /** The length of an object that is appended to, as last heard. */
  readonly lengths: Map<string, number>
}

/** What a put wants of what is there. */
interface PutWish {
  readonly forbidOverwrite?: boolean
  readonly condition?: WriteCondition | undefined
}

/** A client; its calls follow from its own dice. */
export class Client {
  readonly #number: number
  readonly #random: SeededRandom
  readonly #parts: ClientSurroundings
  readonly #versionedKeys: VersionedKeys
  readonly #attachedValues: AttachedValues
  readonly #restoredObjects: RestoredObjects
  #isStopped = false
  /** Of objects, as this client has last seen them. */
  readonly #etags = new Map<string, string>()
  /** Calls under way, by when they began. */
  readonly #open = new Set<{ readonly sinceMs: number }>()

  constructor(number: number, random: SeededRandom, parts: ClientSurroundings) {
    this.#number = number
    this.#random = random
    this.#parts = parts
    this.#versionedKeys = new VersionedKeys({
      ...{ client: number, random, accuse: parts.accuse, book: parts.versions },
      newBlock: () => this.#newBlock(),
      ask: (machine, act) => this.#ask(machine, act),
    })
    this.#attachedValues = new AttachedValues({
      ...{ random, book: parts.attached, machines: parts.machines },
      registers: registersOf(parts.plan),
      isolate: (machine) => parts.isolate(machine),
      ask: (machine, act) => this.#ask(machine, act),
    })
    this.#restoredObjects = new RestoredObjects({
      ...{ random, book: parts.restored, accuse: parts.accuse },
      newBlock: () => this.#newBlock(),
      ask: (machine, act) => this.#ask(machine, act),
    })
  }

  /** Since when a call has been waiting for its answer. */
  get calledMs(): number | undefined {
    for (const { sinceMs } of this.#open) return sinceMs
    return undefined
  }

  /** Makes the buckets that are there from the beginning. */
  async makeLastingBuckets(isOver: () => boolean): Promise<void> {
    const { history, scheduler } = this.#parts
    const operation = { kind: 'createBucket', bucket: LASTING_BUCKET } as const
    const answer = history.invoke(this.#number, scheduler.nowMs, operation)
    const made = await this.insist((calls) => calls.makeBucket(LASTING_BUCKET), isOver)
    if (made !== undefined) answer(scheduler.nowMs, { kind: 'done', value: { kind: 'nothing' } })
    const { attachesValues, keepsVersions, restoresObjects } = this.#parts.plan
    if (restoresObjects) await this.insist((calls) => calls.makeBucket(ARCHIVE_BUCKET), isOver)
    for (const bucket of attachesValues ? ATTACHED_BUCKETS : []) {
      await this.insist((calls) => calls.makeBucket(bucket), isOver)
    }
    if (!keepsVersions) return
    await this.insist((calls) => calls.makeVersionedBucket(VERSIONED_BUCKET), isOver)
  }

  /** Calls one storage node after the other until one does it; undefined: it is over before. */
  async insist<T>(
    act: (calls: Calls) => Promise<T>,
    isOver: () => boolean,
  ): Promise<T | undefined> {
    const { scheduler, machines } = this.#parts
    while (!isOver()) {
      const serving = machines.filter(({ node }) => node !== undefined)
      const outcome =
        serving.length === 0 ? undefined : await this.#ask(this.#random.pick(serving), act)
      if (outcome?.kind === 'done') return outcome.value
      await new Promise<void>((resolve) => scheduler.after(RETRY_MS, 'client', resolve))
    }
    return undefined
  }

  /** Reads every key and lists every bucket, each on some storage node. */
  async readEverything(): Promise<void> {
    const { plan, machines } = this.#parts
    const plain = Array.from({ length: plan.keyCount }, (_, at) => `k${at}`)
    const appended = Array.from({ length: APPENDED_KEY_COUNT }, (_, at) => `append${at}`)
    for (const bucket of [LASTING_BUCKET, BRIEF_BUCKET]) {
      for (const key of [...plain, ...appended]) {
        await this.#get(await this.#someServing(), bucket, key)
      }
      for (const machine of machines) {
        if (machine.node !== undefined) await this.#list(machine, bucket)
      }
    }
    if (registersOf(plan).length > 0) {
      await this.#attachedValues.readEverything(await this.#someServing())
    }
    if (plan.restoresObjects) await this.#restoredObjects.readEverything(await this.#someServing())
    if (plan.keepsVersions) await this.#versionedKeys.readEverything(await this.#someServing())
  }

  /** A storage node that runs: a lone one may just have ended, and is started again. */
  async #someServing(): Promise<Machine> {
    const { scheduler, machines } = this.#parts
    for (;;) {
      const serving = machines.filter(({ node }) => node !== undefined)
      if (serving.length > 0) return this.#random.pick(serving)
      await new Promise<void>((resolve) => scheduler.after(RETRY_MS, 'client', resolve))
    }
  }

  start(): void {
    this.#later(this.#random.below(this.#parts.plan.thinkMs))
  }

  /** Ends after the present call. */
  stop(): void {
    this.#isStopped = true
  }

  #later(delayMs: number): void {
    this.#parts.scheduler.after(delayMs, 'client', () => {
      if (this.#isStopped) return
      void this.#turn().then((waitMs) => this.#later(waitMs))
    })
  }

  /** One call, and how long to wait before the next. */
  async #turn(): Promise<number> {
    const { plan, machines } = this.#parts
    const serving = machines.filter(({ node }) => node !== undefined)
    if (serving.length === 0) return RETRY_MS
    await this.#callOn(this.#random.pick(serving))
    return this.#random.below(plan.thinkMs * 2)
  }

  #callOn(machine: Machine): Promise<unknown> {
    const random = this.#random
    if (this.#parts.plan.restoresObjects && random.chance(RESTORE_PROBABILITY)) {
      return this.#restoredObjects.turn(machine)
    }
    if (registersOf(this.#parts.plan).length > 0 && random.chance(ATTACHED_PROBABILITY)) {
      return this.#attachedValues.turn(machine)
    }
    if (this.#parts.plan.keepsVersions && random.chance(VERSIONS_PROBABILITY)) {
      return this.#versionedKeys.turn(machine)
    }
    const bucket = random.chance(BRIEF_PROBABILITY) ? BRIEF_BUCKET : LASTING_BUCKET
    if (bucket === BRIEF_BUCKET && random.chance(0.4)) return this.#changeBucket(machine, bucket)
    if (random.chance(0.1)) return this.#list(machine, bucket)
    if (random.chance(0.2)) return this.#useAppended(machine, bucket)
    const key = `k${random.below(this.#parts.plan.keyCount)}`
    const turn = random.below(100)
    if (turn < 30) {
      return this.#put(machine, bucket, key, { condition: this.#conditionOf(turn, bucket, key) })
    }
    if (turn < 37) return this.#put(machine, bucket, key, { forbidOverwrite: true })
    if (turn < 45) return this.#upload(machine, bucket, key)
    if (turn < 57) {
      // Half of the deletions are of what was seen last, or of anything.
      const condition = turn < 47 ? 'something' : this.#seenBefore(turn < 51, bucket, key)
      return this.#delete(machine, bucket, key, condition)
    }
    return this.#read(machine, bucket, key)
  }

  #changeBucket(machine: Machine, bucket: string): Promise<void> {
    const kind = this.#random.chance(0.6) ? 'createBucket' : 'deleteBucket'
    return this.#call(machine, { kind, bucket }, async (calls) => {
      if (kind === 'createBucket') await calls.makeBucket(bucket)
      else await calls.deleteBucket(bucket)
      return { kind: 'nothing' }
    })
  }

  /** A part of the puts want to make the object, a part to replace what was seen last. */
  #conditionOf(turn: number, bucket: string, key: string): WriteCondition | undefined {
    if (turn < 5) return 'nothing'
    return turn === 12 ? 'something' : this.#seenBefore(turn < 12, bucket, key)
  }

  #seenBefore(isAsked: boolean, bucket: string, key: string): WriteCondition | undefined {
    const etag = isAsked ? this.#etags.get(`${bucket}/${key}`) : undefined
    return etag === undefined ? undefined : { etag }
  }

  #put(machine: Machine, bucket: string, key: string, wish: PutWish): Promise<void> {
    const { forbidOverwrite = false, condition } = wish
    const { block, bytes } = this.#newBlock()
    const operation = {
      ...({ kind: 'put', bucket, key, forbidOverwrite, condition } as const),
      ...{ content: String(block), etag: etagOf(bytes), sizeBytes: bytes.byteLength },
    }
    return this.#call(machine, operation, async (calls) => {
      const record = await calls.put(bucket, key, bytes, forbidOverwrite, condition)
      return { kind: 'object', ...seenRecord(record) }
    })
  }

  async #upload(machine: Machine, bucket: string, key: string): Promise<void> {
    const blocks = [this.#newBlock()]
    // All parts but the last have a least size.
    while (blocks.length < PART_COUNT_MAX && this.#random.chance(MORE_PARTS_PROBABILITY)) {
      blocks.unshift(this.#newBlock(PART_BYTES_MIN))
    }
    const parts = blocks.map(({ bytes }) => bytes)
    // Of every second one the parts come in order.
    const isSequential = (blocks[0]?.block ?? 0) % 2 === 0
    const begun = await this.#ask(machine, (calls) => {
      return calls.upload(bucket, key, parts, isSequential)
    })
    if (begun.kind !== 'done') return
    const { uploadId, etags } = begun.value
    const operation: ClientOperation = {
      ...({ kind: 'complete', bucket, key, uploadId } as const),
      content: blocks.map(({ block }) => block).join(),
      etag: etagOfParts(parts),
      sizeBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
      ...(isSequential && { contentMd5: contentMd5Of(parts) }),
    }
    const serving = machine.node === undefined ? this.#otherThan(machine) : machine
    if (serving === undefined) return
    await this.#call(serving, operation, async (calls) => {
      const completed = await calls.complete(bucket, key, uploadId, etags)
      return { kind: 'object', ...seenRecord(completed) }
    })
  }

  #delete(
    machine: Machine,
    bucket: string,
    key: string,
    condition?: WriteCondition,
  ): Promise<void> {
    return this.#call(machine, { kind: 'delete', bucket, key, condition }, async (calls) => {
      await calls.delete(bucket, key, condition)
      return { kind: 'nothing' }
    })
  }

  #read(machine: Machine, bucket: string, key: string): Promise<void> {
    if (this.#random.chance(0.25)) {
      return this.#call(machine, { kind: 'head', bucket, key }, async (calls) => {
        const found = seenRecord(await calls.head(bucket, key))
        this.#parts.lengths.set(`${bucket}/${key}`, found.sizeBytes)
        return { kind: 'object', ...found }
      })
    }
    return this.#get(machine, bucket, key)
  }

  #get(machine: Machine, bucket: string, key: string): Promise<void> {
    return this.#call(machine, { kind: 'get', bucket, key }, async (calls) => {
      const { record, bytes } = await calls.get(bucket, key)
      return { kind: 'content', ...seenRecord(record), content: blocksIn(bytes)?.join() }
    })
  }

  #list(machine: Machine, bucket: string): Promise<void> {
    return this.#call(machine, { kind: 'list', bucket }, async (calls) => {
      const listed = await calls.list(bucket)
      return { kind: 'keys', keys: listed.map(({ key, ...rest }) => ({ key, ...seen(rest) })) }
    })
  }

  #useAppended(machine: Machine, bucket: string): Promise<void> {
    const key = `append${this.#random.below(APPENDED_KEY_COUNT)}`
    const turn = this.#random.below(100)
    if (turn < 8) return this.#delete(machine, bucket, key)
    if (turn < 45) return this.#read(machine, bucket, key)
    const { block, bytes } = this.#newBlock()
    const position = this.#parts.lengths.get(`${bucket}/${key}`) ?? 0
    const operation = {
      ...({ kind: 'append', bucket, key, position } as const),
      ...{ content: String(block), sizeBytes: bytes.byteLength },
    }
    return this.#call(machine, operation, async (calls) => {
      try {
        const appended = await calls.append(bucket, key, position, bytes)
        this.#parts.lengths.set(`${bucket}/${key}`, appended.sizeBytes)
        return { kind: 'object', ...seenRecord(appended) }
      } catch (error) {
        // Somebody else appended, or deleted: the next one begins anew, or asks.
        this.#parts.lengths.delete(`${bucket}/${key}`)
        throw error
      }
    })
  }

  async #call(machine: Machine, operation: ClientOperation, act: Act): Promise<void> {
    const { scheduler, history } = this.#parts
    const answer = history.invoke(this.#number, scheduler.nowMs, operation)
    this.#parts.tell?.(`client ${this.#number}: ${JSON.stringify(operation)}`)
    const outcome = await this.#ask(machine, act)
    if ('key' in operation && outcome.kind === 'done' && 'etag' in outcome.value) {
      this.#etags.set(`${operation.bucket}/${operation.key}`, outcome.value.etag)
    }
    answer(scheduler.nowMs, outcome)
  }

  /** Calls; the client hears nothing when the storage node dies, and does not wait for ever. */
  #ask<T>(machine: Machine, act: (calls: Calls) => Promise<T>): Promise<Outcome<T>> {
    const { scheduler } = this.#parts
    const { node } = machine
    if (node === undefined) return Promise.resolve({ kind: 'unknown', why: 'It is down' })
    const open = { sinceMs: scheduler.nowMs }
    this.#open.add(open)
    return new Promise((resolve) => {
      const gone = new AbortController()
      let isOver = false
      const end = (outcome: Outcome<T>) => {
        if (isOver) return
        this.#tell(machine, outcome)
        isOver = true
        cancel(patience)
        death.cancel()
        this.#open.delete(open)
        resolve(outcome)
      }
      const patience = scheduler.after(PATIENCE_MS, 'client', () => {
        gone.abort(new Error('The client has gone'))
        end({ kind: 'unknown', why: 'No answer' })
      })
      const death = machine.onDeath(() => end({ kind: 'unknown', why: 'The storage node died' }))
      act(new Calls(node, gone.signal, () => this.#dawdle())).then(
        (value) => end({ kind: 'done', value }),
        (error: unknown) => {
          if (isMistake(error)) this.#parts.accuse('assertion', error.stack ?? error.message)
          end(outcomeOf(error))
        },
      )
    })
  }

  #tell({ host }: Machine, outcome: Outcome<unknown>): void {
    if (this.#parts.tell === undefined) return
    const what =
      outcome.kind === 'unknown'
        ? outcome.why
        : outcome.kind === 'refused'
          ? outcome.code
          : inspect(outcome.value, { breakLength: Infinity, depth: 2 })
    this.#parts.tell(`client ${this.#number} on store ${host.index}: ${outcome.kind} ${what}`)
  }

  #dawdle(): Promise<void> {
    if (!this.#random.chance(DAWDLE_PROBABILITY)) return Promise.resolve()
    const { scheduler } = this.#parts
    return new Promise((resolve) => {
      scheduler.after(this.#random.below(DAWDLE_MS_MAX), 'client', resolve)
    })
  }

  #newBlock(sizeBytes?: number): { readonly block: number; readonly bytes: Uint8Array } {
    const block = this.#parts.nextBlock()
    const [min, max] = this.#random.pick(SIZES_BYTES)
    return { block, bytes: blockOf(block, sizeBytes ?? this.#random.between(min, max)) }
  }

  #otherThan(machine: Machine): Machine | undefined {
    const others = this.#parts.machines.filter((other) => other !== machine)
    return others.find(({ node }) => node !== undefined)
  }
}

/** What a client keeps of a record. */
function seenRecord(record: SeenRecord) {
  return { ...seen(record), contentMd5: record.contentMd5 ?? NO_CONTENT_MD5 }
}

/** The same of an object that is listed. */
function seen({ etag, sizeBytes }: { readonly etag: string; readonly sizeBytes: number }) {
  return { etag, sizeBytes }
}
