import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import { MemoryNetwork } from '../transport/memory-network.ts'
import { A, B, ballot, BeaconNetwork, C, idleStatus, MachineClock } from './beacon-fixtures.ts'
import { members, openInlineLeases, P1, P2 } from './beacon-fixtures.ts'
import type { InlineStoreOptions } from './beacon-fixtures.ts'
import { InlineLeases } from './inline-leases.ts'
import { GRANT_MS, HOLD_MS } from './lease-times.ts'
import { describeLeases } from './leases.compliance.ts'

describeLeases('in the main loop', async () => {
  const nodes = new MemoryNetwork()
  const leases = new Map<StoreId, InlineLeases>()
  const incarnations = new Map<StoreId, Incarnation>()
  const leave = new Map<StoreId, () => void>()
  const start = (self: StoreId) => {
    const incarnation = ((incarnations.get(self) ?? 0) + 1) as Incarnation
    const node = nodes.join({ self, clock: systemClock })
    const channel = node.beacons
    leave.set(self, () => node.leave())
    const opened = new InlineLeases({
      ...{ self, incarnation, incarnations, channel, clock: systemClock, logger: silentLogger },
      peers: [A, B, C].filter((store) => store !== self),
      status: () => idleStatus,
      lastSyncMs: () => systemClock.monotonicMs(),
    })
    incarnations.set(self, incarnation)
    leases.set(self, opened)
    return opened
  }
  for (const store of [A, B, C]) start(store)
  return {
    leases,
    async restart(store) {
      leases.get(store)?.close()
      leave.get(store)?.()
      return start(store)
    },
    async close() {
      for (const opened of leases.values()) opened.close()
    },
  }
})

let time: ManualClock
let network: BeaconNetwork

beforeEach(() => {
  time = new ManualClock(1_000_000)
  network = new BeaconNetwork(time)
})

function open(self: StoreId, options: Partial<InlineStoreOptions> = {}): InlineLeases {
  return openInlineLeases({ time, network, self, ...options })
}

/** Lets time pass, with the turns that promises need. */
async function elapse(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5) {
    await Promise.resolve()
    time.advance(Math.min(left, 5))
  }
}

test('a primary holds what its members grant, counted from the moment it asked', async () => {
  const [a, b] = [open(A), open(B)]
  b.allow(P1, ballot(3), A)
  a.hold(P1, ballot(3), members)
  await elapse(5)
  expect(a.view.heldUntilMs(P1, B)).toBe(1_000_000 + HOLD_MS)
  expect(b.view.grantedUntilMs(P1)).toBe(1_000_001 + GRANT_MS)
  expect(a.view.heldUntilMs(P1, C)).toBe(0)
  expect(a.view.heldUntilMs(P2, B)).toBe(0)
  await elapse(600)
  expect(a.view.heldUntilMs(P1, B)).toBe(1_000_500 + HOLD_MS)
  expect([a.view.heardMs(B), b.view.heardMs(A)]).toEqual([1_000_501, 1_000_501])
})

test('nobody is granted but whom the promise names, under the ballot it names', async () => {
  const [a, b, c] = [open(A), open(B), open(C)]
  b.allow(P1, ballot(3), A)
  c.hold(P1, ballot(3), members)
  a.hold(P1, ballot(4), members)
  await elapse(600)
  expect([a, c].map(({ view }) => view.heldUntilMs(P1, B))).toEqual([0, 0])
  expect(b.view.grantedUntilMs(P1)).toBe(0)
})

test('a lower ballot is refused with the one that is promised', async () => {
  const [a, b] = [open(A), open(B)]
  const refused: unknown[] = []
  a.onRefused((...refusal) => refused.push(refusal))
  b.allow(P1, ballot(4), C)
  a.hold(P1, ballot(3), members)
  await elapse(100)
  expect(refused).toEqual([[P1, B, ballot(4)]])
})

test('after a revocation nothing is granted, and its answer says how long the last grant lives', async () => {
  const [a, b] = [open(A), open(B)]
  expect(await b.revoke(P1)).toBe(0)
  b.allow(P1, ballot(3), A)
  a.hold(P1, ballot(3), members)
  await elapse(5)
  const untilMs = await b.revoke(P1)
  expect(untilMs).toBe(1_000_001 + GRANT_MS)
  await elapse(5_000)
  expect(await b.revoke(P1)).toBe(untilMs)
  expect(a.view.heldUntilMs(P1, B)).toBe(1_000_000 + HOLD_MS)
})

