import fc from 'fast-check'
import { sameBytes } from './base/bytes.ts'
import { jitterEngine } from './engine-jitter.ts'
import { MemoryMachine } from './memory-region.ts'
import { noCounters } from './model/bucket.ts'
import type { BucketCounters, Versioning } from './model/bucket.ts'
import type { BucketName, ObjectKey, VersionId } from './model/identifiers.ts'
import { NULL_VERSION } from './model/version-id.ts'
import {
  BucketClient,
  bytesOf,
  collect,
  makeBucket,
  outcome,
  plainMetadata,
} from './region-fixtures.ts'

const BUCKET = 'bucket' as BucketName
/** Lives with crashes are slow on a machine that others use. */
const TIMEOUT_MS = 300_000

/** A version of a key as its writer knows it; without bytes it is a delete marker. */
interface ModelVersion {
  readonly versionId: VersionId
  readonly bytes: Buffer | undefined
  readonly type: 'Normal' | 'Appendable' | 'Multipart'
  /** Was not current at some time: it never grows again. */
  readonly wasOlder: boolean
}

/** The bucket as a map from keys to versions, the newest first. */
class Model {
  versioning: Versioning = 'unset'
  readonly keys = new Map<string, ModelVersion[]>()

  versionsOf(key: string): ModelVersion[] {
    return this.keys.get(key) ?? []
  }

  /** The current object; a delete marker is none. */
  current(key: string): ModelVersion | undefined {
    const [newest] = this.versionsOf(key)
    return newest?.bytes === undefined ? undefined : newest
  }

  mayNotOverwrite(key: string): boolean {
    return this.versioning === 'unset' && this.current(key) !== undefined
  }

  place(key: string, version: ModelVersion): void {
    const older = this.versionsOf(key)
      .filter(({ versionId }) => versionId !== version.versionId)
      .map((each) => ({ ...each, wasOlder: true }))
    this.keys.set(key, [version, ...older])
  }

  remove(key: string, versionId: VersionId): void {
    const left = this.versionsOf(key).filter((version) => version.versionId !== versionId)
    if (left.length > 0) this.keys.set(key, left)
    else this.keys.delete(key)
  }

