import { silentLogger } from './base/logger.ts'
import { seededRandom } from './base/seeded-random.ts'
import { afterTurn } from './base/turn.ts'
import { ReplicaWorld } from './cluster/replicas/partition-replica-fixtures.ts'
import type { ReplicaMachine } from './cluster/replicas/partition-replica-fixtures.ts'
import type { ReplicaRequest } from './cluster/replicas/partition-replicas.ts'
import { resultOf } from './cluster/partitions.ts'
import { Routing } from './cluster/routing.ts'
import type { OperationRequest } from './cluster/routing.ts'
import { settled } from './cluster/routing-fixtures.ts'
import { foundingRanges, SYSTEM_PARTITION } from './contract/founding-ranges.ts'
import type { PartitionId } from './contract/identifiers.ts'
import type { BucketRecord } from './model/bucket.ts'
import type { ObjectCommand } from './model/command.ts'
import type { BucketId, BucketName, DataSetId, ObjectKey } from './model/identifiers.ts'
import { endBucketDeletions } from './maintenance/bucket-deletions.ts'
import { NEVER, OWNER, plainMetadata } from './region-fixtures.ts'
import { BucketService } from './services/bucket-service.ts'
import { positionOfPrefix } from './wire/stored/range-keys.ts'

const PARTITIONS = [1, 2, 3, 4] as PartitionId[]
const OPERATIONS = ['execute', 'ask', 'settings', 'settingsChanged', 'settingsWord']
const etag = '0'.repeat(32)

interface Gateway {
  readonly machine: ReplicaMachine
  readonly routing: Routing
  readonly buckets: BucketService
}

/** Three storage nodes with replicas of the system range and three user ranges, and time. */
class RoutedWorld {
  readonly world: ReplicaWorld
  readonly gateways: readonly Gateway[]

