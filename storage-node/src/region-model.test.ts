import fc from 'fast-check'
import { sameBytes } from './base/bytes.ts'
import { openChecksums } from './base/checksums.ts'
import type { Checksums } from './base/checksums.ts'
import { jitterEngine } from './engine-jitter.ts'
import { MemoryMachine } from './memory-region.ts'
import { noCounters } from './model/bucket.ts'
import type { BucketCounters } from './model/bucket.ts'
import type { BucketName, ObjectKey } from './model/identifiers.ts'
import { BucketClient, bytesOf, makeBucket, outcome, plainMetadata } from './region-fixtures.ts'

const PART_BYTES = 100 * 1024
const BUCKET = 'bucket' as BucketName

interface ModelObject {
  readonly bytes: Buffer
  readonly type: 'Normal' | 'Appendable' | 'Multipart'
  readonly isInfrequent: boolean
}

interface ModelUpload {
  readonly key: string
  readonly id: string
  readonly forbidOverwrite: boolean
  readonly parts: Map<number, Buffer>
}

/** The region as a plain map: what every answer has to agree with. */
class Model {
  readonly objects = new Map<string, ModelObject>()
  readonly uploads: ModelUpload[] = []

  counters(): Partial<BucketCounters> {
    const sum = { ...noCounters } as Record<keyof BucketCounters, number>
    for (const { bytes, isInfrequent } of this.objects.values()) {
      sum.objects++
      sum.objectBytes += bytes.length
      sum[isInfrequent ? 'infrequentObjects' : 'standardObjects']++
      sum[isInfrequent ? 'infrequentBytes' : 'standardBytes'] += bytes.length
    }
    for (const { parts } of this.uploads) {
      sum.uploads++
      sum.parts += parts.size
      for (const part of parts.values()) sum.partBytes += part.length
    }
    const { lastModifiedMs: _, ...counted } = sum
    return counted
  }

  put(key: string, object: ModelObject, forbidOverwrite: boolean): string {
    if (forbidOverwrite && this.objects.has(key)) return 'FileAlreadyExists'
    this.objects.set(key, object)
    return 'ok'
  }

  append(key: string, position: number, bytes: Buffer, isInfrequent: boolean): string {
    const current = this.objects.get(key)
    if (current !== undefined && current.type !== 'Appendable') return 'ObjectNotAppendable'
    if (position !== (current?.bytes.length ?? 0)) return 'PositionNotEqualToLength'
    const grown = Buffer.concat([current?.bytes ?? Buffer.alloc(0), bytes])
    const kept = current ?? { isInfrequent }
    this.objects.set(key, { bytes: grown, type: 'Appendable', isInfrequent: kept.isInfrequent })
    return 'ok'
  }

  complete(upload: ModelUpload): string {
    const { key, forbidOverwrite, parts } = upload
    if (!this.uploads.includes(upload)) return 'NoSuchUpload'
    if (forbidOverwrite && this.objects.has(key)) return 'FileAlreadyExists'
    const sorted = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
    if (sorted.length === 0) return 'InvalidPart'
    if (sorted.slice(0, -1).some((part) => part.length < PART_BYTES)) return 'EntityTooSmall'
    this.objects.set(key, { bytes: Buffer.concat(sorted), type: 'Multipart', isInfrequent: false })
    this.end(upload)
    return 'ok'
  }

  end(upload: ModelUpload): string {
    const at = this.uploads.indexOf(upload)
    if (at >= 0) this.uploads.splice(at, 1)
    return at >= 0 ? 'ok' : 'NoSuchUpload'
  }
}

/** The real region, and the machine it may die with. */
class Real {
  readonly machine: MemoryMachine
  readonly checksums: Checksums
  /** Also uploads that have ended: whoever still uses one is refused. */
  readonly known: ModelUpload[] = []
  client!: BucketClient

  constructor(seed: number, checksums: Checksums) {
    const wrapEngine = jitterEngine(seed)
    this.checksums = checksums
    this.machine = new MemoryMachine({ seed, wrapEngine, segmentSizeBytes: 1024 ** 2 })
  }

  async open(): Promise<void> {
    const region = await this.machine.open()
    const bucket = (await region.buckets.find(BUCKET)) ?? (await makeBucket(region, BUCKET))
    this.client = new BucketClient(region, bucket)
  }
}

type Command = fc.AsyncCommand<Model, Real>
type Run = (model: Model, real: Real) => Promise<void>

function command(name: string, run: Run): Command {
  return {
    check: () => true,
    toString: () => name,
    async run(model, real) {
      real.machine.clock.advance(1)
      await run(model, real)
      const { lastModifiedMs: _, ...counted } = await real.client.stat()
      expect(counted).toEqual(model.counters())
    },
  }
}

/** The upload that a number means, of those that ever were. */
function pickUpload({ known }: Real, number: number): ModelUpload | undefined {
  return known[number % Math.max(1, known.length)]
}

