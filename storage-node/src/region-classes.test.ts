import fc from 'fast-check'
import { unreachable } from './base/assert.ts'
import { jitterEngine } from './engine-jitter.ts'
import { MemoryMachine } from './memory-region.ts'
import type { BucketCounters } from './model/bucket.ts'
import { noCounters } from './model/bucket.ts'
import type { BucketName, ObjectKey, VersionId } from './model/identifiers.ts'
import { CLASS_COUNTERS } from './model/object-changes.ts'
import type { StorageClass } from './model/object.ts'
import { BucketClient, bytesOf, makeBucket, outcome, plainMetadata } from './region-fixtures.ts'

const DELAY_MS = 1_000
const DAY_MS = 4_000
const BUCKET = 'bucket' as BucketName
const CURRENT = undefined as VersionId | undefined

interface ModelObject {
  readonly storageClass: StorageClass
  readonly sizeBytes: number
  readonly restore?: { readonly readyMs: number; readonly expiresMs: number } | undefined
}

type State = 'absent' | 'readable' | 'frozen' | 'restoring' | 'restored'

/** The region as a map of what each key is, and a clock: what every answer has to agree with. */
class Model {
  readonly objects = new Map<string, ModelObject>()
  nowMs = 0

  stateOf(key: string): State {
    const object = this.objects.get(key)
    if (object === undefined) return 'absent'
    if (['Standard', 'IA'].includes(object.storageClass)) return 'readable'
    const { restore } = object
    if (restore === undefined || restore.expiresMs <= this.nowMs) return 'frozen'
    return restore.readyMs > this.nowMs ? 'restoring' : 'restored'
  }

  read(key: string): string {
    const outcomes = { absent: 'NoSuchKey', readable: 'ok', restored: 'ok' } as const
    const state = this.stateOf(key)
    return state === 'frozen' || state === 'restoring' ? 'InvalidObjectState' : outcomes[state]
  }

  restore(key: string, days: number): string {
    const object = this.objects.get(key)
    const state = this.stateOf(key)
    if (object === undefined) return 'NoSuchKey'
    if (state === 'readable') return 'OperationNotSupported'
    const daysMax = object.storageClass === 'Archive' ? 7 : 365
    if (days > daysMax) return 'InvalidArgument'
    if (state === 'restoring') return 'RestoreAlreadyInProgress'
    const delays = object.storageClass === 'Archive' ? 1 : 3
    const begun = this.nowMs + delays * DELAY_MS
    const { readyMs, expiresMs } =
      state === 'restored' && object.restore !== undefined
        ? object.restore
        : { readyMs: begun, expiresMs: begun }
    const latestMs = readyMs + daysMax * DAY_MS
    const restore = { readyMs, expiresMs: Math.min(expiresMs + days * DAY_MS, latestMs) }
    this.objects.set(key, { ...object, restore })
    return 'ok'
  }

  clean(key: string): string {
    const object = this.objects.get(key)
    if (object === undefined) return 'NoSuchKey'
    const state = this.stateOf(key)
    if (state === 'readable') return 'OperationNotSupported'
    if (state !== 'restored') {
      return state === 'frozen' ? 'ArchiveRestoreFileStale' : 'ArchiveRestoreNotFinished'
    }
    this.objects.set(key, { ...object, restore: undefined })
    return 'ok'
  }

  copy(from: string, to: string, storageClass: StorageClass): string {
    const source = this.objects.get(from)
    const refusal = this.read(from)
    if (source === undefined || refusal !== 'ok') return refusal
    const isKept = from === to && source.storageClass === storageClass
    const { sizeBytes } = source
    this.objects.set(to, isKept ? source : { storageClass, sizeBytes })
    return 'ok'
  }

  counters(): Omit<BucketCounters, 'lastModifiedMs'> {
    const sum = { ...noCounters } as Record<keyof BucketCounters, number>
    for (const { storageClass, sizeBytes } of this.objects.values()) {
      const { objects, bytes } = CLASS_COUNTERS[storageClass]
      sum.objects++
      sum.objectBytes += sizeBytes
      sum[objects]++
      sum[bytes] += sizeBytes
    }
    const { lastModifiedMs: _, ...counted } = sum
    return counted
  }
}

