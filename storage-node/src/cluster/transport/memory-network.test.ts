import { systemClock } from '../../base/clock.ts'
import { SlabPool } from '../../base/slabs.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { MemoryNetwork } from './memory-network.ts'
import type { NetworkPair } from './peer-network.compliance.ts'
import { describePeerNetwork } from './peer-network.compliance.ts'

const A = '00000000-0000-4000-8000-00000000000a' as StoreId
const B = '00000000-0000-4000-8000-00000000000b' as StoreId

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

describePeerNetwork('memory network with slabs', async () => openPair(new SlabPool(8 * 1024 ** 2)))

test('slabs are given back', async () => {
  const slabs = new SlabPool(8 * 1024 ** 2)
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
  const pieces = [Buffer.alloc(3 * 1024 ** 2 + 1)]
  const owner = { bucketId: '0123456789abcdef', key: 'k' } as never
  const chunk = { dataId: '00112233445566778899aabbccddeeff' as never, index: 0, owner, crc64: 0n }
  const request = {
    kind: 'chunkPut',
    mapVersion: 1,
    ...chunk,
    checks: Buffer.alloc(0),
    pieces,
  } as const
  await a.request(B, request, { deadlineMs: 1000 })
  expect(usedCount).toBe(4)
  expect(slabs.usedCount).toBe(0)
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