test('a member that learns of a primary a little later is asked again soon', async () => {
  const [a, b] = [open(A), open(B)]
  a.hold(P1, ballot(3), members)
  await elapse(50)
  expect(a.view.heldUntilMs(P1, B)).toBe(0)
  b.allow(P1, ballot(3), A)
  await elapse(50)
  expect(a.view.heldUntilMs(P1, B)).toBeGreaterThan(0)
})

test('what is stopped counts no more, late answers neither; nor does what another ballot was granted', async () => {
  const [a, b] = [open(A), open(B)]
  for (const partition of [P1, P2]) b.allow(partition, ballot(3), A)
  network.fate = () => [100]
  a.hold(P1, ballot(3), members)
  a.hold(P2, ballot(3), members)
  await elapse(250)
  expect(a.view.heldUntilMs(P1, B)).toBeGreaterThan(0)
  await elapse(400)
  await a.stop(P1)
  a.hold(P2, ballot(5), members)
  expect([P1, P2].map((partition) => a.view.heldUntilMs(partition, B))).toEqual([0, 0])
  await elapse(300)
  expect([P1, P2].map((partition) => a.view.heldUntilMs(partition, B))).toEqual([0, 0])
})

test('beacons that are lost cost time, and not more', async () => {
  const [a, b] = [open(A), open(B)]
  network.fate = () => []
  b.allow(P1, ballot(3), A)
  a.hold(P1, ballot(3), members)
  await elapse(700)
  network.fate = () => [1]
  await elapse(500)
  expect(a.view.heldUntilMs(P1, B)).toBe(1_001_000 + HOLD_MS)
  network.fate = () => []
  await elapse(4_000)
  expect(a.view.heldUntilMs(P1, B)).toBeLessThan(time.monotonicMs())
})

test('an idle pair exchanges a list once, and then its number', async () => {
  const [a, b] = [open(A), open(B), open(C)]
  for (let partition = 1; partition <= 64; partition++) {
    b.allow(partition as never, ballot(3), A)
    a.hold(partition as never, ballot(3), members)
  }
  await elapse(2_000)
  const [count, bytes] = [network.sentCount, network.sentBytes]
  await elapse(10_000)
  // Each of the three beacons to two others and answers as many.
  expect(network.sentCount - count).toBe(20 * 12)
  expect((network.sentBytes - bytes) / (network.sentCount - count)).toBeLessThan(60)
  for (let partition = 1; partition <= 64; partition++) {
    expect(a.view.heldUntilMs(partition as never, B)).toBeGreaterThan(time.monotonicMs() + 2_000)
  }
})

test('a list that was lost is asked for', async () => {
  const a = open(A)
  a.hold(P1, ballot(3), members)
  let b = open(B)
  b.allow(P1, ballot(3), A)
  await elapse(1_100)
  network.leave(B)
  b.close()
  // A new process of b knows no list; a believes that it does.
  b = open(B, { incarnation: 2 })
  b.allow(P1, ballot(3), A)
  await elapse(600)
  expect(b.view.grantedUntilMs(P1)).toBeGreaterThan(time.monotonicMs())
})

test('a store that has synced nothing for two seconds neither beacons nor grants', async () => {
  let lastSyncMs = time.monotonicMs()
  const [a, b] = [open(A, { lastSyncMs: () => lastSyncMs }), open(B)]
  a.allow(P1, ballot(3), B)
  b.hold(P1, ballot(3), members)
  a.hold(P2, ballot(3), members)
  b.allow(P2, ballot(3), A)
  await elapse(1_990)
  expect(a.view.grantedUntilMs(P1)).toBeGreaterThan(time.monotonicMs() + 2_000)
  await elapse(3_000)
  expect(b.view.heardMs(A)).toBeLessThan(1_002_010)
  expect(b.view.heldUntilMs(P1, A)).toBeLessThan(time.monotonicMs())
  expect(a.view.heldUntilMs(P2, B)).toBeLessThan(time.monotonicMs())
  lastSyncMs = time.monotonicMs()
  await elapse(600)
  expect(b.view.heardMs(A)).toBeGreaterThan(1_004_000)
})

