/**
 * What administrators do to a region that is in use: a machine is drained, a new build is rolled out.
 *
 * @module
 */

import type { StorageNodeStatus } from '../../storage-node/src/contract/storage-node-record.ts'
import { kubectl } from '../cluster/bed.ts'
import { Granary, isReadyNow, REGION, splitImage } from './granary.ts'
import { NEXT_IMAGE } from './altered-builds.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectNoFailure } from './traffic.ts'
import { until } from './until.ts'

const ROLLOUT_MS_MAX = 240_000
const DRAIN_SECONDS_MAX = 60
/** Long enough for several attempts. */
const REFUSED_SECONDS = 11

let granary: Granary
let traffic: Traffic

beforeAll(async () => {
  granary = await Granary.install()
  traffic = await granary.startTraffic()
})

afterAll(async () => {
  await kubectl(['uncordon', 'a', 'b', 'c'])
  await granary.remove()
})

beforeEach(async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

test('a machine is drained without a failed request, a second one waits for the budget', async () => {
  await drain('c', DRAIN_SECONDS_MAX)
  const pod = () => granary.get('pod', `${REGION}-c-0`)
  await until('its storage node is away', async () => !isReadyNow(await pod()))
  const refused = await drain('b', REFUSED_SECONDS).catch(String)
  expect(refused).toContain("violate the pod's disruption budget")
  expect(isReadyNow(await granary.get('pod', `${REGION}-b-0`))).toBe(true)
  await kubectl(['uncordon', 'b', 'c'])
  await granary.untilWhole()
  await expectNoFailure(traffic, 'A machine was drained')
})

test('a build of higher protocol and record version rolls out without a failed request', async () => {
  const before = await versions()
  await granary.helm('upgrade', { storageNodeImage: splitImage(NEXT_IMAGE) })
  const next = before.map(({ protocolVersion, recordVersion }) => {
    return { protocolVersion: protocolVersion + 1, recordVersion: recordVersion + 1 }
  })
  const isRolledOut = async () => JSON.stringify(await versions()) === JSON.stringify(next)
  const tookMs = await until('all storage nodes run it', isRolledOut, ROLLOUT_MS_MAX)
  await granary.untilWhole()
  console.log(`Rolled out in ${tookMs} ms, from ${told(before)} to ${told(await versions())}`)
  await expectNoFailure(traffic, 'A build was rolled out')
})

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await traffic.verify()
})

async function drain(machine: string, seconds: number): Promise<string> {
  const selector = 'app.kubernetes.io/component=storage-node'
  const limits = [`--pod-selector=${selector}`, `--timeout=${seconds}s`]
  return kubectl(['drain', machine, '--ignore-daemonsets', '--delete-emptydir-data', ...limits])
}

async function versions(): Promise<readonly { protocolVersion: number; recordVersion: number }[]> {
  return (await granary.list('storagenodes')).map(({ status }) => {
    const { protocolVersion, recordVersion } = status as unknown as StorageNodeStatus
    return { protocolVersion, recordVersion }
  })
}

function told(all: Awaited<ReturnType<typeof versions>>): string {
  return all.map((each) => `${each.protocolVersion}/${each.recordVersion}`).join(' ')
}
