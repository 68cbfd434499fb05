import { seededRandom } from '../base/seeded-random.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { unsetSettings } from '../model/bucket.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type {
  Command,
  CommandResult,
  Decision,
  FenceRecord,
  ObjectCommand,
} from '../model/command.ts'
import { decideEndDeleting, decideFence, decideMarkDeleting } from '../model/decide-bucket.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid, BucketId, BucketName, VersionSeq } from '../model/identifiers.ts'
import { changeInBucket, finishDeletion } from './bucket-deletion.ts'

const SEEDS = 800
const STEPS = 60
const name = 'photos' as BucketName
const bucketId = '0123456789abcdef' as BucketId

interface Range {
  fence: FenceRecord | undefined
  objects: number
}

/** A bucket over two ranges, and whoever works on it in any order of steps. */
class World {
  readonly ranges: Range[] = [
    { fence: undefined, objects: 0 },
    { fence: undefined, objects: 0 },
  ]
  record: BucketRecord | undefined = {
    name,
    bucketId,
    owner: '1' as AccountUid,
    acl: 'private',
    storageClass: 'Standard',
    dataRedundancy: 'ZRS',
    createdMs: 1,
    deletion: undefined,
    ...unsetSettings,
  }
  /** Steps that may come next. */
  readonly steps: (() => void)[] = []
  problem: string | undefined
  readonly ends = { put: 0, refused: 0 }
  readonly #draw: (max: number) => number
  #versionSeq = 0n

  constructor(seed: number) {
    const random = seededRandom(seed)
    this.#draw = (max) => Buffer.from(random.bytes(4)).readUInt32BE() % max
  }

  async run(): Promise<void> {
    for (let left = STEPS; left > 0 && this.problem === undefined; left--) {
      await this.#act(this.#draw(10))
    }
    while (this.steps.length > 0) await this.#step()
    // Whoever is left over is ended by the primary of the system range.
    for (let tries = 0; this.record?.deletion !== undefined && tries < 3; tries++) {
      void finishDeletion(this.#worker({ isDead: false }), this.record).catch(() => undefined)
      while (this.steps.length > 0) await this.#step()
    }
    this.#check()
  }

  async #act(what: number): Promise<void> {
    if (what === 0) this.#put(this.#draw(2))
    else if (what === 1) this.ranges[this.#draw(2)]!.objects = 0
    else if (what === 2) this.#mark()
    else if (what === 3 && this.record?.deletion !== undefined) this.#finish(this.record)
    else await this.#step()
  }

  /** Into one of the ranges, by a gateway that has found the bucket. */
  #put(range: number): void {
    const { record } = this
    if (record === undefined) return
    const command = { kind: 'putObject', bucketId, key: String(range) } as ObjectCommand
    changeInBucket(this.#worker({ isDead: false }), record, command).then(
      () => this.ends.put++,
      (error: unknown) => {
        this.ends.refused++
        const isRefused = error instanceof OssError && error.code === 'NoSuchBucket'
        if (!isRefused) this.problem ??= `a put ends with ${String(error)}`
        if (this.record !== undefined) this.problem ??= 'a bucket that is there was not found'
      },
    )
  }

