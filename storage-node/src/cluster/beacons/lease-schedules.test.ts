import { ManualClock } from '../../base/manual-clock.ts'
import { Dice, seededRandom } from '../../base/seeded-random.ts'
import type { Ballot, Incarnation, StoreId } from '../../contract/identifiers.ts'
import { compareBallots } from '../../replication/ballot.ts'
import { A, B, ballot, BeaconNetwork, C, MachineClock } from './beacon-fixtures.ts'
import { members, openInlineLeases, P1 } from './beacon-fixtures.ts'
import type { InlineLeases } from './inline-leases.ts'
import { CLOCK_RATE_ERROR_MAX, GRANT_MS } from './lease-times.ts'

const STORES = [A, B, C]

/**
 * A store with the replica's part of the lease rules (L2 to L4): it promises when no grant to a
 * rival can live, and keeps quiet after a start.
 */
class Store {
  readonly self: StoreId
  readonly world: World
  /** Durable. */
  promised: { readonly ballot: Ballot; readonly to: StoreId } = { ballot: ballot(0, 0), to: A }
  incarnation = 0
  clock: MachineClock
  leases: InlineLeases
  silentUntilMs = -Infinity
  held: Ballot | undefined

  constructor(world: World, self: StoreId) {
    this.world = world
    this.self = self
    this.clock = this.#newClock()
    this.leases = this.#start()
  }

  restart(): void {
    this.clock.end()
    this.leases.close()
    this.world.network.leave(this.self)
    this.clock = this.#newClock()
    this.leases = this.#start()
    this.silentUntilMs = this.clock.monotonicMs() + GRANT_MS
    this.held = undefined
  }

  /** Promises `next` to `to` if it may; says whether. */
  async promise(next: Ballot, to: StoreId): Promise<boolean> {
    const nowMs = this.clock.monotonicMs()
    if (compareBallots(next, this.promised.ballot) <= 0 || nowMs < this.silentUntilMs) return false
    const untilMs = await this.leases.revoke(P1)
    if (untilMs > nowMs) {
      this.leases.allow(P1, this.promised.ballot, this.promised.to)
      return false
    }
    this.world.checkNobodyCountsOn(this.self)
    this.promised = { ballot: next, to }
    this.leases.allow(P1, next, to)
    return true
  }

  /** What the replica does again and again: grants go on once the silence is over. */
  tend(): void {
    if (this.clock.monotonicMs() < this.silentUntilMs || this.promised.ballot.epoch === 0) return
    this.leases.allow(P1, this.promised.ballot, this.promised.to)
  }

  hold(next: Ballot): void {
    this.held = next
    this.leases.hold(P1, next, members)
  }

  #start(): InlineLeases {
    this.incarnation++
    const { time, network, known } = this.world
    const { self, incarnation, clock } = this
    return openInlineLeases({ time, network, self, incarnation, clock, known })
  }

  /** A restart may be of the machine: its monotonic clock begins anew. */
  #newClock(): MachineClock {
    const { dice, time } = this.world
    const rate = 1 + (dice.below(2_001) / 1_000 - 1) * CLOCK_RATE_ERROR_MAX
    return new MachineClock(time, rate, dice.below(1_000_000))
  }
}

class World {
  readonly dice: Dice
  readonly time = new ManualClock(0)
  readonly network = new BeaconNetwork(this.time)
  readonly known = new Map<StoreId, Incarnation>()
  readonly stores: readonly Store[]
  epoch = 0
  readonly seen = { promises: 0, held: 0, checked: 0, refused: 0 }

  constructor(seed: number) {
    this.dice = new Dice(seededRandom(seed))
    this.network.fate = () => this.#fate()
    this.stores = STORES.map((self) => new Store(this, self))
  }

  async run(stepCount: number): Promise<void> {
    for (let step = 0; step < stepCount; step++) {
      await this.#act(this.dice.pick(this.stores as [Store, Store, Store]))
      for (let left = this.dice.pick([1, 3, 10, 40]); left > 0; left--) {
        await Promise.resolve()
        this.time.advance(this.dice.pick([1, 7, 40]))
        this.checkHolders()
      }
    }
  }

  /** I15: whoever counts on a member's grant does so while the member still keeps its word. */
  checkHolders(): void {
    for (const holder of this.stores) {
      for (const member of this.stores) {
        if (!counts(holder, member.self)) continue
        this.seen.held++
        // A member that has started again keeps its word by its silence.
        if (member.clock.monotonicMs() < member.silentUntilMs) continue
        const grantedMs = member.leases.view.grantedUntilMs(P1)
        expect(grantedMs).toBeGreaterThan(member.clock.monotonicMs())
      }
    }
  }

  /** L3: a member that promises anew has no grant out there that anybody counts on. */
  checkNobodyCountsOn(member: StoreId): void {
    this.seen.checked++
    for (const holder of this.stores) expect(counts(holder, member)).toBe(false)
  }

  async #act(store: Store): Promise<void> {
    const roll = this.dice.below(10)
    if (roll === 0) return store.restart()
    if (roll === 1 && store.held !== undefined) return store.leases.stop(P1)
    store.tend()
    if (roll < 6) return
    const next = ballot(++this.epoch)
    const others = this.stores.filter(({ self }) => self !== store.self)
    const answers = await Promise.all(others.map((other) => other.promise(next, store.self)))
    if (!answers.includes(true)) return void this.seen.refused++
    this.seen.promises++
    store.hold(next)
  }

  #fate(): number[] {
    const { dice } = this
    if (dice.chance(0.1)) return []
    const delayMs = dice.chance(0.1) ? dice.below(6_000) : dice.below(40)
    return dice.chance(0.1) ? [delayMs, delayMs + dice.below(4_000)] : [delayMs]
  }
}

function counts(holder: Store, member: StoreId): boolean {
  return holder.leases.view.heldUntilMs(P1, member) > holder.clock.monotonicMs()
}

test('whatever is lost, late or started again, nobody counts on a grant that has ended (I15)', async () => {
  const seen = { promises: 0, held: 0, checked: 0, refused: 0 }
  for (let seed = 0; seed < 12; seed++) {
    const world = new World(seed)
    await world.run(100).catch((error: Error) => {
      throw new Error(`Seed ${seed}: ${error.message}`, { cause: error })
    })
    for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += world.seen[name]
  }
  expect(seen.promises).toBeGreaterThan(50)
  expect(seen.refused).toBeGreaterThan(50)
  expect(seen.held).toBeGreaterThan(10_000)
})
