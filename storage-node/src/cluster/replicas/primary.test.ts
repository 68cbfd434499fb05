import type { Epoch, StoreId } from '../../contract/identifiers.ts'
import type { Command, CommandResult, ObjectCommand } from '../../model/command.ts'
import { FENCE_KEPT_MS } from '../../model/decide-bucket.ts'
import type { BucketId, DataId, DataSetId, ObjectKey, VersionSeq } from '../../model/identifiers.ts'
import type { ObjectMetadata } from '../../model/object.ts'
import type { Answer, Query, QueryKind } from '../../model/query.ts'
import type { Applier } from '../../storage/applier.ts'
import { MemoryEngine } from '../../storage/memory-engine.ts'
import { MemoryPrimary, START_MS } from './primary-fixtures.ts'

const bucketId = '0123456789abcdef' as BucketId
const metadata: ObjectMetadata = {
  contentType: '',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
}
const UNSET = { state: 'unset' } as const
const deleted = {
  ...({ kind: 'deleted', existed: true } as const),
  ...{ versionId: undefined, isDeleteMarker: false },
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
  const given = { metadata, etag: 'E'.repeat(32), forbidOverwrite: false, condition: undefined }
  return { kind: 'putObject', ...place(key), ...given, versions: UNSET, body: bodyOf(number) }
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
  const body = bodyOf(number)
  return { kind: 'putPart', ...place(), uploadId, partNumber: 1, body, running: undefined }
}

const kill = (number: number): ObjectCommand => {
  return { kind: 'killData', ...place(), dataId: dataIdOf(number) }
}

/** Lets a turn of the event loop pass, and what it brings. */
async function letTurnsPass(): Promise<void> {
  await new Promise(setImmediate)
  await new Promise(setImmediate)
}

/** What the command came to, in a word. */
async function run(opened: MemoryPrimary, command: Command): Promise<string> {
  const reply = await opened.execute(opened.newOpId(), command)
  if (reply.kind === 'done') return said(reply.value)
  return reply.kind === 'refused' ? reply.refusal.code : reply.kind
}

/** Answers of an active primary that holds its lease. */
async function ask<K extends QueryKind>(
  opened: MemoryPrimary,
  query: Query<K>,
): Promise<Answer<K>> {
  const reply = await opened.primary.ask(query)
  if (reply.kind !== 'done') throw new Error(`Not answered: ${JSON.stringify(reply)}`)
  return reply.value
}

function said(result: CommandResult): string {
  if (result.kind === 'killed') return result.referenced ? 'referenced' : 'killed'
  return 'ok'
}

const upload = { forbidOverwrite: false, isSequential: false }

describe('kill and commit of one dataId exclude each other (B4)', () => {
  const cases: readonly [string, readonly Command[], (number: number) => Command][] = [
    ['a put', [], put],
    ['an append', [], (number) => append(number, 0)],
    ['a part', [{ kind: 'initiateUpload', ...place(), uploadId, metadata, ...upload }], putPart],
  ]

  test.each(cases)('of %s, whoever comes first', async (_name, before, commit) => {
    for (const isKillFirst of [true, false]) {
      const opened = await MemoryPrimary.open()
      for (const command of before) await run(opened, command)
      const racers = isKillFirst ? [kill(1), commit(1)] : [commit(1), kill(1)]
      const outcomes = await Promise.all(racers.map((command) => run(opened, command)))
      expect(outcomes).toEqual(isKillFirst ? ['killed', 'RequestTimeout'] : ['ok', 'referenced'])
    }
  })

  test('also when the reference is in the delete queue', async () => {
    const opened = await MemoryPrimary.open()
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
    const opened = await MemoryPrimary.open()
    expect(await run(opened, fence)).toBe('ok')
    for (const command of [put(1), append(1, 0), putPart(1)] as const) {
      expect(await run(opened, command)).toBe('NoSuchBucket')
    }
    expect(await run(opened, kill(1))).toBe('killed')
  })

  test('is fenced after a restart, until the fence falls', async () => {
    const first = await MemoryPrimary.open()
    await run(first, fence)
    const second = await MemoryPrimary.open({ engine: first.engine })
    expect(await run(second, put(1))).toBe('NoSuchBucket')
    await run(second, { kind: 'unfenceBucket', bucketId, attempt })
    expect(await run(second, put(1))).toBe('ok')
    expect(await run(await MemoryPrimary.open({ engine: first.engine }), put(2))).toBe('ok')
  })

  test('that is forgotten leaves no counters, neither as rows nor in memory', async () => {
    const opened = await MemoryPrimary.open()
    await run(opened, put(1))
    await run(opened, { kind: 'deleteObject', ...place(), versions: UNSET })
    await run(opened, fence)
    opened.clock.advance(FENCE_KEPT_MS)
    await run(opened, { kind: 'forgetBucket', bucketId })
    const before = await ask(opened, { kind: 'counters', bucketId })
    expect(before.counters.lastModifiedMs).toBe(0)
    await run(opened, put(2))
    const { counters } = await ask(opened, { kind: 'counters', bucketId })
    expect(counters).toMatchObject({ objects: 1, lastModifiedMs: opened.clock.nowMs() })
  })
})

