import type { ObjectCommand } from '../model/command.ts'
import type { BucketId, ObjectKey } from '../model/identifiers.ts'
import type { PartitionId } from '../contract/identifiers.ts'
import { ReplicaWorld } from './partition-replica-fixtures.ts'

const bucketId = '0123456789abcdef' as BucketId
const P = 1 as PartitionId

function put(key: string, text = key): ObjectCommand {
  const bytes = Buffer.from(text)
  return {
    kind: 'putObject',
    bucketId,
    key: key as ObjectKey,
    metadata: {
      contentType: 'text/plain',
      headers: [],
      userMetadata: [],
      storageClass: 'Standard',
      acl: 'default',
    },
    body: {
      sizeBytes: bytes.byteLength,
      data: { kind: 'inline', bytes },
      md5: '0123456789abcdef0123456789abcdef',
      crc64: 7n,
    },
    etag: '0123456789ABCDEF0123456789ABCDEF',
    forbidOverwrite: false,
  }
}

async function textOf(world: ReplicaWorld, key: string): Promise<string | undefined> {
  const reply = await world.ask({ kind: 'object', bucketId, key: key as ObjectKey, withBody: true })
  if (reply.kind !== 'done') throw new Error(`Refused: ${JSON.stringify(reply)}`)
  const inline = reply.value?.inline
  return inline && Buffer.from(inline).toString()
}

test('a put is on all three stores, and read from the primary', async () => {
  const world = await ReplicaWorld.open()
  const reply = await world.execute(put('photo'))
  expect(reply).toMatchObject({ kind: 'done', value: { kind: 'object' } })
  expect(await textOf(world, 'photo')).toBe('photo')
  await world.until('all have applied it', () => {
    const bases = world.machines.map((machine) => machine.replica(P).base?.seq)
    return bases.every((seq) => seq === bases[0])
  })
})

test('a killed primary is followed by another, and what was acknowledged is there', async () => {
  const world = await ReplicaWorld.open()
  await world.execute(put('photo'))
  const before = world.primary()
  before?.kill()
  expect(await textOf(world, 'photo')).toBe('photo')
  expect(world.primary()?.name).not.toBe(before?.name)
  await world.execute(put('second'))
  expect(await textOf(world, 'second')).toBe('second')
})
