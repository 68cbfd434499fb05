/**
 * A zone that is cut off or without power, while applications in the other zones go on.
 *
 * @module
 */

import { runScript } from '../cluster/bed.ts'
import { Granary, isReadyNow, REGION } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectSteadyWrites } from './traffic.ts'
import { until } from './until.ts'

/** The one in which no client is. */
const ZONE = 'c'
const POD = `${REGION}-${ZONE}-0`
const STATUS_MS_MAX = 60_000
const CONVERGED_MS_MAX = 120_000

let granary: Granary
let traffic: Traffic

beforeAll(async () => {
  granary = await Granary.install()
  traffic = await granary.startTraffic()
})

afterAll(async () => {
  runScript('heal', [])
  await granary.remove()
})

beforeEach(async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

const faults = {
  'cut off': {
    begin: () => runScript('partition', [ZONE]),
    end: () => runScript('heal', [ZONE]),
  },
  'without power': {
    begin: () => runScript('node', [ZONE, 'stop']),
    end: () => runScript('node', [ZONE, 'start']),
  },
} as const

test.each(Object.keys(faults) as (keyof typeof faults)[])(
  'while a zone is %s the others write on within 5 s, and after it everything converges',
  async (what) => {
    faults[what].begin()
    await untilSaid('Degraded', 'True')
    await untilSaid('QuorumAtRisk', 'True')
    expect((await granary.condition('QuorumAtRisk'))?.message).toContain(ZONE)
    await until('the others have taken over', async () => granary.isReady('region', REGION))
    await until('the pod is given up', async () => !isReadyNow(await granary.get('pod', POD)))
    await expectSteadyWrites(traffic, `A zone is ${what}`)

    await traffic.measure()
    faults[what].end()
    const tookMs = await granary.untilWhole(CONVERGED_MS_MAX)
    console.log(`Whole again after ${tookMs} ms: ${JSON.stringify(await partitions())}`)
    await expectSteadyWrites(traffic, `A zone that was ${what} came back`)
  },
)

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await traffic.verify()
})

async function untilSaid(type: string, status: string): Promise<void> {
  const isSaid = async () => (await granary.condition(type))?.status === status
  const tookMs = await until(`${type} is ${status}`, isSaid, STATUS_MS_MAX)
  const { reason, message } = (await granary.condition(type)) ?? {}
  console.log(`${type} ${status} after ${tookMs} ms: ${reason}: ${message}`)
}

async function partitions(): Promise<unknown> {
  return (await granary.get('region', REGION)).status?.partitions
}