  get sortedKeys(): string[] {
    return [...this.keys.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  counters(): Partial<BucketCounters> {
    const { lastModifiedMs: _, ...sum } = { ...noCounters } as Record<keyof BucketCounters, number>
    for (const { bytes } of [...this.keys.values()].flat()) {
      if (bytes === undefined) sum.deleteMarkers++
      else {
        sum.objects++
        sum.standardObjects++
        sum.objectBytes += bytes.length
        sum.standardBytes += bytes.length
      }
    }
    return sum
  }
}

class Real {
  readonly machine: MemoryMachine
  client!: BucketClient

  constructor(seed: number) {
    const wrapEngine = jitterEngine(seed)
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

async function readVersion(
  { client }: Real,
  key: string,
  versionId?: VersionId,
): Promise<{ versionId: VersionId; bytes: Uint8Array } | string> {
  const reading = client.region.objects.read(client.bucket, key as ObjectKey, versionId)
  const code = await outcome(reading)
  if (code !== 'ok') return code
  const { record, body } = await reading
  return { versionId: record.versionId, bytes: await collect(body()) }
}

async function expectKey(model: Model, real: Real, key: string): Promise<void> {
  const versions = model.versionsOf(key)
  for (const [at, { versionId, bytes }] of [...versions.slice(0, 1), ...versions].entries()) {
    const found = await readVersion(real, key, at === 0 ? undefined : versionId)
    if (bytes === undefined) expect(found).toBe(at === 0 ? 'NoSuchKey' : 'MethodNotAllowed')
    else if (typeof found === 'string') expect(found).toBe('ok')
    else {
      expect(found.versionId).toBe(versionId)
      expect(sameBytes(found.bytes, bytes)).toBe(true)
    }
  }
  if (versions.length === 0) expect(await readVersion(real, key)).toBe('NoSuchKey')
  if (versions.some(({ versionId }) => versionId === NULL_VERSION)) return
  expect(await readVersion(real, key, NULL_VERSION)).toBe('NoSuchVersion')
}

async function expectEverything(model: Model, real: Real): Promise<void> {
  const { client } = real
  const maxKeys = model.keys.size % 3 === 0 ? 2 : 1000
  const listed: [string, VersionId, boolean, boolean][] = []
  let after = ''
  let afterVersionId: VersionId | undefined
  for (;;) {
    const options = { prefix: '', delimiter: '', after, afterVersionId, maxKeys }
    const page = await client.region.listings.listVersions(client.bucket, options)
    for (const { key, versionId, isLatest, isDeleteMarker } of page.versions) {
      listed.push([key, versionId, isLatest, isDeleteMarker])
    }
    if (!page.isTruncated) break
    after = page.next ?? ''
    afterVersionId = page.nextVersionId
  }
  expect(listed).toEqual(
    model.sortedKeys.flatMap((key) =>
      model.versionsOf(key).map(({ versionId, bytes }, at) => {
        return [key, versionId, at === 0, bytes === undefined]
      }),
    ),
  )
  const names = (await client.list(maxKeys)).map(({ key }) => key)
  expect(names).toEqual(model.sortedKeys.filter((key) => model.current(key) !== undefined))
  for (const key of keyNames) await expectKey(model, real, key)
}

const keyNames = ['a', 'a/b', 'b']
const keys = fc.constantFrom(...keyNames)
const sizes = fc.constantFrom(0, 100, 4096, 4097, 70_000)
const body = fc
  .record({ seed: fc.nat(1000), sizeBytes: sizes })
  .map(({ seed, sizeBytes }) => Buffer.from(bytesOf(seed, sizeBytes)))

/** The identifier that a new version must have been given. */
function expectNewId(model: Model, key: string, versionId: VersionId | undefined): VersionId {
  const isNull = model.versioning !== 'Enabled'
  expect(versionId === NULL_VERSION).toBe(isNull)
  if (!isNull) expect(model.versionsOf(key).map((each) => each.versionId)).not.toContain(versionId)
  return versionId ?? NULL_VERSION
}

const put = fc.tuple(keys, body, fc.boolean()).map(([key, bytes, forbidOverwrite]) =>
  command(`put ${key} ${bytes.length} ${forbidOverwrite}`, async (model, real) => {
    const putting = real.client.put(key, bytes, { forbidOverwrite })
    const isRefused = forbidOverwrite && model.mayNotOverwrite(key)
    expect(await outcome(putting)).toBe(isRefused ? 'FileAlreadyExists' : 'ok')
    if (isRefused) return
    const versionId = expectNewId(model, key, (await putting).versionId)
    model.place(key, { versionId, bytes, type: 'Normal', wasOlder: false })
    await expectKey(model, real, key)
  }),
)

const upload = fc.tuple(keys, body).map(([key, bytes]) =>
  command(`upload ${key} ${bytes.length}`, async (model, real) => {
    const { client } = real
    const uploadId = await client.initiate(key)
    await client.putPart(key, uploadId, 1, bytes)
    const { versionId } = await client.complete(key, uploadId)
    const id = expectNewId(model, key, versionId)
    model.place(key, { versionId: id, bytes, type: 'Multipart', wasOlder: false })
    await expectKey(model, real, key)
  }),
)

const append = fc.tuple(keys, body).map(([key, bytes]) =>
  command(`append ${key} ${bytes.length}`, async (model, real) => {
    const [newest] = model.versionsOf(key)
    const { bytes: before = Buffer.alloc(0) } = newest ?? {}
    const mayGrow = newest === undefined || (newest.type === 'Appendable' && !newest.wasOlder)
    const appending = real.client.append(key, before.length, bytes)
    expect(await outcome(appending)).toBe(mayGrow ? 'ok' : 'ObjectNotAppendable')
    if (!mayGrow) return
    expect((await appending).versionId).toBe(NULL_VERSION)
    const grown = Buffer.concat([before, bytes])
    const version = { versionId: NULL_VERSION, bytes: grown, type: 'Appendable' } as const
    model.place(key, { ...version, wasOlder: false })
    await expectKey(model, real, key)
  }),
)

const copy = fc.tuple(keys, keys, fc.nat(9)).map(([from, to, pick]) =>
  command(`copy ${from} ${to} ${pick}`, async (model, real) => {
    const { region, bucket } = real.client
    const versions = model.versionsOf(from)
    const source = pick % 3 === 0 ? undefined : versions[pick % Math.max(1, versions.length)]
    const meant = source ?? versions[0]
    const copying = region.objects.copy(bucket, to as ObjectKey, {
      source: { bucket, key: from as ObjectKey, versionId: source?.versionId },
      check() {},
      metadata: () => plainMetadata,
      forbidOverwrite: false,
      signal: new AbortController().signal,
    })
    const { versioning } = model
    const isInPlace =
      from === to &&
      meant === versions[0] &&
      meant?.versionId === NULL_VERSION &&
      (versioning !== 'Enabled' || meant.type === 'Appendable')
    const code = await outcome(copying)
    if (meant?.bytes === undefined) {
      expect(code).toBe('NoSuchKey')
      return
    }
    // What the bucket's record says was told to the client when it found the bucket.
    if (meant.type === 'Appendable' && !isInPlace && bucket.versioning !== 'unset') {
      expect(code).toBe('OperationNotSupported')
      return
    }
    expect(code).toBe('ok')
    if (!isInPlace) {
      const versionId = expectNewId(model, to, (await copying).record.versionId)
      model.place(to, { versionId, bytes: meant.bytes, type: 'Normal', wasOlder: false })
    }
    await expectKey(model, real, to)
  }),
)

const remove = keys.map((key) =>
  command(`delete ${key}`, async (model, real) => {
    const { region, bucket } = real.client
    const { versionId, isDeleteMarker } = await region.objects.delete(bucket, key as ObjectKey)
    expect(isDeleteMarker).toBe(model.versioning !== 'unset')
    if (!isDeleteMarker) model.keys.delete(key)
    else {
      const id = expectNewId(model, key, versionId)
      model.place(key, { versionId: id, bytes: undefined, type: 'Normal', wasOlder: false })
    }
    await expectKey(model, real, key)
  }),
)

const removeVersion = fc.tuple(keys, fc.nat(9)).map(([key, pick]) =>
  command(`delete ${key} version ${pick}`, async (model, real) => {
    const { region, bucket } = real.client
    const versions = model.versionsOf(key)
    const target = versions[pick % Math.max(1, versions.length)]
    const versionId = target?.versionId ?? ('12'.repeat(16) as VersionId)
    const deleted = await region.objects.delete(bucket, key as ObjectKey, versionId)
    expect(deleted).toMatchObject({
      versionId,
      isDeleteMarker: target !== undefined && target.bytes === undefined,
    })
    model.remove(key, versionId)
    await expectKey(model, real, key)
  }),
)

const setVersioning = fc.constantFrom('Enabled', 'Enabled', 'Suspended').map((value) =>
  command(`versioning ${value}`, async (model, real) => {
    const { region, bucket } = real.client
    await region.buckets.putSetting(bucket, { kind: 'versioning', value })
    model.versioning = value
    const found = await region.buckets.find(BUCKET)
    if (found !== undefined) real.client = new BucketClient(region, found)
  }),
)

const checkpoint = fc.constant(
  command('checkpoint', async (_model, real) => real.client.region.checkpoint()),
)

const collectGarbage = fc.constant(
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

test(
  'a bucket keeps versions as a map of lists would, through any commands and crashes',
  async () => {
    const weighted = [put, put, put, upload, append, copy, copy, remove, remove]
    const others = [removeVersion, removeVersion, setVersioning, checkpoint, collectGarbage, crash]
    const commands = fc.commands([...weighted, ...others], { maxCommands: 40, size: 'max' })
    await fc.assert(
      fc.asyncProperty(fc.nat(), commands, async (seed, steps) => {
        const real = new Real(seed)
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
      { numRuns: 15, endOnFailure: false },
    )
  },
  TIMEOUT_MS,
)
