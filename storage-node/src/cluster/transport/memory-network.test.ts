import { systemClock } from '../../base/clock.ts'
import { SlabPool } from '../../base/slabs.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { PeerRequest } from '../../wire/peer/messages.ts'
import { MemoryNetwork } from './memory-network.ts'
import type { NetworkPair } from './peer-network.compliance.ts'
import { describePeerNetwork } from './peer-network.compliance.ts'

const A = '00000000-0000-4000-8000-00000000000a' as StoreId
const B = '00000000-0000-4000-8000-00000000000b' as StoreId

const MIB = 1024 ** 2

function put(index: number, content: Buffer): PeerRequest<'chunkPut'> {
  const owner = { bucketId: '0123456789abcdef', key: 'k' } as never
  const chunk = { dataId: '00112233445566778899aabbccddeeff' as never, index, owner, crc64: 0n }
  return { kind: 'chunkPut', mapVersion: 1, ...chunk, checks: Buffer.alloc(0), pieces: [content] }
}

function openPair(slabs: SlabPool | undefined): NetworkPair {
  const network = new MemoryNetwork()
  const join = (self: StoreId) =>
    network.join({ self, clock: systemClock, ...(slabs && { slabs }) })
  const a = join(A)
  let b = join(B)
  return {
    a,
    b,
    stopB: async () => b.leave(),
    async startB() {
      b = join(B)
      return b
    },
    async close() {},
  }
}

describePeerNetwork('memory network', async () => openPair(undefined))

describePeerNetwork('memory network with slabs', async () => openPair(new SlabPool(8 * MIB)))

test('slabs are given back', async () => {
  const slabs = new SlabPool(8 * MIB)
  const { a, b } = openPair(slabs)
  let usedCount = 0
  b.serve({
    message() {},
    async request(_from, request) {
      usedCount = slabs.usedCount
      if (request.kind === 'chunkPut') return { outcome: 'stored' }
      throw new Error('Nobody asks for anything else')
    },
  })
  await a.request(B, put(0, Buffer.alloc(3 * MIB + 1)), { deadlineMs: 1000 })
  expect(usedCount).toBe(4)
  expect(slabs.usedCount).toBe(0)
})

test('a request that nobody waits for any more does not arrive late, with other bytes', async () => {
  const { a, b } = openPair(new SlabPool(4 * MIB))
  const arrived: number[] = []
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  b.serve({
    message() {},
    async request(_from, request) {
      if (request.kind !== 'chunkPut') throw new Error('Nobody asks for anything else')
      arrived.push(request.index)
      await released
      return { outcome: 'stored' }
    },
  })
  const first = a.request(B, put(1, Buffer.alloc(4 * MIB)), { deadlineMs: 5000 })
  const second = a.request(B, put(2, Buffer.alloc(4 * MIB)), { deadlineMs: 50 })
  await expect(second).rejects.toThrow('did not answer within 50 ms')
  release()
  await first
  await a.request(B, put(3, Buffer.alloc(4 * MIB)), { deadlineMs: 5000 })
  expect(arrived).toEqual([1, 3])
})

test('beacons arrive', async () => {
  const network = new MemoryNetwork()
  const a = network.join({ self: A, clock: systemClock })
  const b = network.join({ self: B, clock: systemClock })
  const heard = new Promise((resolve) => {
    b.beacons.onBeacon((from, bytes) => resolve([from, Buffer.from(bytes).toString()]))
  })
  const bytes = Buffer.from('beacon')
  a.beacons.send(B, bytes)
  bytes.fill(0)
  expect(await heard).toEqual([A, 'beacon'])
})
