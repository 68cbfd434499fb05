import { ManualClock } from '../../base/manual-clock.ts'
import { seededRandom } from '../../base/seeded-random.ts'
import type { Epoch, Seq, StoreId } from '../../contract/identifiers.ts'
import type { AccessKeyId, BucketId, BucketName, VersionSeq } from '../../model/identifiers.ts'
import { settled } from '../routing-fixtures.ts'
import { SettingsAuthority } from './settings-authority.ts'
import type { SystemReplica } from './settings-authority.ts'
import { accessKeyOf, SETTINGS_STORES, SettingsRegion } from './settings-fixtures.ts'
import { CHANGE_WAIT_MS } from './settings-term.ts'

const [A, B, C] = SETTINGS_STORES as [StoreId, StoreId, StoreId]
const name = 'photos' as BucketName
const accessKeyId = 'alice-key' as AccessKeyId
const SEEDS = 40
const STEPS = 250

/** A region whose first 3 s are over, and which has version 1 of the record. */
async function openRegion() {
  const region = new SettingsRegion()
  const random = seededRandom(1)
  await region.pass(CHANGE_WAIT_MS + 100)
  void region.change(name, 1, random)
  await region.pass(20)
  const versionAt = async (store: StoreId) => {
    const outcome = settled(region.node(store).cache.find(name))
    await region.pass(20)
    return outcome.value?.createdMs
  }
  for (const store of SETTINGS_STORES) expect(await versionAt(store)).toBe(1)
  // Everybody has asked again since.
  await region.pass(600)
  return { region, random, versionAt }
}

test('a new record waits for nobody', async () => {
  const region = new SettingsRegion()
  const outcome = settled(region.change(name, 1, seededRandom(1)))
  await region.pass(20)
  expect(outcome.value).toMatchObject({ kind: 'done' })
})

test('in the first 3 s of a ballot a change waits as long', async () => {
  const region = new SettingsRegion()
  void region.change(name, 1, seededRandom(1))
  await region.pass(1000)
  const outcome = settled(region.change(name, 2, seededRandom(2)))
  await region.pass(CHANGE_WAIT_MS - 10)
  expect(outcome).toEqual({})
  await region.pass(30)
  expect(outcome.value).toMatchObject({ kind: 'done' })
})

test('later a change is acknowledged as soon as everybody has forgotten the old record', async () => {
  const { region, random, versionAt } = await openRegion()
  const outcome = settled(region.change(name, 2, random))
  await region.pass(20)
  expect(outcome.value).toMatchObject({ kind: 'done' })
  for (const store of SETTINGS_STORES) expect(await versionAt(store)).toBe(2)
})

test('a storage node that is silent is outwaited', async () => {
  const { region, random, versionAt } = await openRegion()
  region.node(C).cutUntilMs = Infinity
  const outcome = settled(region.change(name, 2, random))
  expect(await versionAt(C)).toBe(1)
  await region.pass(CHANGE_WAIT_MS - 50)
  expect(outcome).toEqual({})
  await region.pass(60)
  expect(outcome.value).toMatchObject({ kind: 'done' })
  expect(await versionAt(C)).toBeUndefined()
})

test('one that was silent for longer than anybody vouches for it is not waited for', async () => {
  const { region, random } = await openRegion()
  region.node(C).cutUntilMs = Infinity
  await region.pass(11 * 60 * 1000 + 1000, 250)
  const outcome = settled(region.change(name, 2, random))
  await region.pass(20)
  expect(outcome.value).toMatchObject({ kind: 'done' })
})

test('a gateway that asks again waits with its first try, not anew', async () => {
  const { region } = await openRegion()
  region.node(C).cutUntilMs = Infinity
  const first = settled(region.change(name, 2, seededRandom(7)))
  await region.pass(CHANGE_WAIT_MS / 2)
  const again = settled(region.change(name, 2, seededRandom(7)))
  await region.pass(CHANGE_WAIT_MS / 2 + 20)
  expect(first.value).toMatchObject({ kind: 'done' })
  expect(again.value).toMatchObject({ kind: 'done' })
})

