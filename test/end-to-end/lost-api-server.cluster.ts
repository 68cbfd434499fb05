/**
 * The API server, its store and all controllers are away for minutes, while applications go on.
 *
 * @module
 */

import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { podPorts } from '../../storage-node/src/contract/storage-node-pod.ts'
import { kubectl, runScript } from '../cluster/bed.ts'
import { killStorageNode } from '../cluster/kill-storage-node.ts'
import { Granary, REGION } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectNoFailure, expectSteadyWrites } from './traffic.ts'
import { until } from './until.ts'

/** Five minutes say more than one, and CI has less time. */
const OUTAGE_MS = process.env['CI'] === undefined ? 300_000 : 60_000
const ZONE = 'c'
const POD = `${REGION}-${ZONE}-0`
const RESTART_MS_MAX = 45_000
const RESUME_MS_MAX = 1_000
/** How long a storage node waits for the primary of a partition. */
const REQUEST_MS_MAX = 6_000
/** Everything before and after the outage. */
const AROUND_MS = 240_000
const API_MS_MAX = 60_000

let granary: Granary
let traffic: Traffic

beforeAll(async () => {
  granary = await Granary.install()
  traffic = await granary.startTraffic()
})

afterAll(() => granary.remove())

const outage = async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  const { status } = await granary.get('pod', POD)
  // While the API server is away nobody else knows where it is.
  const probe = (path: string) => fetch(`http://${status?.podIP}:${podPorts.probes}${path}`)
  const startOf = async () =>
    /^process_start_time_seconds \S+$/m.exec(await textOf('/metrics'))?.[0]
  const textOf = async (path: string) => (await probe(path)).text()
  const before = await startOf()
  await traffic.measure()
  runScript('node', ['cp', 'stop'])
  try {
    const endMs = systemClock.monotonicMs() + OUTAGE_MS
    await sleep(systemClock, OUTAGE_MS / 4)
    await expectNoFailure(traffic, 'The API server is away')

    await traffic.measure()
    killStorageNode(ZONE, POD)
    const restarted = async () => (await startOf()) !== before && (await probe('/ready')).ok
    const tookMs = await until('the container serves again', restarted, RESTART_MS_MAX)
    console.log(`A storage node served ${tookMs} ms after it was killed, without the API server`)
    // Nobody can take its partitions over without the API server: their writes wait for it.
    await expectSteadyWrites(traffic, 'A container restarted meanwhile', tookMs + RESUME_MS_MAX)

    // What had waited for it, and was answered that it waited too long.
    await sleep(systemClock, REQUEST_MS_MAX)
    await traffic.measure()
    await sleep(systemClock, Math.max(0, endMs - systemClock.monotonicMs()))
    await expectNoFailure(traffic, 'It went on so')
  } finally {
    runScript('node', ['cp', 'start'])
  }
  await traffic.measure()
  await until(
    'the API server answers',
    async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok',
    API_MS_MAX,
  )
  await granary.untilWhole()
  await expectSteadyWrites(traffic, 'The API server came back')
}

test(
  'requests go on without the API server, also after a container restarts',
  outage,
  OUTAGE_MS + AROUND_MS,
)

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await traffic.verify()
})
