import { ManualClock } from '../../base/manual-clock.ts'
import type { Member } from '../../contract/configuration.ts'
import type { Epoch, Seq } from '../../contract/identifiers.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import type { AccessKeyId, BucketName } from '../../model/identifiers.ts'
import type { SettingName } from '../../model/setting-name.ts'
import { settingOfAccessKey, settingOfBucket } from '../../model/setting-name.ts'
import type { SettingsNews } from '../../wire/peer/operation-messages.ts'
import { SETTINGS_GRACE_MS, SettingsCache } from './settings-cache.ts'
import { accessKeyOf, versionOf } from './settings-fixtures.ts'

const name = 'photos' as BucketName
const other = 'videos' as BucketName
const key = 'alice-key' as AccessKeyId
const members: readonly Member[] = []

function openCache() {
  const clock = new ManualClock(1000)
  const answers: ((record: BucketRecord | undefined) => void)[] = []
  const fetch = jest.fn(() => new Promise<BucketRecord | undefined>((give) => answers.push(give)))
  const fetchAccessKey = jest.fn((id: AccessKeyId) => Promise.resolve(accessKeyOf(id)))
  const cache = new SettingsCache({ clock, fetch, fetchAccessKey })
  const give = (at: number, version: number | undefined) =>
    answers[at]!(version === undefined ? undefined : versionOf(name, version))
  return { clock, cache, fetch, fetchAccessKey, give }
}

function news(seq: number, changed: readonly SettingName[] | 'all' = [], epoch = 1): SettingsNews {
  const ballot = { epoch: epoch as Epoch, activation: 1 }
  const position = { ballot, seq: seq as Seq }
  return { position, members, changed: changed === 'all' ? undefined : changed }
}

/** A cache that has version 1 of the record and may use it until 3000. */
async function filledCache() {
  const opened = openCache()
  opened.cache.learn(news(5, 'all'), 1000)
  const found = opened.cache.find(name)
  opened.give(0, 1)
  await found
  return opened
}