test('a full disk refuses what adds data and nothing else', async () => {
  const opened = await MemoryPrimary.open()
  await run(opened, put(1))
  opened.mayWrite = false
  expect(await run(opened, put(2))).toBe('ServiceUnavailable')
  expect(await run(opened, append(2, 0))).toBe('ServiceUnavailable')
  expect(await run(opened, kill(2))).toBe('killed')
  expect(await run(opened, { kind: 'deleteObject', ...place(), versions: UNSET })).toBe('ok')
  opened.mayWrite = true
  expect(await run(opened, put(3))).toBe('ok')
})

test('version numbers rise, whatever the wall clock does, and across a restart', async () => {
  const opened = await MemoryPrimary.open()
  const versionOf = async (from: MemoryPrimary) => {
    const found = await ask(from, {
      kind: 'object',
      ...place(),
      versionId: undefined,
      withBody: false,
    })
    return found?.record.versionSeq ?? 0n
  }
  const seen: bigint[] = []
  for (const [number, ms] of [0, 5, -60_000, 1, 120_000].entries()) {
    opened.clock.advance(ms)
    await run(opened, put(number + 1))
    seen.push(await versionOf(opened))
  }
  const again = await MemoryPrimary.open({ engine: opened.engine })
  again.clock.advance(-1_000_000)
  await run(again, put(9))
  seen.push(await versionOf(again))
  expect(seen).toEqual([...seen].sort((a, b) => (a < b ? -1 : 1)))
  expect(new Set(seen).size).toBe(seen.length)
})

test('commands on other keys do not wait for each other, those on one key do', async () => {
  const opened = await MemoryPrimary.open()
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
  const opened = await MemoryPrimary.open({ engine })
  const query = { bucketId, prefix: '', delimiter: '', after: '', maxCount: 10 }
  const asked = Array.from({ length: 50 }, () => ask(opened, { kind: 'list', ...query }))
  expect(await Promise.all(asked)).toHaveLength(50)
  expect({ most, underWay }).toEqual({ most: 4, underWay: 0 })
})

describe('what a primary answers without an entry', () => {
  const get = { kind: 'object', ...place(), versionId: undefined, withBody: false } as const
  const forbidden = { ...put(2), forbidOverwrite: true } as Command

  test('holds only with a lease: reads, refusals, and what changes nothing', async () => {
    const opened = await MemoryPrimary.open()
    await run(opened, put(1))
    expect(await run(opened, forbidden)).toBe('FileAlreadyExists')
    opened.mayRead = false
    expect(await opened.primary.ask(get)).toMatchObject({ kind: 'unavailable' })
    expect(await run(opened, forbidden)).toBe('unavailable')
    expect(await run(opened, { kind: 'deleteObject', ...place('nothing'), versions: UNSET })).toBe(
      'unavailable',
    )
    expect(await run(opened, put(3))).toBe('ok')
  })

  test('is not answered when its office ended meanwhile, also if it has it again', async () => {
    const opened = await MemoryPrimary.open()
    await run(opened, put(1))
    const { primary, configuration } = opened
    const [asked, refused] = [primary.ask(get), run(opened, forbidden)]
    primary.deactivate()
    expect(await asked).toMatchObject({ kind: 'unavailable' })
    expect(await refused).toBe('unavailable')
    expect(primary.isActive).toBe(false)
    expect(await primary.ask(get)).toMatchObject({ kind: 'unavailable' })
    const other = { ...configuration, primary: 'other' as StoreId, epoch: 2 as Epoch }
    jest.replaceProperty(opened, 'configuration' as never, other as never)
    const elsewhere = { kind: 'elsewhere', epoch: 2, primary: 'other' }
    expect(await primary.ask(get)).toEqual(elsewhere)
    expect(await opened.execute(opened.newOpId(), put(2))).toEqual(elsewhere)
  })
})

