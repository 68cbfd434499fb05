import { ManualClock } from '../../base/manual-clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { ReplicaKeeper } from './replica-keeper.ts'

const [SELF, HEIR] = ['a', 'b'] as StoreId[]

/** A store that leads one partition, and has handed it over as far as it is concerned. */
function openKeeper() {
  const clock = new ManualClock(0)
  const replica = {
    isActive: true,
    configuration: { primary: SELF, members: [{ store: SELF }, { store: HEIR }] },
    handOver: jest.fn(() => (replica.isActive = false)),
  }
  const replicas = {
    all: () => [replica],
    primaries: () => (replica.isActive ? [1] : []),
  }
  const leases = { view: { heardMs: () => 1 } }
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

  test('waits for a second at most', async () => {
    const { clock, keeper } = openKeeper()
    let isOver = false
    void keeper.handOver().then(() => (isOver = true))
    await pass(clock, 1_020)
    expect(isOver).toBe(true)
  })
})
