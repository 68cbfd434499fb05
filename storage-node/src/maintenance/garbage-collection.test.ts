import { ChunkBench } from '../cluster/chunks/chunk-bench.ts'
import type { PartitionId } from '../contract/identifiers.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { BucketId, DataId, ObjectKey } from '../model/identifiers.ts'
import type { Answer, DroppedEntry, PartitionQueryKind, Query } from '../model/query.ts'
import { bytesOf, dataId, newChunk } from '../storage/chunks/chunk-fixtures.ts'
import { GarbageCollector } from './garbage-collection.ts'
import type { OwnPartitions } from './own-partitions.ts'

const GRACE_MS = 60_000
const NEVER = new AbortController().signal
const place = { bucketId: '0123456789abcdef' as BucketId, key: 'k' as ObjectKey }

/** Delete queues of some partitions. */
class Queues implements OwnPartitions {
  readonly dropped = new Map<number, DroppedEntry[]>()
  readonly forgotten: DataId[] = []
  asked: number[] = []

  primaries(): readonly PartitionId[] {
    return [...this.dropped.keys()] as PartitionId[]
  }

  ask<K extends PartitionQueryKind>(
    partition: PartitionId,
    { kind }: Query<K>,
  ): Promise<Answer<K>> {
    if (kind === 'dropped') this.asked.push(partition)
    const found = kind === 'dropped' ? (this.dropped.get(partition) ?? []) : []
    return Promise.resolve(found as unknown as Answer<K>)
  }

  execute(command: Command): Promise<CommandResult> {
    if (command.kind !== 'forgetDropped') throw new Error(`Unexpected ${command.kind}`)
    this.forgotten.push(command.dataId)
    for (const [partition, entries] of this.dropped) {
      const left = entries.filter((entry) => entry.dataId !== command.dataId)
      this.dropped.set(partition, left)
    }
    return Promise.resolve({ kind: 'done' })
  }

  drop(partition: number, id: DataId, droppedMs: number): void {
    const entry = { ...place, kind: 'data', dataId: id, droppedMs, sizeBytes: 5000 } as const
    const entries = this.dropped.get(partition) ?? []
    this.dropped.set(partition, [...entries, { ...entry, row: Buffer.of(entries.length) }])
  }
}

async function openWithGarbage() {
  const bench = await ChunkBench.open()
  const queues = new Queues()
  for (const number of [1, 2, 3]) {
    const { counted } = bench
      .node(0)
      .plane.copies.send(newChunk(dataId(number), 0, bytesOf(number, 5000)))
    await bench.run(counted)
    queues.drop(number, dataId(number), bench.clock.nowMs())
  }
  const { removal } = bench.node(0).plane
  const { clock } = bench
  const collector = new GarbageCollector({ partitions: queues, removal, clock, graceMs: GRACE_MS })
  const holderCount = async (number: number) => {
    let count = 0
    for (const { chunks, isUp } of bench.nodes) {
      if (isUp && (await chunks.has(dataId(number), 0))) count++
    }
    return count
  }
  return { bench, queues, collector, holderCount }
}

test('what was dropped stays for its readers until the grace has passed', async () => {
  const { bench, queues, collector, holderCount } = await openWithGarbage()
  await bench.elapse(GRACE_MS - 2000)
  expect(await bench.run(collector.collect(NEVER))).toBe(0)
  expect(await holderCount(1)).toBe(3)
  await bench.elapse(2000)
  expect(await bench.run(collector.collect(NEVER))).toBe(3)
  expect(queues.asked).toEqual([1, 2, 3, 1, 2, 3])
  expect(queues.forgotten).toEqual([1, 2, 3].map((number) => dataId(number)))
  for (const number of [1, 2, 3]) expect(await holderCount(number)).toBe(0)
})

test('a store that is away keeps the record; the others are not asked again', async () => {
  const { bench, queues, collector, holderCount } = await openWithGarbage()
  bench.node(2).die()
  await bench.elapse(GRACE_MS)
  for (let round = 0; round < 3; round++) {
    expect(await bench.run(collector.collect(NEVER))).toBe(0)
  }
  expect(queues.forgotten).toEqual([])
  expect(await holderCount(1)).toBe(0)
  const asked = bench.node(1).requests.filter((kind) => kind === 'chunkRemove')
  expect(asked).toHaveLength(1)
  expect(bench.node(1).flushCount).toBe(1)

  await bench.node(2).restart()
  expect(await holderCount(1)).toBe(1)
  expect(await bench.run(collector.collect(NEVER))).toBe(3)
  expect(queues.forgotten).toHaveLength(3)
  expect(await holderCount(1)).toBe(0)
  expect(bench.node(1).requests.filter((kind) => kind === 'chunkRemove')).toHaveLength(1)
})

test('a removal that every store has acknowledged outlives the power of all of them', async () => {
  const { bench, collector, holderCount } = await openWithGarbage()
  for (const { machine } of bench.nodes) await machine.engine.flush()
  await bench.elapse(GRACE_MS)
  expect(await bench.run(collector.collect(NEVER))).toBe(3)
  for (const node of bench.nodes) await node.restart()
  for (const number of [1, 2, 3]) expect(await holderCount(number)).toBe(0)
})