test('a record is fetched once, then used for 2 s after the question was sent', async () => {
  const { clock, cache, fetch } = await filledCache()
  clock.advance(1999)
  expect(await cache.find(name)).toMatchObject({ createdMs: 1 })
  expect(fetch).toHaveBeenCalledTimes(1)
  clock.advance(1)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('the time counts from when the question was sent, not from its answer', async () => {
  const { clock, cache, fetch } = await filledCache()
  clock.advance(1500)
  cache.learn(news(5), 1100)
  clock.advance(599)
  await cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(1)
  clock.advance(1)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('without an answer nothing is used, whatever is cached', async () => {
  const { cache, fetch, give } = openCache()
  const found = cache.find(name)
  give(0, 1)
  expect(await found).toMatchObject({ createdMs: 1 })
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('absence is not cached', async () => {
  const { cache, fetch, give } = openCache()
  cache.learn(news(5, 'all'), 1000)
  const found = cache.find(name)
  give(0, undefined)
  expect(await found).toBeUndefined()
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(2)
})

const forgetting: readonly [string, (cache: SettingsCache) => void, boolean][] = [
  ['that it has changed', (cache) => cache.learn(news(6, [settingOfBucket(name)]), 1001), true],
  [
    'that another has changed',
    (cache) => cache.learn(news(6, [settingOfBucket(other)]), 1001),
    false,
  ],
  ['that anything may have changed', (cache) => cache.learn(news(6, 'all'), 1001), true],
  ['of a new ballot', (cache) => cache.learn(news(6, [], 2), 1001), true],
  ['of an old ballot', (cache) => cache.learn(news(9, 'all', 0), 1001), false],
  ['by the primary that it changes', (cache) => cache.forget([settingOfBucket(name)]), true],
  ['of an access key', (cache) => cache.forget([settingOfAccessKey(key)]), false],
]

test.each(forgetting)('told %s', async (_what, tell, isForgotten) => {
  const { cache, fetch } = await filledCache()
  tell(cache)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(isForgotten ? 2 : 1)
})

test.each(forgetting)('while the record is fetched: told %s', async (_what, tell, isForgotten) => {
  const { cache, fetch, give } = openCache()
  cache.learn(news(5, 'all'), 1000)
  const found = cache.find(name)
  tell(cache)
  give(0, 1)
  // Whoever asked before may use it.
  expect(await found).toMatchObject({ createdMs: 1 })
  void cache.find(name)
  // A change of another record costs one more fetch at the most.
  if (isForgotten) expect(fetch).toHaveBeenCalledTimes(2)
})

test('requests of one moment share a fetch, later ones do not wait for an old one', () => {
  const { clock, cache, fetch } = openCache()
  cache.learn(news(5, 'all'), clock.monotonicMs())
  void cache.find(name)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(1)
  clock.advance(1999)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(1)
  cache.learn(news(5), clock.monotonicMs())
  clock.advance(1)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('nobody joins the fetch of another request while no primary knows who asks', () => {
  const { clock, cache, fetch } = openCache()
  void cache.find(name)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(2)
  cache.learn(news(5, 'all'), clock.monotonicMs())
  void cache.find(name)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(3)
  clock.advance(2000)
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(4)
})

test('that there was no record is not taken from the fetch of another request', async () => {
  const { cache, fetch, give } = openCache()
  cache.learn(news(5, 'all'), 1000)
  void cache.find(name)
  const found = cache.find(name)
  give(0, undefined)
  await new Promise(setImmediate)
  expect(fetch).toHaveBeenCalledTimes(2)
  give(1, 1)
  expect(await found).toMatchObject({ createdMs: 1 })
})

test('whoever begins after a change was told does not join a fetch from before', () => {
  const { cache, fetch } = openCache()
  cache.learn(news(5, 'all'), 1000)
  void cache.find(name)
  cache.forget([settingOfBucket(name)])
  void cache.find(name)
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('a fetch that fails is tried again by the next request', async () => {
  const clock = new ManualClock(0)
  const fetch = jest.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue(undefined)
  const cache = new SettingsCache({
    clock,
    fetch,
    fetchAccessKey: () => Promise.resolve(undefined),
  })
  await expect(cache.find(name)).rejects.toThrow('down')
  expect(await cache.find(name)).toBeUndefined()
})

describe('an access key', () => {
  const setting = settingOfAccessKey(key)

  test('is at hand once it was fetched, while somebody vouches for it', async () => {
    const { clock, cache, fetchAccessKey } = openCache()
    await cache.accessKeys.find(key)
    expect(cache.accessKeys.findCached(key)).toBeUndefined()
    cache.learn(news(5, 'all'), 1000)
    await cache.accessKeys.find(key)
    expect(cache.accessKeys.findCached(key)).toMatchObject({ accessKeyId: key })
    clock.advance(2000)
    expect(cache.accessKeys.findCached(key)).toBeUndefined()
    expect(fetchAccessKey).toHaveBeenCalledTimes(2)
  })

  test.each([
    ['that it has changed', news(6, [setting])],
    ['that any record may have changed', news(6, 'all')],
    ['of a new ballot', news(6, [], 2)],
  ])('is not at hand any more when it is told %s', async (_what, told) => {
    const { cache } = openCache()
    cache.learn(news(5, 'all'), 1000)
    await cache.accessKeys.find(key)
    cache.learn(news(6, [settingOfBucket(name)]), 1000)
    expect(cache.accessKeys.findCached(key)).toMatchObject({ accessKeyId: key })
    cache.learn(told, 1000)
    expect(cache.accessKeys.findCached(key)).toBeUndefined()
  })
})

describe('the word of the members', () => {
  test('makes the cache usable for 2 s more', async () => {
    const { clock, cache, fetch } = await filledCache()
    clock.advance(1500)
    cache.vouched(cache.membersQuestion!, clock.monotonicMs())
    clock.advance(1999)
    await cache.find(name)
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  test('about another ballot counts for nothing', async () => {
    const { clock, cache, fetch } = await filledCache()
    const question = cache.membersQuestion!
    cache.learn(news(6, [], 2), 1001)
    clock.advance(3000)
    cache.vouched(question, clock.monotonicMs())
    void cache.find(name)
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  test('is asked for 10 min, and not while the members change', async () => {
    const { clock, cache } = await filledCache()
    clock.advance(SETTINGS_GRACE_MS)
    expect(cache.membersQuestion).toMatchObject({ position: { seq: 5 }, members })
    clock.advance(1)
    expect(cache.membersQuestion).toBeUndefined()
    cache.learn({ ...news(6), members: undefined }, clock.monotonicMs())
    expect(cache.membersQuestion).toBeUndefined()
  })
})

test('a position never falls', async () => {
  const { cache } = await filledCache()
  cache.learn(news(9), 1002)
  cache.learn(news(7), 1001)
  expect(cache.position?.seq).toBe(9)
})
