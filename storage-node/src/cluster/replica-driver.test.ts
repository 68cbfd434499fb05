import type { Command, CommandResult, ObjectCommand } from '../model/command.ts'
import { FENCE_KEPT_MS } from '../model/decide-bucket.ts'
import type { BucketId, DataId, DataSetId, ObjectKey, VersionSeq } from '../model/identifiers.ts'
import type { ObjectMetadata } from '../model/object.ts'
import { MemoryEngine } from '../storage/memory-engine.ts'
import { START_MS, openMemoryDriver } from './driver-fixtures.ts'
import type { MemoryDriver } from './driver-fixtures.ts'

const bucketId = '0123456789abcdef' as BucketId
const metadata: ObjectMetadata = {
  contentType: '',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
}
const uploadId = 'f'.repeat(32) as DataSetId

/** DataIds that were made when the clock of the fixture began. */
const dataIdOf = (number: number) =>
  (START_MS.toString(16).padStart(12, '0') + number.toString(16).padStart(20, '0')) as DataId
const place = (key = 'k') => ({ bucketId, key: key as ObjectKey })

/** A body in chunks of the dataId with that number. */
function bodyOf(number: number) {
  const data = { kind: 'chunks', dataId: dataIdOf(number) } as const
  return { sizeBytes: 5000, data, md5: '0'.repeat(32), crc64: 0n }
}

const put = (number: number, key = 'k'): ObjectCommand => {
  const given = { metadata, etag: 'E'.repeat(32), forbidOverwrite: false }
  return { kind: 'putObject', ...place(key), ...given, body: bodyOf(number) }
}

const append = (number: number, position: number): ObjectCommand => {
  const given = {
    metadata,
    etag: 'E'.repeat(32),
    forbidOverwrite: false,
    position,
    dataSetId: uploadId,
  }
  return { kind: 'appendObject', ...place(), ...given, body: bodyOf(number) }
}

const putPart = (number: number): ObjectCommand => {
  return { kind: 'putPart', ...place(), uploadId, partNumber: 1, body: bodyOf(number) }
}

const kill = (number: number): ObjectCommand => {
  return { kind: 'killData', ...place(), dataId: dataIdOf(number) }
}

/** What the command came to, in a word. */
async function run({ driver }: MemoryDriver, command: Command): Promise<string> {
  return driver.execute(command).then(said, (error: unknown) => (error as { code: string }).code)
}

function said(result: CommandResult): string {
  if (result.kind === 'killed') return result.referenced ? 'referenced' : 'killed'
  return 'ok'
}

describe('kill and commit of one dataId exclude each other (B4)', () => {
  const cases: readonly [string, readonly Command[], (number: number) => Command][] = [
    ['a put', [], put],
    ['an append', [], (number) => append(number, 0)],
    [
      'a part',
      [{ kind: 'initiateUpload', ...place(), uploadId, metadata, forbidOverwrite: false }],
      putPart,
    ],
  ]

  test.each(cases)('of %s, whoever comes first', async (_name, before, commit) => {
    for (const isKillFirst of [true, false]) {
      const opened = await openMemoryDriver()
      for (const command of before) await run(opened, command)
      const racers = isKillFirst ? [kill(1), commit(1)] : [commit(1), kill(1)]
      const outcomes = await Promise.all(racers.map((command) => run(opened, command)))
      expect(outcomes).toEqual(isKillFirst ? ['killed', 'RequestTimeout'] : ['ok', 'referenced'])
    }
  })

  test('also when the reference is in the delete queue', async () => {
    const opened = await openMemoryDriver()
    expect(await run(opened, put(1))).toBe('ok')
    expect(await run(opened, put(2))).toBe('ok')
    expect(await run(opened, kill(1))).toBe('referenced')
    await run(opened, { kind: 'forgetDropped', ...place(), dataId: dataIdOf(1) })
    expect(await run(opened, kill(1))).toBe('killed')
  })
})