async function expectObject(model: Model, real: Real, key: string): Promise<void> {
  const expected = model.objects.get(key)
  const found = await real.client.get(key)
  expect(found === undefined).toBe(expected === undefined)
  if (expected === undefined || found === undefined) return
  const { bytes, type } = expected
  expect(sameBytes(found, bytes)).toBe(true)
  const record = await real.client.region.objects.find(real.client.bucket, key as ObjectKey)
  const { sizeBytes, crc64 } = record
  expect({ type: record.type, sizeBytes, crc64 }).toEqual({
    type,
    sizeBytes: bytes.length,
    crc64: real.checksums.crc64(bytes),
  })
}

async function expectEverything(model: Model, real: Real): Promise<void> {
  const page = model.objects.size % 3 === 0 ? 2 : 1000
  const listed = await real.client.list(page)
  const keys = [...model.objects.keys()].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )
  expect(listed.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual(
    keys.map((key) => [key, model.objects.get(key)?.bytes.length]),
  )
  for (const key of keys) await expectObject(model, real, key)
  const uploads = await real.client.listUploads(page)
  const ids = (from: readonly { readonly key: string; readonly uploadId: string }[]) =>
    from.map(({ key, uploadId }) => `${key} ${uploadId}`).sort()
  expect(ids(uploads)).toEqual(ids(model.uploads.map(({ key, id }) => ({ key, uploadId: id }))))
}

const keys = fc.constantFrom('a', 'a/b', 'a/\0c', 'é', '😀', 'b')
const sizes = fc.constantFrom(0, 1, 100, 4096, 4097, 5000, 65_536, 65_537, 90_000)
const body = fc.record({ seed: fc.nat(1000), sizeBytes: sizes })
const bytesFor = ({ seed, sizeBytes }: { seed: number; sizeBytes: number }) =>
  Buffer.from(bytesOf(seed, sizeBytes))
const classOf = (isInfrequent: boolean) =>
  ({ ...plainMetadata, storageClass: isInfrequent ? 'IA' : 'Standard' }) as const

const put = fc.tuple(keys, body, fc.boolean(), fc.boolean()).map(([key, content, only, isIA]) =>
  command(`put ${key} ${content.sizeBytes} ${only} ${isIA}`, async (model, real) => {
    const bytes = bytesFor(content)
    const options = { forbidOverwrite: only, metadata: classOf(isIA) }
    const expected = model.put(key, { bytes, type: 'Normal', isInfrequent: isIA }, only)
    expect(await outcome(real.client.put(key, bytes, options))).toBe(expected)
    await expectObject(model, real, key)
  }),
)

const append = fc
  .tuple(keys, body, fc.boolean(), fc.boolean())
  .map(([key, content, isWrong, isIA]) =>
    command(`append ${key} ${content.sizeBytes} ${isWrong}`, async (model, real) => {
      const bytes = bytesFor(content)
      const position = (model.objects.get(key)?.bytes.length ?? 0) + (isWrong ? 1 : 0)
      const expected = model.append(key, position, bytes, isIA)
      const options = { metadata: classOf(isIA) }
      expect(await outcome(real.client.append(key, position, bytes, options))).toBe(expected)
      await expectObject(model, real, key)
    }),
  )

const remove = keys.map((key) =>
  command(`delete ${key}`, async (model, real) => {
    model.objects.delete(key)
    await real.client.delete(key)
    await expectObject(model, real, key)
  }),
)

const copy = fc.tuple(keys, keys, fc.boolean()).map(([from, to, isIA]) =>
  command(`copy ${from} ${to} ${isIA}`, async (model, real) => {
    const source = model.objects.get(from)
    const expected = source === undefined ? 'NoSuchKey' : 'ok'
    expect(await outcome(real.client.copy(from, to, classOf(isIA)))).toBe(expected)
    if (source === undefined) return
    const type = from === to ? source.type : 'Normal'
    model.objects.set(to, { bytes: source.bytes, type, isInfrequent: isIA })
    await expectObject(model, real, to)
  }),
)

const initiate = fc.tuple(keys, fc.boolean()).map(([key, forbidOverwrite]) =>
  command(`initiate ${key} ${forbidOverwrite}`, async (model, real) => {
    if (forbidOverwrite && model.objects.has(key)) {
      expect(await outcome(real.client.initiate(key, true))).toBe('FileAlreadyExists')
      return
    }
    const id = await real.client.initiate(key, forbidOverwrite)
    const upload = { key, id, forbidOverwrite, parts: new Map<number, Buffer>() }
    model.uploads.push(upload)
    real.known.push(upload)
  }),
)

const partSizes = fc.constantFrom(10, 5000, PART_BYTES, PART_BYTES, PART_BYTES + 1)
const putPart = fc
  .tuple(fc.nat(9), fc.integer({ min: 1, max: 3 }), fc.nat(1000), partSizes)
  .map(([pick, partNumber, seed, sizeBytes]) =>
    command(`putPart ${pick} ${partNumber} ${sizeBytes}`, async (model, real) => {
      const upload = pickUpload(real, pick)
      if (upload === undefined) return
      const bytes = Buffer.from(bytesOf(seed, sizeBytes))
      const expected = model.uploads.includes(upload) ? 'ok' : 'NoSuchUpload'
      const put = real.client.putPart(upload.key, upload.id, partNumber, bytes)
      expect(await outcome(put)).toBe(expected)
      if (expected === 'ok') upload.parts.set(partNumber, bytes)
    }),
  )

