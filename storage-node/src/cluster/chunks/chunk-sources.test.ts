import { sameBytes } from '../../base/bytes.ts'
import { CHECK_BLOCK_BYTES } from '../../model/identifiers.ts'
import { computeBlockChecks } from '../../storage/chunks/block-checks.ts'
import { bytesOf, dataId, newChunk } from '../../storage/chunks/chunk-fixtures.ts'
import type { PeerAnswer } from '../../wire/peer/messages.ts'
import { ChunkBench } from './chunk-bench.ts'
import { fetchBlocks } from './chunk-fetch.ts'
import { HEDGE_MS } from './chunk-sources.ts'
import { ChunkSources } from './chunk-sources.ts'

const SIZE_BYTES = 3 * CHECK_BLOCK_BYTES
const BYTES = bytesOf(7, SIZE_BYTES)
const ID = dataId(1)
const NEVER = new AbortController().signal
const RANGE = { dataId: ID, index: 0, offset: 0, length: SIZE_BYTES }

test('a read of the own store that does not come is overtaken, and its target given up', async () => {
  const bench = await ChunkBench.open()
  const node = bench.node(0)
  await bench.run(node.plane.copies.send(newChunk(ID, 0, BYTES)).counted)
  let finish = () => {}
  // Fills its target long after everybody has lost patience.
  const slow = (...[, , , , target]: Parameters<typeof node.chunks.read>) =>
    new Promise<Uint8Array>((resolve) => {
      finish = () => resolve(target.fill(0xee))
    })
  const { peers, placement } = node
  const { health, damage } = node.plane
  const { clock } = bench
  const sources = new ChunkSources({
    ...{ chunks: { read: slow }, peers, placement, health, damage, clock },
  })
  const target = Buffer.alloc(SIZE_BYTES)
  const startedMs = clock.nowMs()
  const { bytes, isTargetLost } = await bench.run(sources.read(RANGE, target, NEVER))
  expect(clock.nowMs() - startedMs).toBeGreaterThanOrEqual(HEDGE_MS)
  expect(isTargetLost).toBe(true)
  finish()
  await bench.elapse(100)
  expect(sameBytes(bytes, BYTES)).toBe(true)
})

describe('blocks from another store', () => {
  const checks = computeBlockChecks([BYTES], SIZE_BYTES)
  const rotten = Buffer.from(BYTES)
  rotten[100_000] = (rotten[100_000] ?? 0) ^ 1

  async function fetch(answer: PeerAnswer<'chunkGet'> | Error, length = SIZE_BYTES) {
    const bench = await ChunkBench.open()
    const { health } = bench.node(0).plane
    const request = () =>
      answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    const peers = { request } as unknown as Parameters<typeof fetchBlocks>[0]['peers']
    const range = { ...RANGE, length }
    return fetchBlocks({ peers, health }, bench.node(1).store, range, NEVER)
  }

  test('that match their checks are taken', async () => {
    const pieces = [BYTES.subarray(0, 70_001), BYTES.subarray(70_001)]
    const found = await fetch({ outcome: 'found', pieces, checks })
    expect(found).toMatchObject({ lengthBytes: SIZE_BYTES, pieces })
  })

  test.each([
    ['a bit is wrong', { outcome: 'found', pieces: [rotten], checks }, 'ChunkCorruptError'],
    [
      'checks are missing',
      { outcome: 'found', pieces: [BYTES], checks: Buffer.alloc(0) },
      'ChunkCorruptError',
    ],
    [
      'bytes are missing',
      { outcome: 'found', pieces: [BYTES.subarray(1)], checks },
      'ChunkCorruptError',
    ],
    ['it is damaged there', { outcome: 'damaged' }, 'ChunkCorruptError'],
    ['it is not there', { outcome: 'missing' }, 'ChunkMissingError'],
    ['there is no answer', new Error('gone'), 'ChunkUnreachableError'],
  ] as const)('are none when %s', async (_name, answer, name) => {
    await expect(fetch(answer)).rejects.toHaveProperty('name', name)
  })

  test('are none when they are more than was asked for', async () => {
    const answer = { outcome: 'found', pieces: [BYTES], checks } as const
    const fetching = fetch(answer, CHECK_BLOCK_BYTES)
    await expect(fetching).rejects.toHaveProperty('name', 'ChunkCorruptError')
  })
})