  private constructor(world: ReplicaWorld) {
    this.world = world
    this.gateways = world.machines.map((machine, at) => this.#route(machine, at + 1))
  }

  static async open(): Promise<RoutedWorld> {
    const ranges = foundingRanges(PARTITIONS.length - 1)
    const partitions = ranges.map((range, at) => ({ partition: PARTITIONS[at]!, range }))
    const routed = new RoutedWorld(await ReplicaWorld.open({}, partitions))
    for (const partition of PARTITIONS) {
      await routed.world.until(
        'all are active',
        () => routed.world.primary(partition) !== undefined,
      )
    }
    return routed
  }

  /** Lets time pass until the promise is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const outcome = settled(promise)
    await this.world.until('an answer', () => 'value' in outcome || 'error' in outcome)
    return promise
  }

  async makeBucket(name: string): Promise<BucketRecord> {
    const request = {
      name: name as BucketName,
      owner: OWNER,
      acl: undefined,
      storageClass: 'Standard',
      dataRedundancy: 'ZRS',
    } as const
    return (await this.run(this.gateways[0]!.buckets.create(request))).record
  }

  #route(machine: ReplicaMachine, seed: number): Gateway {
    const { clock, configs } = this.world
    const { node, replicas } = machine.process
    const random = seededRandom(seed)
    const routing = new Routing({
      network: node,
      configs,
      clock,
      random,
      hybridMs: () => clock.nowMs(),
      quorum: 'majority',
      findReplica: (partition) => replicas.find(partition),
    })
    node.serve({
      message: (from, message) => replicas.message(from, message),
      request: (from, request) =>
        OPERATIONS.includes(request.kind)
          ? routing.request(from, request as OperationRequest)
          : replicas.request(from, request as ReplicaRequest),
    })
    routing.start()
    const { partitions, settings } = routing
    return {
      machine,
      routing,
      buckets: new BucketService({ partitions, records: settings, random }),
    }
  }
}

function put(bucketId: BucketId, key: string): ObjectCommand {
  return {
    kind: 'putObject',
    bucketId,
    key: key as ObjectKey,
    metadata: plainMetadata,
    body: bodyOf(key),
    etag,
    forbidOverwrite: false,
    condition: undefined,
    versions: { state: 'unset' },
  }
}

function append(bucketId: BucketId, position: number): ObjectCommand {
  return {
    kind: 'appendObject',
    bucketId,
    key: 'log' as ObjectKey,
    position,
    metadata: plainMetadata,
    body: bodyOf('ten bytes.'),
    etag,
    dataSetId: '0'.repeat(32) as DataSetId,
    forbidOverwrite: false,
  }
}

function bodyOf(text: string) {
  const bytes = Buffer.from(text)
  const data = { kind: 'inline', bytes } as const
  return { sizeBytes: bytes.byteLength, data, md5: etag, crc64: 0n }
}

test('what one storage node was told, every other one serves', async () => {
  const routed = await RoutedWorld.open()
  const bucket = await routed.makeBucket('photos')
  const names = Array.from({ length: 12 }, (_, at) => `key-${String(at).padStart(2, '0')}`)
  for (const [at, key] of names.entries()) {
    const { partitions } = routed.gateways[at % 3]!.routing
    await routed.run(partitions.execute(put(bucket.bucketId, key)))
  }
  for (const { routing, buckets } of routed.gateways) {
    expect(await routed.run(buckets.find(bucket.name))).toEqual(bucket)
    const { bucketId } = bucket
    const query = { kind: 'list', bucketId, prefix: '', delimiter: '', after: '', maxCount: 100 }
    const page = await routed.run(routing.partitions.ask(query as typeof query & { kind: 'list' }))
    expect(page.objects.map(({ key }) => key)).toEqual(names)
    expect(await routed.run(buckets.stat(bucket))).toMatchObject({ objects: 12 })
  }
})

describe('a primary is killed while a command is at work', () => {
  test.each([0, 4, 8, 12, 16, 20, 24, 30])('%d turns after it was sent', async (turnCount) => {
    const routed = await RoutedWorld.open()
    const { world, gateways } = routed
    const { bucketId } = await routed.makeBucket('logs')
    const { table } = gateways[0]!.routing
    const partition = table.find(positionOfPrefix(bucketId, ''))!.partition
    const before = world.primary(partition)!
    const gateway = gateways.find(({ machine }) => machine !== before)!
    for (let position = 0; position < 100; position += 10) {
      const result = gateway.routing.partitions.execute(append(bucketId, position))
      if (position === 50) {
        for (let turn = 0; turn < turnCount; turn++) await new Promise<void>(afterTurn)
        before.kill()
      }
      // Executed twice, or lost, it would be refused: the position is another one by then.
      const { record } = resultOf(await routed.run(result), 'object')
      expect(record.sizeBytes).toBe(position + 10)
    }
    expect(world.primary(partition)).not.toBe(before)
  })
})

test('a bucket is deleted while objects are put into it: it stays, or it is empty', async () => {
  const routed = await RoutedWorld.open()
  const outcomes = new Set<string>()
  // Changes of settings are quick from now on.
  await routed.world.pass(3500)
  for (let round = 0; round < 16; round++) {
    const bucket = await routed.makeBucket(`bucket-${round}`)
    const { bucketId } = bucket
    const { clock } = routed.world
    const [a, b, c] = routed.gateways as [Gateway, Gateway, Gateway]
    const deleted = settled(a.buckets.delete(bucket))
    // The primary of the system range takes it up at the same time, and once more.
    const ending = { partitions: b.routing.partitions, clock, logger: silentLogger, aloneMs: 0 }
    const others = [0, 1].map(async (at) => {
      for (let turn = 0; turn < 20 * at + 3 * round; turn++) await new Promise<void>(afterTurn)
      await endBucketDeletions(ending, NEVER)
    })
    const puts: { value?: unknown; error?: unknown }[] = []
    for (let at = 0; at < 10; at++) {
      for (let turn = 0; turn < round; turn++) await new Promise<void>(afterTurn)
      puts.push(settled(c.routing.partitions.execute(put(bucketId, `key-${at}`))))
    }
    const all = [deleted, ...others.map(settled), ...puts]
    await routed.world.until('all answers', () =>
      all.every((outcome) => 'value' in outcome || 'error' in outcome),
    )
    const isDeleted = 'value' in deleted
    const stored = puts.filter((outcome) => 'value' in outcome).length
    const query = { kind: 'counters', bucketId } as const
    const { counters } = await routed.run(c.routing.partitions.ask(query))
    expect(counters.objects).toBe(stored)
    if (isDeleted) expect(stored).toBe(0)
    else expect(await routed.run(b.buckets.find(bucket.name))).toEqual(bucket)
    // No fence is left in a bucket that stays.
    const last = await routed.run(b.routing.partitions.execute(put(bucketId, 'last'))).then(
      () => 'put',
      ({ code }: { code: string }) => code,
    )
    expect(last).toBe(isDeleted ? 'NoSuchBucket' : 'put')
    outcomes.add(`${isDeleted ? 'deleted' : 'kept'} with ${stored > 0 ? 'some' : 'no'} objects`)
  }
  expect(outcomes).toEqual(new Set(['deleted with no objects', 'kept with some objects']))
}, 60_000)

test('settings are found while the system range has no primary', async () => {
  const routed = await RoutedWorld.open()
  const { world } = routed
  const bucket = await routed.makeBucket('photos')
  await world.pass(600)
  const system = world.primary(SYSTEM_PARTITION)!
  const [gateway] = routed.gateways.filter(({ machine }) => machine !== system)
  expect(await routed.run(gateway!.buckets.find(bucket.name))).toEqual(bucket)
  await world.pass(600)
  system.kill()
  for (let tenth = 0; tenth < 60; tenth++) {
    await world.pass(100)
    const found = settled(gateway!.buckets.find(bucket.name))
    await world.pass(5)
    expect('error' in found).toBe(false)
  }
  expect(await routed.run(gateway!.buckets.find(bucket.name))).toEqual(bucket)
}, 30_000)