const complete = fc.nat(9).map((pick) =>
  command(`complete ${pick}`, async (model, real) => {
    const upload = pickUpload(real, pick)
    if (upload === undefined) return
    const ended = !model.uploads.includes(upload)
    const expected = model.complete(upload)
    const code = await outcome(real.client.complete(upload.key, upload.id))
    // A repetition is answered with the object as long as that is the one it made.
    if (ended) expect(['ok', 'NoSuchUpload']).toContain(code)
    else expect(code).toBe(expected)
    await expectObject(model, real, upload.key)
  }),
)

const abort = fc.nat(9).map((pick) =>
  command(`abort ${pick}`, async (model, real) => {
    const upload = pickUpload(real, pick)
    if (upload === undefined) return
    expect(await outcome(real.client.abort(upload.key, upload.id))).toBe(model.end(upload))
  }),
)

const checkpoint = fc.constant(
  command('checkpoint', async (_model, real) => real.client.region.checkpoint()),
)

const collect = fc.constant(
  command('collect', async (model, real) => {
    real.machine.clock.advance(2 * 60 * 60 * 1000)
    await real.client.region.collectAndCompact()
    await expectEverything(model, real)
  }),
)

const crash = fc.boolean().map((isPowerCut) =>
  command(isPowerCut ? 'power cut' : 'kill', async (model, real) => {
    if (isPowerCut) real.machine.crash()
    else real.machine.kill()
    await real.open()
    await expectEverything(model, real)
  }),
)

/** Whether the key holds what the model says. */
async function agrees(model: Model, real: Real, key: string): Promise<boolean> {
  const [expected, found] = [model.objects.get(key), await real.client.get(key)]
  if (expected === undefined || found === undefined) return expected === found
  return sameBytes(expected.bytes, found)
}

/** Commands that power is cut under: what was acknowledged is there, the rest there or not. */
const cutUnderWay = fc
  .tuple(fc.nat(60), fc.nat(1000), fc.nat(3))
  .map(([operationCount, seed, way]) =>
    command(`cut after ${operationCount}`, async (model, real) => {
      const acknowledged = new Set<string>()
      const effects = new Map<string, () => void>()
      const begin = (key: string, call: () => Promise<unknown>, effect: () => void) => {
        effects.set(key, effect)
        // Of a dead process, whatever comes is nobody's business.
        call().then(
          () => acknowledged.add(key),
          () => undefined,
        )
      }
      const { client, machine } = real
      const death = machine.disk.crashAfter(operationCount)
      for (const [at, key] of ['a', 'a/b', 'b'].entries()) {
        const bytes = Buffer.from(bytesOf(seed + at, [50, 5000, 70_000][(way + at) % 3] ?? 0))
        const position = model.objects.get(key)?.bytes.length ?? 0
        if (at === way) {
          begin(
            key,
            () => client.delete(key),
            () => model.objects.delete(key),
          )
        } else if (model.objects.get(key)?.type === 'Appendable') {
          const effect = () => void model.append(key, position, bytes, false)
          begin(key, () => client.append(key, position, bytes), effect)
        } else {
          const object = { bytes, type: 'Normal', isInfrequent: false } as const
          begin(
            key,
            () => client.put(key, bytes),
            () => void model.put(key, object, false),
          )
        }
      }
      let isDead = false
      const settled = async () => {
        while (!isDead && acknowledged.size < effects.size) {
          await new Promise((next) => setImmediate(next))
        }
      }
      await Promise.race([death, settled()])
      isDead = true
      const known = new Set(acknowledged)
      machine.disk.crash()
      machine.kill()
      await real.open()
      for (const [key, effect] of effects) {
        // Not acknowledged, and as before: it has not happened.
        if (!known.has(key) && (await agrees(model, real, key))) continue
        effect()
      }
      await expectEverything(model, real)
    }),
  )

test('a region answers as a plain map would, through any commands and crashes', async () => {
  const checksums = await openChecksums()
  const weighted = [
    put,
    put,
    put,
    append,
    append,
    remove,
    copy,
    initiate,
    initiate,
    putPart,
    putPart,
  ]
  const commands = fc.commands(
    [
      ...weighted,
      putPart,
      complete,
      complete,
      abort,
      checkpoint,
      collect,
      crash,
      cutUnderWay,
      cutUnderWay,
    ],
    { maxCommands: 60, size: 'max' },
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(), commands, async (seed, steps) => {
      const real = new Real(seed, checksums)
      const model = new Model()
      await real.open()
      await fc.asyncModelRun(() => ({ model, real }), steps)
      await expectEverything(model, real)
      real.machine.crash()
      await real.open()
      await expectEverything(model, real)
      expect(real.client.region.slabs.usedCount).toBe(0)
      expect(real.machine.failures).toEqual([])
    }),
    { numRuns: 60, endOnFailure: false },
  )
})
