import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { silentLogger } from '@granary/storage-node/base/logger'
import { LeaderElection } from './leader-election.ts'
import type { LeaderLease, LeaseContent, LeaseRecord } from './leader-election.ts'

/** The most that killing the leader may cost (kubernetes.md). */
const FAILOVER_MS_MAX = 20_000
const STEP_MS = 250

class MemoryLease {
  record: LeaseRecord | undefined
  writeCount = 0

  /** What one process has of it; it can be cut off. */
  view(): LeaderLease & { isCut: boolean } {
    const view = {
      isCut: false,
      read: async () => {
        if (view.isCut) throw new Error('no answer')
        return this.record
      },
      write: async (next: LeaseContent, version: string | undefined) => {
        if (view.isCut) throw new Error('no answer')
        if (this.record?.version !== version) return 'lost' as const
        this.record = { ...next, version: String(++this.writeCount) }
        return 'won' as const
      },
    }
    return view
  }
}

const lease = new MemoryLease()
let clock: ManualClock
let started: Candidate[]

interface Candidate {
  readonly name: string
  readonly view: ReturnType<MemoryLease['view']>
  readonly election: LeaderElection
  isWorking: boolean
  /** What is under way when it is stopped. */
  underWay: Promise<void>
}

beforeEach(() => {
  clock = new ManualClock(1_000_000)
  lease.record = undefined
  started = []
})

afterEach(async () => {
  for (const { view } of started) view.isCut = true
  await Promise.all(started.map(({ election }) => election.stop()))
})

function start(name: string): Candidate {
  const view = lease.view()
  const candidate = { name, view, isWorking: false, underWay: Promise.resolve() } as Candidate
  const lead = () => {
    candidate.isWorking = true
    const stop = () => {
      candidate.isWorking = false
      return candidate.underWay
    }
    return { stop }
  }
  const options = { clock, logger: silentLogger, lease: view, identity: name, lead }
  Object.assign(candidate, { election: new LeaderElection(options) })
  started.push(candidate)
  return candidate
}

/** Lets time pass in small steps; at no time two of them work. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at <= ms; at += STEP_MS) {
    for (let turn = 0; turn < 8; turn++) await Promise.resolve()
    expect(started.filter(({ isWorking }) => isWorking).length).toBeLessThanOrEqual(1)
    if (at < ms) clock.advance(STEP_MS)
  }
}

async function startBoth(): Promise<[Candidate, Candidate]> {
  const first = start('first')
  await pass(0)
  const second = start('second')
  await pass(5_000)
  expect([first.isWorking, second.isWorking]).toEqual([true, false])
  return [first, second]
}

test('one leads for as long as it renews', async () => {
  const [first] = await startBoth()
  await pass(60_000)
  expect(first.isWorking).toBe(true)
  expect(lease.record).toMatchObject({ holder: 'first', transitionCount: 0, acquiredMs: 1_000_000 })
})

test('of two that begin together one leads', async () => {
  start('first')
  start('second')
  await pass(10_000)
  expect(started.filter(({ isWorking }) => isWorking)).toHaveLength(1)
})

test('when the leader dies another one leads within twenty seconds', async () => {
  const [first, second] = await startBoth()
  first.view.isCut = true
  await pass(FAILOVER_MS_MAX)
  expect([first.isWorking, second.isWorking]).toEqual([false, true])
  expect(lease.record).toMatchObject({ holder: 'second', transitionCount: 1 })
})

test('a leader that is cut off for a moment goes on', async () => {
  const [first, second] = await startBoth()
  first.view.isCut = true
  await pass(4_000)
  first.view.isCut = false
  await pass(20_000)
  expect([first.isWorking, second.isWorking]).toEqual([true, false])
})

test('a leader that is cut off stops before another one begins, and begins again behind it', async () => {
  const [first, second] = await startBoth()
  first.view.isCut = true
  await pass(FAILOVER_MS_MAX)
  first.view.isCut = false
  await pass(10_000)
  expect([first.isWorking, second.isWorking]).toEqual([false, true])
  await second.election.stop()
  await pass(3_000)
  expect(first.isWorking).toBe(true)
})

test('a leader whose work does not end leaves the Lease to another one', async () => {
  const [first, second] = await startBoth()
  let end!: () => void
  first.underWay = new Promise((resolve) => (end = resolve))
  first.view.isCut = true
  await pass(9_000)
  first.view.isCut = false
  await pass(FAILOVER_MS_MAX)
  expect([first.isWorking, second.isWorking]).toEqual([false, true])
  end()
})

test('a leader that stops gives the Lease up: the next one need not wait', async () => {
  const [first, second] = await startBoth()
  const stopped = first.election.stop()
  await pass(3_000)
  await stopped
  expect([first.isWorking, second.isWorking]).toEqual([false, true])
})

test('who takes the Lease away ends the work', async () => {
  const [first] = await startBoth()
  const { record } = lease
  lease.record = { ...(record as LeaseRecord), holder: 'third', version: 'other' }
  await pass(2_500)
  expect(first.isWorking).toBe(false)
})
