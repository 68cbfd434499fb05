import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import type { Zone } from '../../contract/configuration.ts'
import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import { certificateUri } from '../transport/local-certificates.ts'
import {
  makeTestCertificates,
  REGION,
  type TestCertificates,
} from '../transport/transport-fixtures.ts'
import { A, B, ballot, C, idleStatus, members, P1 } from './beacon-fixtures.ts'
import { GRANT_MS, GRAY_FAILURE_MS } from './lease-times.ts'
import { describeLeases, type LeasesHome } from './leases.compliance.ts'
import { ThreadLeases } from './thread-leases.ts'

const program = join(__dirname, '..', '..', 'beacon-thread.ts')

let certificates: TestCertificates
beforeAll(async () => {
  certificates = await makeTestCertificates()
})
afterAll(() => certificates.remove())

/** Storage nodes of one machine, each with its beacon thread. */
class Threads implements LeasesHome {
  readonly leases = new Map<StoreId, ThreadLeases>()
  readonly remembered: [StoreId, StoreId, number][] = []
  readonly lastSyncMs = new Map<StoreId, number>()
  readonly #incarnations = new Map<StoreId, Incarnation>()

  static async open(): Promise<Threads> {
    const threads = new Threads()
    for (const store of [A, B, C]) threads.#start(store)
    await threads.#introduce()
    return threads
  }

  async restart(store: StoreId): Promise<ThreadLeases> {
    await this.leases.get(store)?.close()
    const leases = this.#start(store)
    await this.#introduce()
    return leases
  }

  async close(): Promise<void> {
    await Promise.all([...this.leases.values()].map((leases) => leases.close()))
  }

  #start(self: StoreId): ThreadLeases {
    const incarnation = ((this.#incarnations.get(self) ?? 0) + 1) as Incarnation
    const nonce = Buffer.alloc(16, incarnation)
    const file = (name: string) => join(certificates.directory, name)
    const leases = new ThreadLeases({
      ...{ program, self, incarnation, incarnations: this.#incarnations, clock: systemClock },
      sockets: {
        self: { region: REGION, store: self, incarnation, nonce, zone: 'a' as Zone },
        credentials: {
          ...{ key: file(`${self}.key`), certificate: file(`${self}.crt`) },
          authority: file('authority.crt'),
        },
        listen: { host: '127.0.0.1', port: 0 },
      },
      logger: silentLogger,
      fatal: (error) => {
        throw error
      },
      remember: async (store, learned) => void this.remembered.push([self, store, learned]),
      status: () => ({ ...idleStatus, syncedGroup: incarnation * 1_000 }),
      lastSyncMs: () => this.lastSyncMs.get(self) ?? systemClock.monotonicMs(),
    })
    this.#incarnations.set(self, incarnation)
    this.leases.set(self, leases)
    return leases
  }

  async #introduce(): Promise<void> {
    const peers = []
    for (const [store, leases] of this.leases) {
      const address = `127.0.0.1:${await leases.listening()}`
      peers.push({ store, address, certificate: certificateUri(REGION, store) })
    }
    for (const [self, leases] of this.leases) {
      leases.setPeers(peers.filter(({ store }) => store !== self))
    }
  }
}

describeLeases('in threads of their own, over TLS', () => Threads.open())

describe('a beacon thread', () => {
  let threads: Threads
  let a: ThreadLeases
  let b: ThreadLeases
  beforeEach(async () => {
    threads = await Threads.open()
    ;[a, b] = [A, B].map((store) => threads.leases.get(store)) as [ThreadLeases, ThreadLeases]
  })
  afterEach(() => threads.close())

  test('keeps its leases while the main loop is busy for a second', async () => {
    b.allow(P1, ballot(3), A)
    a.hold(P1, ballot(3), members)
    await until(() => a.view.heldUntilMs(P1, B) > now())
    // Both stores have the same main loop here: both threads go on by themselves.
    const [held, heard] = [a.view.heldUntilMs(P1, B), b.view.heardMs(A)]
    spin(1_100)
    expect(a.view.heldUntilMs(P1, B)).toBeGreaterThanOrEqual(held + 400)
    expect(b.view.heardMs(A)).toBeGreaterThanOrEqual(heard + 400)
  })

  test('ends its beacons when the main loop stands still', async () => {
    b.allow(P1, ballot(3), A)
    a.hold(P1, ballot(3), members)
    await until(() => a.view.heldUntilMs(P1, B) > now())
    const startedMs = now()
    spin(GRAY_FAILURE_MS + 1_500)
    expect(b.view.heardMs(A)).toBeLessThan(startedMs + GRAY_FAILURE_MS + 100)
    await until(() => b.view.heardMs(A) > startedMs + GRAY_FAILURE_MS + 1_500)
  })

  test('ends its beacons and its grants when its store syncs nothing', async () => {
    a.allow(P1, ballot(3), B)
    b.hold(P1, ballot(3), members)
    await until(() => b.view.heldUntilMs(P1, A) > now())
    const lostMs = now()
    threads.lastSyncMs.set(A, lostMs)
    await until(() => b.view.heldUntilMs(P1, A) < now())
    expect(b.view.heardMs(A)).toBeLessThan(lostMs + GRAY_FAILURE_MS + 300)
    expect(a.view.grantedUntilMs(P1)).toBeLessThan(lostMs + GRAY_FAILURE_MS + 300 + GRANT_MS)
    threads.lastSyncMs.delete(A)
    await until(() => b.view.heldUntilMs(P1, A) > now())
  })

  test('tells what others say of themselves, and has their incarnations put on record', async () => {
    const heard: [StoreId, number][] = []
    b.onHeard((from, status) => heard.push([from, status.syncedGroup]))
    await until(() => heard.some(([from]) => from === A) && heard.some(([from]) => from === C))
    expect(heard).toContainEqual([A, 1_000])
    await threads.restart(A)
    await until(() => heard.some(([, group]) => group === 2_000))
    expect(threads.remembered).toContainEqual([B, A, 2])
  })
})

/** Keeps the main loop busy. */
function spin(ms: number): void {
  const endMs = now() + ms
  while (now() < endMs);
}

function now(): number {
  return systemClock.monotonicMs()
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
