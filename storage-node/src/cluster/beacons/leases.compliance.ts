/**
 * What every implementation of `leases.ts` must do, by the machine's clock.
 *
 * @module
 */

import { systemClock } from '../../base/clock.ts'
import type { Ballot, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { Leases } from '../leases.ts'
import { A, B, ballot, C, members } from './beacon-fixtures.ts'
import { GRANT_MS, HOLD_MS } from './lease-times.ts'

/** Three stores that hear each other. */
export interface LeasesHome {
  readonly leases: ReadonlyMap<StoreId, Leases>
  /** Ends a store's process and starts the next one. */
  restart(store: StoreId): Promise<Leases>
  close(): Promise<void>
}

/** Declares the tests for one implementation. */
export function describeLeases(name: string, open: () => Promise<LeasesHome>): void {
  describe(name, () => {
    let home: LeasesHome
    let a: Leases
    let b: Leases
    let c: Leases

    /** Each test has partitions of its own. */
    let P1: PartitionId
    let P2: PartitionId

    beforeAll(async () => {
      home = await open()
      ;[a, b, c] = [A, B, C].map((store) => home.leases.get(store)) as [Leases, Leases, Leases]
      await until(() => [A, B, C].every((store) => isHeardByAll(home, store)))
    })

    beforeEach(() => {
      const last = (P2 ?? 0) as number
      ;[P1, P2] = [last + 1, last + 2] as [PartitionId, PartitionId]
    })

    afterAll(() => home.close())

    test('a primary holds what its members grant, for as long as it asks', async () => {
      b.allow(P1, ballot(3), A)
      c.allow(P1, ballot(3), A)
      a.hold(P1, ballot(3), members)
      await until(() => isHeld(a, P1, B) && isHeld(a, P1, C))
      expect(a.view.heldUntilMs(P1, B)).toBeLessThanOrEqual(now() + HOLD_MS)
      const first = a.view.heldUntilMs(P1, B)
      await until(() => a.view.heldUntilMs(P1, B) > first)
      expect(b.view.grantedUntilMs(P1)).toBeGreaterThan(a.view.heldUntilMs(P1, B))
      expect(b.view.grantedUntilMs(P1)).toBeLessThanOrEqual(now() + GRANT_MS)
      expect(a.view.heldUntilMs(P2, B)).toBe(0)
      expect(a.view.heldUntilMs(P1, A)).toBe(0)
    })

    test('a revocation says until when the last grant lives, and is the last', async () => {
      expect(await b.revoke(P1)).toBe(0)
      b.allow(P1, ballot(3), A)
      a.hold(P1, ballot(3), members)
      await until(() => isHeld(a, P1, B))
      const untilMs = await b.revoke(P1)
      expect(untilMs).toBeGreaterThan(a.view.heldUntilMs(P1, B))
      expect(untilMs).toBeLessThanOrEqual(now() + GRANT_MS)
      await until(() => now() > untilMs)
      expect(isHeld(a, P1, B)).toBe(false)
      expect(await b.revoke(P1)).toBe(untilMs)
    })

    test('what is stopped is over at once, and what is held again begins anew', async () => {
      b.allow(P1, ballot(3), A)
      a.hold(P1, ballot(3), members)
      await until(() => isHeld(a, P1, B))
      const stopped = a.stop(P1)
      expect(a.view.heldUntilMs(P1, B)).toBe(0)
      await stopped
      await pause(700)
      expect(a.view.heldUntilMs(P1, B)).toBe(0)
      a.hold(P1, ballot(4), members)
      expect(a.view.heldUntilMs(P1, B)).toBe(0)
      b.allow(P1, ballot(4), A)
      await until(() => isHeld(a, P1, B))
    })

    test('grants of one ballot never count for the next', async () => {
      b.allow(P1, ballot(3), A)
      a.hold(P1, ballot(3), members)
      await until(() => isHeld(a, P1, B))
      a.hold(P1, ballot(4), members)
      expect(a.view.heldUntilMs(P1, B)).toBe(0)
      await pause(200)
      expect(a.view.heldUntilMs(P1, B)).toBe(0)
    })

    test('a ballot below the promise is refused with the promise', async () => {
      const refused: [PartitionId, StoreId, Ballot][] = []
      a.onRefused((...refusal) => refused.push(refusal))
      b.allow(P1, ballot(5), C)
      a.hold(P1, ballot(3), members)
      await until(() => refused.length > 0)
      expect(refused.at(-1)).toEqual([P1, B, ballot(5)])
      expect(a.view.heldUntilMs(P1, B)).toBe(0)
    })

    test('a member that allows a little later grants soon', async () => {
      a.hold(P1, ballot(3), members)
      await pause(30)
      b.allow(P1, ballot(3), A)
      const allowedMs = now()
      await until(() => isHeld(a, P1, B))
      expect(now() - allowedMs).toBeLessThan(300)
    })

    test('a store that starts again is heard again, and known to have started', async () => {
      expect(b.view.restartedMs(A)).toBe(0)
      const startedMs = now()
      const next = await home.restart(A)
      await until(() => b.view.restartedMs(A) > 0)
      expect(b.view.restartedMs(A)).toBeGreaterThan(startedMs - 5)
      b.allow(P1, ballot(3), A)
      next.hold(P1, ballot(3), members)
      await until(() => isHeld(next, P1, B))
    })
  })
}

function isHeardByAll({ leases }: LeasesHome, store: StoreId): boolean {
  return [...leases].every(([self, { view }]) => self === store || view.heardMs(store) > 0)
}

function isHeld({ view }: Leases, partition: PartitionId, member: StoreId): boolean {
  return view.heldUntilMs(partition, member) > now()
}

function now(): number {
  return systemClock.monotonicMs()
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5)
}