describe('a command of a client', () => {
  test('that waited behind one without a quorum is not executed when it is forgotten', async () => {
    const opened = await MemoryPrimary.open()
    opened.doesCommit = false
    const opId = opened.newOpId()
    const tries = [opened.execute(opId, put(1)), opened.execute(opId, put(1))]
    await letTurnsPass()
    opened.clock.advance(30_001)
    opened.doesCommit = true
    await opened.commit()
    expect(await Promise.all(tries)).toMatchObject([{ kind: 'done' }, { kind: 'unavailable' }])
    expect(opened.batches).toEqual([1])
  })

  test('is not evaluated when it was meant for the primary of an earlier epoch', async () => {
    const opened = await MemoryPrimary.open()
    const { epoch, primary } = opened.configuration
    const before = (epoch - 1) as Epoch
    const reply = await opened.execute(opened.newOpId(), put(1), before)
    expect(reply).toEqual({ kind: 'elsewhere', epoch, primary })
    expect(opened.batches).toEqual([])
  })

  test('has an unknown outcome when its office ends before it is applied', async () => {
    const opened = await MemoryPrimary.open()
    opened.doesCommit = false
    const [inLog, behind] = [run(opened, put(1)), run(opened, put(2))]
    await letTurnsPass()
    expect(opened.batches).toEqual([1])
    opened.primary.deactivate()
    expect(await inLog).toBe('unavailable')
    expect(await behind).toBe('unavailable')
    expect(opened.batches).toEqual([1])
  })

  test('that was evaluated in one office is not proposed in the next', async () => {
    const engine = new MemoryEngine()
    const opened = await MemoryPrimary.open({ engine })
    const { primary } = opened
    let release = () => {}
    jest.spyOn(engine, 'getMany').mockImplementation(() => {
      return new Promise((found) => (release = () => found([undefined, undefined])))
    })
    const evaluating = run(opened, put(1))
    await new Promise(setImmediate)
    primary.deactivate()
    opened.activate()
    release()
    expect(await evaluating).toBe('unavailable')
    expect(opened.batches).toEqual([])
  })

  test('that took effect before is not executed again', async () => {
    const opened = await MemoryPrimary.open()
    opened.earlier = { kind: 'found', result: deleted }
    expect(await opened.execute(opened.newOpId(), put(1))).toEqual({
      kind: 'done',
      value: deleted,
    })
    opened.earlier = { kind: 'found', result: undefined }
    expect(await run(opened, put(1))).toBe('unavailable')
    opened.earlier = { kind: 'forgotten' }
    expect(await run(opened, put(1))).toBe('unavailable')
    expect(opened.batches).toEqual([])
  })

  test.each([-10_001, 10_001])('of another time is not executed: %i ms off', async (offMs) => {
    const opened = await MemoryPrimary.open()
    const near = offMs - Math.sign(offMs)
    expect(await opened.execute(opened.newOpId(offMs), put(1))).toMatchObject({
      kind: 'unavailable',
    })
    expect(await opened.execute(opened.newOpId(near), put(1))).toMatchObject({ kind: 'done' })
  })

  test('is not evaluated in a partition that does not have its key', async () => {
    const start = Buffer.from('8000000000000000', 'hex')
    const opened = await MemoryPrimary.open({ range: { start, end: Buffer.alloc(0) } })
    expect(await run(opened, put(1))).toBe('unavailable')
    expect(await run(opened, { ...put(1), bucketId: 'f000000000000000' as BucketId })).toBe('ok')
    const buckets = { kind: 'buckets', after: undefined, limit: 1 } as const
    expect(await opened.primary.ask(buckets)).toMatchObject({ kind: 'unavailable' })
    expect(await opened.primary.ask({ kind: 'kills', after: undefined, limit: 1 })).toMatchObject({
      kind: 'done',
    })
  })

  test('waits while an office is handed over, and goes on if it is not', async () => {
    const opened = await MemoryPrimary.open()
    opened.primary.admit(false)
    const waiting = run(opened, put(1))
    await letTurnsPass()
    expect(opened.batches).toEqual([])
    opened.primary.admit(true)
    expect(await waiting).toBe('ok')
  })

  test('is not taken while too much is uncommitted', async () => {
    const opened = await MemoryPrimary.open()
    opened.doesCommit = false
    const bytes = Buffer.alloc(3 * 1024 ** 2)
    const large = (key: string) => {
      const body = { ...bodyOf(1), data: { kind: 'inline', bytes } as const }
      return { ...put(1, key), body } as Command
    }
    for (let at = 0; at < 22; at++) void run(opened, large(`${at}`))
    await letTurnsPass()
    expect(await run(opened, put(1, 'other'))).toBe('unavailable')
  })
})

test('a late try of a command that changed nothing gets the answer of the earlier one', async () => {
  const opened = await MemoryPrimary.open()
  const remove = { kind: 'deleteObject', ...place(), versions: UNSET } as const
  const create = { ...put(2), forbidOverwrite: true } as Command
  const [removing, creating] = [opened.newOpId(), opened.newOpId()]
  const nothing = await opened.execute(removing, remove)
  await run(opened, put(1))
  const refused = await opened.execute(creating, create)
  expect(refused).toMatchObject({ refusal: { code: 'FileAlreadyExists' } })
  // What is there now was put after the delete was answered.
  expect(await opened.execute(removing, remove)).toEqual(nothing)
  await run(opened, remove)
  expect(await opened.execute(creating, create)).toEqual(refused)
})

test('commands of one turn are proposed together', async () => {
  const opened = await MemoryPrimary.open()
  const names = Array.from({ length: 20 }, (_, at) => `key-${at}`)
  await Promise.all(names.map((name) => run(opened, put(1, name))))
  expect(opened.batches).toEqual([20])
})

test('with fewer members than copies are asked for nothing is written', async () => {
  const opened = await MemoryPrimary.open({ memberCount: 3 })
  expect(await run(opened, put(1))).toBe('ok')
  const { primary, configuration } = opened
  primary.deactivate()
  const applier = { fenced: new Set(), versionSeq: 0n } as unknown as Applier
  primary.activate({ ...configuration, members: configuration.members.slice(0, 1) }, applier)
  expect(await run(opened, put(2))).toBe('unavailable')
  expect(
    await ask(opened, { kind: 'object', ...place(), versionId: undefined, withBody: false }),
  ).toBeDefined()
})