test.each([
  ['the wall clock is set', { wallOffsetMs: 600 }],
  ['the monotonic clock stood still', { lostMs: 3_000 }],
])('when %s, no grant of before counts', async (_name, jump) => {
  const clock = new MachineClock(time, 1, 0)
  const [a, b] = [open(A, { clock }), open(B)]
  b.allow(P1, ballot(3), A)
  a.hold(P1, ballot(3), members)
  await elapse(20)
  expect(a.view.heldUntilMs(P1, B)).toBeGreaterThan(clock.monotonicMs())
  Object.assign(clock, jump)
  expect(a.view.heldUntilMs(P1, B)).toBe(0)
  network.fate = () => []
  await elapse(600)
  expect(a.view.heldUntilMs(P1, B)).toBe(0)
  network.fate = () => [1]
  await elapse(600)
  expect(a.view.heldUntilMs(P1, B)).toBeGreaterThan(clock.monotonicMs())
})

test('an answer that was under way while a clock jumped grants nothing', async () => {
  const clock = new MachineClock(time, 1, 0)
  const [a, b] = [open(A, { clock }), open(B)]
  b.allow(P1, ballot(3), A)
  network.fate = () => [50]
  a.hold(P1, ballot(3), members)
  await elapse(60)
  clock.lostMs = 2_000
  await elapse(100)
  expect(a.view.heldUntilMs(P1, B)).toBe(0)
})

test('a process of the past is not listened to, and one that is new is told apart', async () => {
  const known = new Map([[A, 4 as Incarnation]])
  const b = open(B, { known })
  const old = open(A, { incarnation: 3 })
  await elapse(600)
  expect(b.view.heardMs(A)).toBe(0)
  old.close()
  const same = open(A, { incarnation: 4 })
  await elapse(600)
  expect(b.view.heardMs(A)).toBeGreaterThan(0)
  expect(b.view.restartedMs(A)).toBe(0)
  same.close()
  open(A, { incarnation: 5 })
  const startedMs = time.monotonicMs()
  await elapse(600)
  // Heard of a millisecond after the start, and dated a millisecond before that.
  expect(b.view.restartedMs(A)).toBe(startedMs)
  expect(b.view.restartedMs(C)).toBe(0)
})

test('what a new process is granted with its first beacon is no grant of the past', async () => {
  // A time whose sum with G is rounded.
  time.advance(0.123456789)
  const b = open(B, { known: new Map([[A, 1 as Incarnation]]) })
  const a = open(A, { incarnation: 2 })
  b.allow(P1, ballot(3), A)
  a.hold(P1, ballot(3), members)
  await elapse(5)
  const untilMs = await b.revoke(P1)
  expect(untilMs - GRANT_MS).toBeGreaterThan(b.view.restartedMs(A))
})

test('an answer to an earlier process of the same store grants nothing to the new one', async () => {
  const [old, b] = [open(A, { incarnation: 1 }), open(B)]
  b.allow(P1, ballot(3), A)
  network.fate = (from) => (from === A ? [1] : [700])
  old.hold(P1, ballot(3), members)
  await elapse(100)
  network.leave(A)
  old.close()
  const a = open(A, { incarnation: 2 })
  network.fate = () => []
  a.hold(P1, ballot(3), members)
  await elapse(2_000)
  expect(a.view.heldUntilMs(P1, B)).toBe(0)
})

test('what is no beacon is dropped', async () => {
  const [a, b] = [open(A), open(B)]
  const stranger = network.join(C)
  for (const bytes of [[], [1], [2, 255], [3], [1, 0, 0, 0, 0, 0, 0, 255, 255]]) {
    stranger.send(B, Uint8Array.from(bytes))
  }
  b.allow(P1, ballot(3), A)
  a.hold(P1, ballot(3), members)
  await elapse(10)
  expect(a.view.heldUntilMs(P1, B)).toBeGreaterThan(0)
  expect(b.view.heardMs(C)).toBe(0)
})