describe('while the primary is silent', () => {
  test('cached records stay usable on the word of the members', async () => {
    const { region, versionAt } = await openRegion()
    region.node(A).cutUntilMs = Infinity
    await region.pass(20_000)
    expect(await versionAt(B)).toBe(1)
    expect(await versionAt(C)).toBe(1)
  })

  test('not after 10 min', async () => {
    const { region, versionAt } = await openRegion()
    region.node(A).cutUntilMs = Infinity
    await region.pass(10 * 60 * 1000 + 3000, 50)
    expect(await versionAt(B)).toBeUndefined()
  })

  test('not with a change on its way', async () => {
    const { region, random, versionAt } = await openRegion()
    void region.change(name, 2, random)
    await region.pass(2, 1)
    region.node(A).cutUntilMs = Infinity
    await region.pass(3000)
    expect(await versionAt(B)).toBeUndefined()
  })

  test('not once another has been promised', async () => {
    const { region, versionAt } = await openRegion()
    region.seal(B)
    await region.pass(2500)
    expect(await versionAt(C)).toBeUndefined()
  })
})

test('after a failover everything is fetched again, and changes wait 3 s', async () => {
  const { region, random, versionAt } = await openRegion()
  region.seal(B)
  await region.pass(100)
  region.activate(B)
  await region.pass(1000)
  const outcome = settled(region.change(name, 2, random))
  await region.pass(CHANGE_WAIT_MS - 20)
  expect(outcome).toEqual({})
  await region.pass(40)
  expect(outcome.value).toMatchObject({ kind: 'done' })
  for (const store of SETTINGS_STORES) expect(await versionAt(store)).toBe(2)
})

describe('the primary', () => {
  const ballot = { epoch: 1 as Epoch, activation: 1 }
  const since = { ballot, seq: 5 as Seq }

  function openAuthority(replica: Partial<SystemReplica>, clock = new ManualClock(0)) {
    const system: SystemReplica = {
      activation: { ballot, members: [] },
      appliedSeq: 5 as Seq,
      promised: ballot,
      endSeq: 5 as Seq,
      mayRead: () => true,
      execute: () => new Promise(() => {}),
      ask: () => Promise.reject(new Error('Nobody asks')),
      ...replica,
    }
    const network = { request: () => Promise.reject(new Error('Nobody hears')) }
    return new SettingsAuthority({ replica: system, network, clock })
  }

  test('says nothing without the read check, which comes after the reading', async () => {
    const order: string[] = []
    const authority = openAuthority({
      get appliedSeq() {
        order.push('read')
        return 5 as Seq
      },
      mayRead() {
        order.push('check')
        return false
      },
    })
    expect(await authority.news(B, since)).toMatchObject({ kind: 'unavailable' })
    expect(order.at(-1)).toBe('check')
    const inactive = openAuthority({ activation: undefined })
    expect(await inactive.news(B, since)).toMatchObject({ kind: 'unavailable' })
  })

  test('tells of a change before the position can cover it', async () => {
    const authority = openAuthority({})
    await authority.news(B, undefined)
    void authority.execute(
      new Uint8Array(16),
      { kind: 'setBucketAcl', name, bucketId: '0'.repeat(16) as BucketId, acl: 'private' },
      1 as Epoch,
    )
    expect(await authority.news(B, since)).toMatchObject({ value: { changed: [name] } })
  })

  test('removes a bucket once nobody uses a record from before its deletion was begun', async () => {
    const clock = new ManualClock(0)
    const execute = jest.fn<Promise<never>, []>(() => new Promise(() => {}))
    const authority = openAuthority({ execute }, clock)
    await authority.news(B, undefined)
    const ofBucket = { name, bucketId: '0'.repeat(16) as BucketId, attempt: 1n as VersionSeq }
    const command = { kind: 'removeBucket', ...ofBucket } as const
    void authority.execute(new Uint8Array(16), command, 1 as Epoch)
    clock.advance(CHANGE_WAIT_MS - 1)
    await new Promise(setImmediate)
    expect(execute).not.toHaveBeenCalled()
    clock.advance(1)
    await new Promise(setImmediate)
    expect(execute).toHaveBeenCalled()
  })

  // Whoever asks again, or puts what was just deleted, must not be answered before the first try is over.
  test.each([
    ['put', { kind: 'putAccessKey', accessKeyId, record: accessKeyOf(accessKeyId) }],
    ['deleted', { kind: 'deleteAccessKey', accessKeyId }],
  ] as const)('always outwaits whoever is silent when an access key is %s', async (_, command) => {
    const clock = new ManualClock(0)
    const done = { kind: 'done', value: { kind: 'done' } } as const
    const authority = openAuthority({ execute: () => Promise.resolve(done) }, clock)
    await authority.news(B, undefined)
    clock.advance(2 * CHANGE_WAIT_MS)
    const outcome = settled(authority.execute(new Uint8Array(16), command, 1 as Epoch))
    await new Promise(setImmediate)
    expect(await authority.news(C, since)).toMatchObject({ value: { changed: ['/alice-key'] } })
    clock.advance(CHANGE_WAIT_MS - 1)
    await new Promise(setImmediate)
    expect(outcome).toEqual({})
    clock.advance(1)
    await new Promise(setImmediate)
    expect(outcome.value).toEqual(done)
  })

  test('tells whoever is far behind, or knows another ballot, to forget all', async () => {
    const authority = openAuthority({})
    const behind = { ballot, seq: 4 as Seq }
    const other = { ballot: { epoch: 1 as Epoch, activation: 0 }, seq: 5 as Seq }
    for (const position of [undefined, behind, other]) {
      expect(await authority.news(B, position)).toMatchObject({ value: { changed: undefined } })
    }
    expect(await authority.news(B, since)).toMatchObject({ value: { changed: [] } })
  })
})