const keys = fc.constantFrom('a', 'b')
const classes = fc.constantFrom<StorageClass>(
  ...(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'] as const),
)
const days = fc.constantFrom(1, 2, 8)
const step = fc.oneof(
  fc.record({ kind: fc.constant('put'), key: keys, of: classes, sizeBytes: fc.nat(9000) }),
  fc.record({ kind: fc.constant('copy'), from: keys, to: keys, of: classes }),
  { arbitrary: fc.record({ kind: fc.constant('restore'), key: keys, days }), weight: 2 },
  fc.record({ kind: fc.constant('clean'), key: keys }),
  fc.record({ kind: fc.constant('delete'), key: keys }),
  {
    arbitrary: fc.record({
      kind: fc.constant('wait'),
      ms: fc.constantFrom(1, 1_000, 3_000, 4_000),
    }),
    weight: 3,
  },
  fc.record({ kind: fc.constant('crash') }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A region on a machine that may die, and the model that it is compared with. */
class Comparison {
  readonly #machine: MemoryMachine
  readonly #model = new Model()
  #client!: BucketClient

  constructor(seed: number) {
    const restoreLengths = { delayMs: DELAY_MS, dayMs: DAY_MS }
    this.#machine = new MemoryMachine({ seed, wrapEngine: jitterEngine(seed), restoreLengths })
  }

  async open(): Promise<void> {
    const region = await this.#machine.open()
    const bucket = (await region.buckets.find(BUCKET)) ?? (await makeBucket(region, BUCKET))
    this.#client = new BucketClient(region, bucket)
    this.#model.nowMs = this.#machine.clock.nowMs()
  }

  async run(step: Step): Promise<void> {
    expect([step, await this.#act(step)]).toEqual([step, this.#expect(step)])
    this.#model.nowMs = this.#machine.clock.nowMs()
    for (const key of ['a', 'b']) {
      const { objects } = this.#client.region
      const read = objects.read(this.#client.bucket, key as ObjectKey).then((open) => open.body())
      expect([step, key, await outcome(read)]).toEqual([step, key, this.#model.read(key)])
    }
    const { lastModifiedMs: _, ...counted } = await this.#client.stat()
    expect(counted).toEqual(this.#model.counters())
  }

  stop(): Promise<void> {
    return this.#client.region.stop()
  }

  async #act(step: Step): Promise<string> {
    const { region, bucket } = this.#client
    const key = ('key' in step ? step.key : 'a') as ObjectKey
    switch (step.kind) {
      case 'put': {
        const metadata = { ...plainMetadata, storageClass: step.of }
        return outcome(this.#client.put(step.key, bytesOf(1, step.sizeBytes), { metadata }))
      }
      case 'copy':
        return outcome(
          this.#client.copy(step.from, step.to, { ...plainMetadata, storageClass: step.of }),
        )
      case 'restore': {
        const request = { days: step.days, priority: undefined }
        return outcome(region.objects.restore(bucket, key, CURRENT, request))
      }
      case 'clean':
        return outcome(region.objects.amend(bucket, key, CURRENT, { kind: 'cleanRestore' }))
      case 'delete':
        return outcome(this.#client.delete(step.key))
      case 'wait':
        this.#machine.clock.advance(step.ms)
        return 'ok'
      case 'crash':
        this.#machine.crash()
        await this.open()
        return 'ok'
      default:
        return unreachable(step)
    }
  }

  #expect(step: Step): string {
    switch (step.kind) {
      case 'put':
        this.#model.objects.set(step.key, { storageClass: step.of, sizeBytes: step.sizeBytes })
        return 'ok'
      case 'copy':
        return this.#model.copy(step.from, step.to, step.of)
      case 'restore':
        return this.#model.restore(step.key, step.days)
      case 'clean':
        return this.#model.clean(step.key)
      case 'delete':
        this.#model.objects.delete(step.key)
        return 'ok'
      case 'wait':
      case 'crash':
        return 'ok'
      default:
        return unreachable(step)
    }
  }
}

test('whatever is done to objects of any class, they are as a map of them says', async () => {
  const lives = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000_000), lives, async (seed, steps) => {
      const comparison = new Comparison(seed)
      await comparison.open()
      for (const one of steps) await comparison.run(one)
      await comparison.stop()
    }),
    { numRuns: 25 },
  )
}, 60_000)