  #putNow(range: Range): CommandResult {
    if (range.fence !== undefined && !range.fence.isLifted) throw new OssError('NoSuchBucket')
    range.objects++
    if (this.record === undefined) this.problem ??= 'an object was put into a bucket that is gone'
    return { kind: 'done' }
  }

  #mark(): void {
    const decision = decideMarkDeleting(
      { kind: 'markBucketDeleting', name },
      this.record,
      this.#context(),
    )
    if ('refused' in decision) return
    const { kind } = this.#change(decision)
    if (kind !== 'stale' && this.record !== undefined) this.#finish(this.record)
  }

  /** Somebody works on the attempt, and dies at some step now and then. */
  #finish(record: BucketRecord): void {
    const worker = { isDead: false }
    if (this.#draw(3) === 0) this.steps.push(() => (worker.isDead = true))
    void finishDeletion(this.#worker(worker), record).catch(() => undefined)
  }

  #worker(worker: { isDead: boolean }): Partitions {
    const execute = (command: Command) => this.#execute(command, worker)
    const ask = () => this.#later(worker, () => this.record)
    return { execute, ask } as unknown as Partitions
  }

  async #execute(command: Command, worker: { isDead: boolean }): Promise<CommandResult> {
    const { kind } = command
    if (kind === 'putObject') {
      return this.#later(worker, () => this.#putNow(this.ranges[Number(command.key)]!))
    }
    if (kind !== 'fenceBucket' && kind !== 'unfenceBucket') {
      return this.#later(worker, () => this.#change(this.#decideEnd(command)))
    }
    let result: CommandResult = { kind: 'done' }
    for (const range of this.ranges) {
      result = await this.#later(worker, () => {
        const { fence, objects } = range
        const isEmpty = objects === 0
        const rows = { fence, isEmpty, continuesAt: undefined }
        const decision = decideFence(command, rows, this.#context())
        return this.#change(decision, range)
      })
      if (result.kind === 'stale') return result
    }
    return result
  }

  #decideEnd(command: Command): Decision {
    const { kind } = command
    if (kind === 'removeBucket' || kind === 'undoBucketDeleting' || kind === 'keepBucket') {
      return decideEndDeleting(command, this.record)
    }
    throw new Error(`"${kind}" ends no deletion`)
  }

  /** A step that comes at any time; one of somebody who is dead may have been on its way. */
  #later<T>(worker: { isDead: boolean }, step: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.steps.push(() => {
        if (worker.isDead && this.#draw(2) === 0) return
        try {
          const value = step()
          if (!worker.isDead) resolve(value)
        } catch (error) {
          if (!worker.isDead) reject(error as Error)
        }
      })
    })
  }

  #change(decision: Decision, range?: Range): CommandResult {
    if ('refused' in decision) throw decision.refused
    for (const change of decision.changes) {
      if (change.row === 'bucket') this.record = change.value
      if (change.row === 'fence' && range !== undefined) range.fence = change.value
    }
    if (this.record === undefined && this.ranges.some(({ objects }) => objects > 0)) {
      this.problem ??= 'a bucket was removed that was not empty'
    }
    return decision.result
  }

  async #step(): Promise<void> {
    const [step] = this.steps.splice(this.#draw(Math.max(this.steps.length, 1)), 1)
    step?.()
    for (let turn = 0; turn < 8; turn++) await Promise.resolve()
  }

  #context() {
    return { nowMs: 5, versionSeq: ++this.#versionSeq as unknown as VersionSeq }
  }

  #check(): void {
    if (this.record?.deletion !== undefined) this.problem ??= 'a deletion does not come to an end'
    const isFenced = ({ fence }: Range) => fence !== undefined && !fence.isLifted
    const isOpen = this.ranges.some((range) => !isFenced(range))
    if (this.record === undefined && isOpen) this.problem ??= 'a bucket that is gone is not fenced'
    if (this.record !== undefined && this.ranges.some(isFenced)) {
      this.problem ??= 'a bucket that stays is fenced'
    }
  }
}

test('whoever works on a deletion and dies over it: the bucket is gone and fenced, or nobody misses it', async () => {
  const ends = { removed: 0, kept: 0, put: 0, refused: 0 }
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World(seed)
    await world.run()
    expect([seed, world.problem]).toEqual([seed, undefined])
    ends[world.record === undefined ? 'removed' : 'kept']++
    ends.put += world.ends.put
    ends.refused += world.ends.refused
  }
  // The histories are of both kinds.
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(SEEDS / 10)
})

test('a refusal that is none of an object is passed on', async () => {
  const refused = new OssError('AccessDenied')
  const execute = () => Promise.reject(refused)
  const deletion = { attempt: 1n as VersionSeq, sinceMs: 1, isUndone: false }
  const bucket = { ...new World(1).record!, deletion }
  const partitions = { execute } as unknown as Partitions
  await expect(finishDeletion(partitions, bucket)).rejects.toBe(refused)
})
