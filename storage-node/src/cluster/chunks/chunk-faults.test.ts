import fc from 'fast-check'
import { sameBytes } from '../../base/bytes.ts'
import { seededRandom, Dice } from '../../base/seeded-random.ts'
import { CHECK_BLOCK_BYTES, CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { bytesOf, dataId, newChunk } from '../../storage/chunks/chunk-fixtures.ts'
import { ChunkBench } from './chunk-bench.ts'

const NEVER = new AbortController().signal
const COUNT = 4

/** What happens to one store. */
const fault = fc.constantFrom('none', 'dead', 'restarted', 'stalled', 'full', 'rotten')

interface Story {
  readonly seed: number
  /** Before the chunks are put. */
  readonly early: readonly string[]
  /** Before they are read. */
  readonly late: readonly string[]
}

/** Lives one story; returns how many chunks counted, and how many reads brought their bytes. */
async function live({ seed, early, late }: Story): Promise<{ counted: number; read: number }> {
  const bench = await ChunkBench.open({ seed })
  const dice = new Dice(seededRandom(seed))
  const apply = async (faults: readonly string[]) => {
    for (const [at, name] of faults.entries()) {
      const node = bench.node(at)
      node.isFull = name === 'full'
      node.isStalled = name === 'stalled'
      if (!node.isUp) continue
      if (name === 'dead') node.die()
      if (name === 'restarted') await node.restart()
      if (name === 'rotten') node.rot(dice.below(2 ** 30))
    }
  }
  const up = () => bench.nodes.filter(({ isUp, isStalled }) => isUp && !isStalled)
  await apply(early)
  const counted = new Map<number, Uint8Array>()
  for (let number = 0; number < COUNT; number++) {
    const [gateway] = up()
    if (gateway === undefined) break
    const bytes = bytesOf(seed + number, 1 + dice.below(4 * CHECK_BLOCK_BYTES))
    const sent = gateway.plane.copies.send(newChunk(dataId(number), 0, bytes))
    const counts = bench.run(sent.counted)
    if (
      await counts.then(
        () => true,
        () => false,
      )
    )
      counted.set(number, bytes)
  }
  await apply(late)
  let read = 0
  for (const [number, bytes] of counted) {
    for (const node of up()) {
      const offset = dice.below(bytes.byteLength)
      const length = 1 + dice.below(bytes.byteLength - offset)
      const range = { dataId: dataId(number), index: 0, offset, length }
      const target = Buffer.alloc(CHUNK_SIZE_BYTES)
      const reading = bench.run(node.plane.sources.read(range, target, NEVER))
      const found = await reading.catch(() => undefined)
      if (found === undefined) continue
      // Whatever has happened: these bytes, or none.
      expect(sameBytes(found.bytes, bytes.subarray(offset, offset + length))).toBe(true)
      read++
    }
  }
  return { counted: counted.size, read }
}

test('whatever happens to three stores, a read brings the bytes that were put, or fails', async () => {
  let counted = 0
  let read = 0
  const faults = fc.tuple(fault, fault, fault)
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 ** 20 }), faults, faults, async (seed, early, late) => {
      const lived = await live({ seed, early, late })
      counted += lived.counted
      read += lived.read
    }),
    { numRuns: 60 },
  )
  // The faults leave enough to tell something from.
  expect(counted).toBeGreaterThan(60)
  expect(read).toBeGreaterThan(60)
}, 120_000)

test.each(
  [0, 1, 2].flatMap((at) =>
    ['dead', 'stalled', 'rotten', 'restarted'].map((name) => [at, name] as const),
  ),
)('when store %d is %s after two stores have a chunk, it is read', async (at, name) => {
  const late = ['none', 'none', 'none']
  late[at] = name
  const lived = await live({ seed: 5, early: ['none', 'none', 'none'], late })
  expect(lived.counted).toBe(COUNT)
  expect(lived.read).toBe(COUNT * (name === 'rotten' || name === 'restarted' ? 3 : 2))
})
