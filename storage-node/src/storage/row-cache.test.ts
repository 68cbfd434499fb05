import type { Mutation, Reader } from './key-value-engine.ts'
import { MemoryEngine } from './memory-engine.ts'
import { RowCache } from './row-cache.ts'

const KEY = Buffer.from('O-key')
const OLD = Buffer.from('old')
const NEW = Buffer.from('new')
const change: Mutation[] = [{ key: KEY, value: NEW }]

/** An engine whose reads are taken at once and answered on request. */
class HeldReader implements Reader {
  readonly engine = new MemoryEngine()
  readCount = 0
  isHolding = false
  #held: (() => void)[] = []

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.readCount++
    const values = await this.engine.getMany(keys)
    if (this.isHolding) await new Promise<void>((answer) => this.#held.push(answer))
    return values
  }

  scan(...[range, options]: Parameters<Reader['scan']>): ReturnType<Reader['scan']> {
    return this.engine.scan(range, options)
  }

  /** Reads from now on are answered at once, and those that were held. */
  letGo(): void {
    this.isHolding = false
    for (const answer of this.#held.splice(0)) answer()
  }
}

async function openCache(): Promise<{ reader: HeldReader; cache: RowCache }> {
  const reader = new HeldReader()
  await reader.engine.write([{ key: KEY, value: OLD }])
  return { reader, cache: new RowCache(reader, 100_000) }
}

async function get(cache: RowCache, key: Uint8Array = KEY): Promise<string | undefined> {
  const [value] = await cache.getMany([key])
  return value && Buffer.from(value).toString()
}

/** Turns enough for a read of the engine in memory. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

test('a row is read from the engine once, a missing one each time', async () => {
  const { reader, cache } = await openCache()
  expect([await get(cache), await get(cache)]).toEqual(['old', 'old'])
  expect(reader.readCount).toBe(1)
  const missing = Buffer.from('O-missing')
  expect([await get(cache, missing), await get(cache, missing)]).toEqual([undefined, undefined])
  expect(reader.readCount).toBe(3)
})

test('while a batch is under way, readers agree with the engine and with each other', async () => {
  const { reader, cache } = await openCache()
  expect(await get(cache)).toBe('old')
  cache.applying(change)
  await reader.engine.write(change)
  // The engine has it, the cache was not told yet: whoever asks now must not be answered as before.
  expect(await get(cache)).toBe('new')
  expect(await get(cache)).toBe('new')
  cache.applied(change)
  expect(await get(cache)).toBe('new')
})

test('a read that a change has overtaken is answered and not remembered', async () => {
  const { reader, cache } = await openCache()
  reader.isHolding = true
  const read = get(cache)
  await settle()
  cache.applying(change)
  await reader.engine.write(change)
  cache.applied(change)
  // The LRU has the new value already: make it forget, so that only a wrong memory could answer.
  const pushOut = Array.from({ length: 600 }, (_, at) => ({
    key: Buffer.from(`O-other-${at}`),
    value: Buffer.alloc(100),
  }))
  cache.applying(pushOut)
  await reader.engine.write(pushOut)
  cache.applied(pushOut)
  reader.letGo()
  expect(await read).toBe('old')
  expect(await get(cache)).toBe('new')
})

test('a read that ends while a change is under way is not remembered', async () => {
  const { reader, cache } = await openCache()
  reader.isHolding = true
  const read = get(cache)
  await settle()
  cache.applying([{ key: KEY, value: undefined }])
  reader.letGo()
  expect(await read).toBe('old')
  await reader.engine.write([{ key: KEY, value: undefined }])
  expect(await get(cache)).toBeUndefined()
  cache.applied([{ key: KEY, value: undefined }])
  expect(await get(cache)).toBeUndefined()
})

test('of two batches under way, the end of the first does not let the cache answer', async () => {
  const { reader, cache } = await openCache()
  await get(cache)
  const later: Mutation[] = [{ key: KEY, value: Buffer.from('later') }]
  cache.applying(change)
  cache.applying(later)
  await reader.engine.write([...change, ...later])
  cache.applied(change)
  expect(await get(cache)).toBe('later')
  cache.applied(later)
  expect(await get(cache)).toBe('later')
})

test('what is written is remembered only where it was there before', async () => {
  const { reader, cache } = await openCache()
  cache.applying(change)
  await reader.engine.write(change)
  cache.applied(change)
  await get(cache)
  expect(reader.readCount).toBe(1)
  cache.applying(change)
  await reader.engine.write(change)
  cache.applied(change)
  await get(cache)
  expect(reader.readCount).toBe(1)
})
