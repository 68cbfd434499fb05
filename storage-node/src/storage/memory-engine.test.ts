import { seededRandom } from '../base/seeded-random.ts'
import type { KeyRange, Mutation } from './key-value-engine.ts'
import { MemoryEngine } from './memory-engine.ts'

const EVERYTHING: KeyRange = { start: Buffer.of(0), end: Buffer.of(255) }

/** Rows after a crash, as one text, for each of many seeds. */
async function outcomes(run: (engine: MemoryEngine) => Promise<void>): Promise<string[]> {
  const found = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    const engine = new MemoryEngine()
    await run(engine)
    const recovered = engine.crash(seededRandom(seed))
    const rows = await recovered.scan(EVERYTHING, { limit: 100, keysOnly: true })
    found.add(rows.map(({ key }) => Buffer.from(key).toString()).join(''))
    await expect(engine.getMany([])).rejects.toThrow('closed')
  }
  return [...found].sort()
}

function put(key: string): Mutation {
  return { key: Buffer.from(key), value: Buffer.from(key) }
}

test('a crash keeps the last flush and any number of the batches after it', async () => {
  const found = await outcomes(async (engine) => {
    await engine.write([put('a')])
    await engine.flush()
    await engine.write([put('b')])
    await engine.write([put('c'), put('d')])
    await engine.write([put('e')])
  })
  expect(found).toEqual(['a', 'ab', 'abcd', 'abcde'])
})

test('of batches in flight together a crash may lose the earlier and keep the later', async () => {
  const found = await outcomes(async (engine) => {
    await engine.write([put('a')])
    await Promise.all([engine.write([put('b')]), engine.write([put('c')])])
    await engine.write([put('d')])
  })
  expect(found).toEqual(['', 'a', 'ab', 'abc', 'abcd', 'ac'])
})

test('a batch written while a flush is under way is not covered by it', async () => {
  const found = await outcomes(async (engine) => {
    await engine.write([put('a')])
    await Promise.all([engine.flush(), engine.write([put('b')])])
  })
  expect(found).toEqual(['a', 'ab'])
})

test('a flush that a crash interrupts rejects, and has made nothing durable', async () => {
  const found = new Set<number>()
  for (let seed = 0; seed < 50; seed++) {
    const engine = new MemoryEngine()
    await engine.write([put('a')])
    const flush = engine.flush()
    const recovered = engine.crash(seededRandom(seed))
    await expect(flush).rejects.toThrow('closed')
    found.add((await recovered.scan(EVERYTHING, { limit: 100 })).length)
  }
  expect([...found].sort()).toEqual([0, 1])
})
