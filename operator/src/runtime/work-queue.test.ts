import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { seededRandom } from '@granary/storage-node/base/seeded-random'
import { BACK_OFF_MS_MAX, BACK_OFF_MS_MIN, WorkQueue } from './work-queue.ts'

let clock: ManualClock
let queue: WorkQueue

beforeEach(() => {
  clock = new ManualClock(0)
  queue = new WorkQueue({ clock, random: seededRandom(1) })
})

/** What a taker gets at once, or `waits`. */
async function taken(): Promise<string> {
  let key = 'waits'
  const hand = queue.take().then((got) => (key = got ?? 'closed'))
  await Promise.race([hand, new Promise((resolve) => setImmediate(resolve))])
  return key
}

test('keys come in their order, each once', async () => {
  for (const key of ['a', 'b', 'a', 'c']) queue.add(key)
  expect(queue.depth).toBe(3)
  expect([await taken(), await taken(), await taken(), await taken()]).toEqual([
    'a',
    'b',
    'c',
    'waits',
  ])
})

test('a key that comes while it is worked on comes again afterwards, not beside it', async () => {
  queue.add('a')
  expect(await taken()).toBe('a')
  queue.add('a')
  queue.add('a')
  let next = 'waits'
  const hand = queue.take().then((key) => (next = key ?? 'closed'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(next).toBe('waits')
  queue.done('a')
  expect(await hand).toBe('a')
  queue.done('a')
  expect(queue.depth).toBe(0)
})

test('a key that fails comes again, later each time, and soon once it has succeeded', async () => {
  const waits: number[] = []
  for (let count = 0; count < 12; count++) {
    queue.add('a')
    expect(await taken()).toBe('a')
    waits.push(queue.failed('a'))
  }
  for (const [count, wait] of waits.entries()) {
    const longest = Math.min(BACK_OFF_MS_MIN * 2 ** count, BACK_OFF_MS_MAX)
    expect(wait).toBeGreaterThanOrEqual(longest / 2)
    expect(wait).toBeLessThanOrEqual(longest)
  }
  expect(new Set(waits.map((wait) => wait / BACK_OFF_MS_MIN)).size).toBe(waits.length)
  clock.advance(BACK_OFF_MS_MAX)
  expect(await taken()).toBe('a')
  queue.done('a')
  queue.add('a')
  await taken()
  expect(queue.failed('a')).toBeLessThanOrEqual(BACK_OFF_MS_MIN)
})

test('news cut a back-off short, and there is no second turn for it', async () => {
  queue.add('a')
  await taken()
  queue.failed('a')
  queue.add('a')
  expect(await taken()).toBe('a')
  queue.done('a')
  clock.advance(BACK_OFF_MS_MAX)
  expect(queue.depth).toBe(0)
})

test('a key that fails and was asked for meanwhile does not wait', async () => {
  queue.add('a')
  await taken()
  queue.add('a')
  queue.failed('a')
  expect(await taken()).toBe('a')
})

test('the sooner of two wishes counts', () => {
  queue.addAfter('a', 1_000)
  queue.addAfter('a', 5_000)
  queue.addAfter('a', 100)
  clock.advance(99)
  expect(queue.depth).toBe(0)
  clock.advance(1)
  expect(queue.depth).toBe(1)
  clock.advance(5_000)
  expect(queue.depth).toBe(1)
})

test('a closed queue gives nothing and takes nothing', async () => {
  const waiting = queue.take()
  queue.addAfter('b', 10)
  queue.close()
  expect(await waiting).toBeUndefined()
  queue.add('a')
  queue.addAfter('a', 0)
  clock.advance(100)
  expect(await taken()).toBe('closed')
})