describe('a fenced bucket', () => {
  const attempt = 1n as VersionSeq
  const fence = { kind: 'fenceBucket', bucketId, attempt } as const

  test('refuses every change of an object, and lets the garbage collection work', async () => {
    const opened = await openMemoryDriver()
    expect(await run(opened, fence)).toBe('ok')
    for (const command of [put(1), append(1, 0), putPart(1)] as const) {
      expect(await run(opened, command)).toBe('NoSuchBucket')
    }
    expect(await run(opened, kill(1))).toBe('killed')
  })

  test('is fenced after a restart, until the fence falls', async () => {
    const first = await openMemoryDriver()
    await run(first, fence)
    const second = await openMemoryDriver(first.engine)
    expect(await run(second, put(1))).toBe('NoSuchBucket')
    await run(second, { kind: 'unfenceBucket', bucketId, attempt })
    expect(await run(second, put(1))).toBe('ok')
    expect(await run(await openMemoryDriver(first.engine), put(2))).toBe('ok')
  })

  test('that is forgotten leaves no counters, neither as rows nor in memory', async () => {
    const opened = await openMemoryDriver()
    await run(opened, put(1))
    await run(opened, { kind: 'deleteObject', ...place() })
    await run(opened, fence)
    opened.clock.advance(FENCE_KEPT_MS)
    await run(opened, { kind: 'forgetBucket', bucketId })
    const before = await opened.driver.ask({ kind: 'counters', bucketId })
    expect(before.counters.lastModifiedMs).toBe(0)
    opened.clock.advance(-1000)
    await run(opened, put(2))
    const { counters } = await opened.driver.ask({ kind: 'counters', bucketId })
    expect(counters).toMatchObject({ objects: 1, lastModifiedMs: opened.clock.nowMs() })
  })
})

test('a full disk refuses what adds data and nothing else', async () => {
  const opened = await openMemoryDriver()
  await run(opened, put(1))
  opened.mayWrite = false
  expect(await run(opened, put(2))).toBe('ServiceUnavailable')
  expect(await run(opened, append(2, 0))).toBe('ServiceUnavailable')
  expect(await run(opened, kill(2))).toBe('killed')
  expect(await run(opened, { kind: 'deleteObject', ...place() })).toBe('ok')
  opened.mayWrite = true
  expect(await run(opened, put(3))).toBe('ok')
})

test('version numbers rise, whatever the wall clock does, and across a restart', async () => {
  const opened = await openMemoryDriver()
  const versionOf = async ({ driver }: MemoryDriver) => {
    const found = await driver.ask({ kind: 'object', ...place(), withBody: false })
    return found?.record.versionSeq ?? 0n
  }
  const seen: bigint[] = []
  for (const [number, ms] of [0, 5, -60_000, 1, 120_000].entries()) {
    opened.clock.advance(ms)
    await run(opened, put(number + 1))
    seen.push(await versionOf(opened))
  }
  const again = await openMemoryDriver(opened.engine)
  again.clock.advance(-1_000_000)
  await run(again, put(9))
  seen.push(await versionOf(again))
  expect(seen).toEqual([...seen].sort((a, b) => (a < b ? -1 : 1)))
  expect(new Set(seen).size).toBe(seen.length)
})

test('commands on other keys do not wait for each other, those on one key do', async () => {
  const opened = await openMemoryDriver()
  const order: string[] = []
  const note = (name: string, command: Command) => run(opened, command).then(() => order.push(name))
  await Promise.all([
    note('first', put(1)),
    note('second', put(2)),
    note('third', put(3)),
    note('other', put(4, 'other')),
  ])
  expect(order.filter((name) => name !== 'other')).toEqual(['first', 'second', 'third'])
  expect(order.indexOf('other')).toBeLessThan(2)
})

test('of many list pages a few are under way at a time, and all are answered', async () => {
  const engine = new MemoryEngine()
  const takeSnapshot = engine.snapshot.bind(engine)
  let underWay = 0
  let most = 0
  jest.spyOn(engine, 'snapshot').mockImplementation(() => {
    const snapshot = takeSnapshot()
    most = Math.max(most, ++underWay)
    const release = snapshot.release.bind(snapshot)
    snapshot.release = () => {
      underWay--
      release()
    }
    return snapshot
  })
  const { driver } = await openMemoryDriver(engine)
  const query = { bucketId, prefix: '', delimiter: '', after: '', maxCount: 10 }
  const asked = Array.from({ length: 50 }, () => driver.ask({ kind: 'list', ...query }))
  expect(await Promise.all(asked)).toHaveLength(50)
  expect({ most, underWay }).toEqual({ most: 4, underWay: 0 })
})