test('no storage node uses a record whose replacement was acknowledged before it looked (I24)', async () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    expect([seed, await staleReadOf(seed)]).toEqual([seed, undefined])
}, 60_000)

/** A random history of changes, looks, cuts and failovers; says what went wrong in it. */
async function staleReadOf(seed: number): Promise<string | undefined> {
  const random = seededRandom(seed)
  const draw = (max: number) => Buffer.from(random.bytes(4)).readUInt32BE() % max
  const region = new SettingsRegion()
  let acknowledged = 0
  let version = 0
  let problem: string | undefined
  const look = async (store: StoreId) => {
    const before = acknowledged
    const seen = (await region.node(store).cache.find(name))?.createdMs ?? 0
    if (seen < before) problem ??= `${store} saw ${seen} after ${before} was acknowledged`
  }
  const change = async () => {
    const next = ++version
    const reply = await region.change(name, next, random)
    if (reply.kind === 'done') acknowledged = Math.max(acknowledged, next)
  }
  let isChanging = false
  for (let step = 0; step < STEPS && problem === undefined; step++) {
    const store = SETTINGS_STORES[draw(3)]!
    const what = draw(100)
    region.delayMs = what < 5 ? 1 + draw(1500) : region.delayMs
    if (what < 50) void look(store)
    else if (what < 65 && region.primary !== undefined && !isChanging) {
      isChanging = true
      void change().finally(() => (isChanging = false))
    } else if (what < 75) {
      region.node(store).cutUntilMs = region.clock.monotonicMs() + draw(6000)
    } else if (what < 78 && region.primary !== undefined) {
      region.seal(store)
      await region.pass(draw(1500), 10)
      region.activate(store)
      region.delayMs = 1 + draw(50)
    }
    await region.pass(5 + draw(150), 5)
  }
  for (const { questions } of region.nodes) questions.stop()
  return problem
}
