/**
 * Storage nodes that end, asked or unasked, one or all of them, while applications go on.
 *
 * @module
 */

import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { kubectl, runScript } from '../cluster/bed.ts'
import { killStorageNode } from '../cluster/kill-storage-node.ts'
import { Granary, isReadyNow, REGION } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectNoFailure, expectSteadyWrites } from './traffic.ts'
import { until } from './until.ts'

const ZONES = ['a', 'b', 'c'] as const
/** Where clients are as well: their Service leads them to it first. */
const POD = `${REGION}-a-0`
const QUORUM_MS_MAX = 60_000
const RESTART_MS_MAX = 120_000

let granary: Granary
let traffic: Traffic

beforeAll(async () => {
  granary = await Granary.install()
  traffic = await granary.startTraffic()
})

afterAll(() => granary.remove())

beforeEach(async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

const uidsOfPods = async () => (await granary.storageNodePods()).map(({ metadata }) => metadata.uid)

async function untilReplaced(pod: string, before: string): Promise<void> {
  await until(`${pod} is another one, and ready`, async () => {
    const now = await granary.get('pod', pod)
    return now.metadata.uid !== before && isReadyNow(now)
  })
}

/** Another one for each process; being away is over too soon to be seen for certain. */
async function lifeOf(pod: string): Promise<string> {
  const { metadata, status } = await granary.get('pod', pod)
  const [container] = (status?.['containerStatuses'] ?? []) as { restartCount: number }[]
  return `${metadata.uid} ${container?.restartCount}`
}

test('a pod that is deleted hands over in order: no request fails', async () => {
  const { metadata } = await granary.get('pod', POD)
  await kubectl(['delete', 'pod', POD, `-n${granary.namespace}`, '--wait=false'])
  await untilReplaced(POD, metadata.uid)
  await granary.untilWhole()
  await expectNoFailure(traffic, 'A pod was deleted')
})

test.each([
  ['deleted by force', async () => deleteByForce([POD])],
  ['killed with -9', async () => killStorageNode('a', POD)],
] as const)('a pod that is %s stops no write for more than 5 s', async (what, end) => {
  const before = await lifeOf(POD)
  await end()
  await until('it lives anew', async () => (await lifeOf(POD)) !== before)
  await granary.untilWhole()
  await expectSteadyWrites(traffic, `A pod was ${what}`)
})

test('pods that are all deleted at once form a quorum by themselves', async () => {
  const before = await uidsOfPods()
  await deleteByForce(ZONES.map((zone) => `${REGION}-${zone}-0`))
  await until('each pod is another one', async () => {
    const now = await uidsOfPods()
    return now.length === ZONES.length && !now.some((uid) => before.includes(uid))
  })
  const tookMs = await until('they are served again', isServed, QUORUM_MS_MAX)
  console.log(`Served again ${tookMs} ms after all pods were new`)
  await granary.untilWhole()
})

test('machines that all restart at once come back with everything', async () => {
  for (const zone of ZONES) runScript('node', [zone, 'stop'])
  for (const zone of ZONES) runScript('node', [zone, 'start'])
  const tookMs = await until('clients write again', isServed, RESTART_MS_MAX)
  console.log(`Clients wrote again ${tookMs} ms after all machines had started`)
  await granary.untilWhole()
})

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await traffic.verify()
})

async function deleteByForce(pods: readonly string[]): Promise<void> {
  const now = ['--grace-period=0', '--force']
  await kubectl(['delete', 'pod', ...pods, `-n${granary.namespace}`, ...now])
}

/** Each client has written since it was asked. */
async function isServed(): Promise<boolean> {
  await traffic.measure()
  await sleep(systemClock, 1_000)
  const reports = await traffic.reports()
  return reports.every(({ measured }) => measured.slowestWriteMs > 0)
}
