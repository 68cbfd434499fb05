import { ManualClock } from '../../base/manual-clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { ReplicaKeeper } from './replica-keeper.ts'

const [SELF, HEIR, THIRD] = ['a', 'b', 'c'] as [StoreId, StoreId, StoreId]

/** A store that leads one partition, and has handed it over as far as it is concerned. */
function openKeeper(members = [SELF, HEIR], restartedMs = new Map<StoreId, number>()) {
  const clock = new ManualClock(10_000)
  const replica = {
    isActive: true,
    configuration: { primary: SELF, members: members.map((store) => ({ store })) },
    handOver: jest.fn(() => void (replica.isActive = false)),
  }
  const replicas = {
    all: () => [replica],
    primaries: () => (replica.isActive ? [1] : []),
  }
  const leases = {
    view: {
      heardMs: (store: StoreId) => (store === THIRD ? 9_900 : 9_800),
      restartedMs: (store: StoreId) => restartedMs.get(store) ?? 0,
    },
  }
  const parts = { replicas, leases, clock, store: { storeId: SELF } }
  return { clock, replica, keeper: new ReplicaKeeper(parts as never) }
}

/** Lets time pass as it does, look by look. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10) {
    clock.advance(10)
    await new Promise(setImmediate)
  }
}

describe('a store that hands over', () => {
  test('waits until the heir has taken over, not only until it has stepped down', async () => {
    const { clock, replica, keeper } = openKeeper()
    let isOver = false
    void keeper.handOver().then(() => (isOver = true))
    expect(replica.handOver).toHaveBeenCalledWith(HEIR)
    await pass(clock, 500)
    expect(isOver).toBe(false)
    replica.configuration.primary = HEIR
    await pass(clock, 20)
    expect(isOver).toBe(true)
  })

  test.each([
    { heir: THIRD, why: 'whom it heard of last', restartedMs: 0 },
    { heir: HEIR, why: 'not a store that has just started', restartedMs: 9_000 },
    { heir: THIRD, why: 'a store that started long ago', restartedMs: 5_000 },
  ])('chooses $why', ({ heir, restartedMs }) => {
    const { replica, keeper } = openKeeper([SELF, HEIR, THIRD], new Map([[THIRD, restartedMs]]))
    void keeper.handOver()
    expect(replica.handOver).toHaveBeenCalledWith(heir)
  })

  test('waits for a second at most', async () => {
    const { clock, keeper } = openKeeper()
    let isOver = false
    void keeper.handOver().then(() => (isOver = true))
    await pass(clock, 1_020)
    expect(isOver).toBe(true)
  })
})
