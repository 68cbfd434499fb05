/**
 * What a region stands on comes back wrong, while applications go on: a volume that is empty or of an earlier time,
 * and Partition objects that were deleted, restored from a backup, or made again.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { apply, getJson, kubectl } from '../cluster/bed.ts'
import type { Observed } from './granary.ts'
import { Granary, REGION } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectNoFailure, expectSteadyWrites } from './traffic.ts'
import { until } from './until.ts'

/** The one in which no client is. */
const ZONE = 'c'
const POD = `${REGION}-${ZONE}-0`
const OLDER_MS = 5_000
const UNTOUCHED_MS = 10_000

interface Volume {
  readonly spec: { readonly local: { readonly path: string } }
}

let granary: Granary
let traffic: Traffic
const inHome = () => `-n${granary.namespace}`

beforeAll(async () => {
  granary = await Granary.install()
  traffic = await granary.startTraffic()
})

afterAll(async () => {
  await kubectl(['uncordon', ZONE])
  await granary.remove()
})

beforeEach(async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

test('a volume that comes back empty or of an earlier time is told, and harms nobody', async () => {
  const path = await volumePath()
  const [earlier, last] = [`${path}.earlier`, `${path}.last`]
  try {
    await whileAway(() => void execFileSync('cp', ['-a', path, earlier]))
    await granary.untilWhole()
    await sleep(systemClock, OLDER_MS)

    await whileAway(() => {
      renameSync(path, last)
      mkdirSync(path)
      chmodSync(path, statSync(last).mode)
    })
    await untilSaid('Degraded', 'VolumesReplaced')

    await whileAway(() => {
      rmSync(path, { recursive: true })
      renameSync(earlier, path)
    })
    await untilSaid('Degraded', 'VolumesRefused', 'its volume was set back to an earlier state')

    await whileAway(() => {
      rmSync(path, { recursive: true })
      renameSync(last, path)
    })
    await granary.untilWhole()
    await expectNoFailure(traffic, 'A volume came back empty, then old, then as it was')
  } finally {
    for (const left of [earlier, last]) rmSync(left, { recursive: true, force: true })
  }
})

test.each([
  ['deleted', deletePartitions, 'Ready', 'PartitionsMissing'],
  ['made again by hand', makePartitionsAgain, 'ConfigRegressed', 'ObjectsOlder'],
  ['set back to a backup', setPartitionsBack, 'ConfigRegressed', 'ObjectsOlder'],
] as const)(
  'Partition objects that were %s come back by one command, and failovers work again',
  async (what, spoil, type, reason) => {
    await spoil()
    await untilSaid(type, reason)
    await sleep(systemClock, UNTOUCHED_MS)
    await expectNoFailure(traffic, `Partition objects were ${what}`)

    await traffic.measure()
    const { message = '' } = (await granary.condition(type)) ?? {}
    const [, command = ''] = /kubectl (annotate .*)$/.exec(message) ?? []
    await kubectl([...command.split(' '), inHome()])
    await until('they are as storage nodes know them', async () => {
      const { reason: said } = (await granary.condition('ConfigRegressed')) ?? {}
      return said === 'AsKnown' && (await granary.isReady('region', REGION))
    })
    await kubectl(['annotate', 'region', REGION, 'granary.dev/rebuild-partitions-', inHome()])
    await granary.untilWhole()
    await expectNoFailure(traffic, 'They were made again')

    await traffic.measure()
    const [before = ''] = await primaries()
    const { zone, pod } = await nodeOf(before)
    await kubectl(['cordon', zone])
    await kubectl(['delete', 'pod', pod, inHome(), '--grace-period=0', '--force'])
    await until('another one has taken over', async () => (await primaries())[0] !== before)
    await kubectl(['uncordon', zone])
    await granary.untilWhole()
    await expectSteadyWrites(traffic, 'A primary was lost')
  },
)

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await traffic.verify()
})

async function deletePartitions(): Promise<void> {
  await kubectl(['delete', 'partitions', '--all', inHome()])
}

async function makePartitionsAgain(): Promise<void> {
  const objects = await granary.list('partitions')
  await deletePartitions()
  await apply(objects.map((object) => renewed(object, { ...object.spec, lineage: undefined })))
}

/** To what they were before primaries changed. */
async function setPartitionsBack(): Promise<void> {
  const objects = await granary.list('partitions')
  const [before = ''] = await primaries()
  await kubectl(['delete', 'pod', (await nodeOf(before)).pod, inHome()])
  await until('it has handed over', async () => (await primaries())[0] !== before)
  await granary.untilWhole()
  await deletePartitions()
  await apply(objects.map((object) => renewed(object, object.spec)))
  for (const {
    metadata: { name },
    status,
  } of objects) {
    const patch = `--patch=${JSON.stringify({ status })}`
    await kubectl([
      'patch',
      'partition',
      name,
      inHome(),
      '--subresource=status',
      '--type=merge',
      patch,
    ])
  }
}

/** As a backup has it: without what the API server sets. */
function renewed({ metadata: { name, labels } }: Observed, spec: object): object {
  const metadata = { name, labels, namespace: granary.namespace }
  return { apiVersion: 'granary.dev/v1alpha1', kind: 'Partition', metadata, spec }
}

/** Stores, in the order of the partitions' names. */
async function primaries(): Promise<readonly string[]> {
  return (await granary.list('partitions')).map(({ status }) => String(status?.['primary']))
}

async function nodeOf(store: string): Promise<{ readonly zone: string; readonly pod: string }> {
  const node = (await granary.list('storagenodes')).find(({ spec }) => spec['storeId'] === store)
  return { zone: String(node?.spec['zone']), pod: String(node?.spec['pod']) }
}

/** Does something to the volume of the zone while its storage node cannot run. */
async function whileAway(act: () => void): Promise<void> {
  const { metadata } = await granary.get('pod', POD)
  await kubectl(['cordon', ZONE])
  await kubectl(['delete', 'pod', POD, inHome()])
  await until('its successor waits for a machine', async () => {
    const pod = await granary.get('pod', POD)
    return pod.metadata.uid !== metadata.uid && pod.spec['nodeName'] === undefined
  })
  act()
  await kubectl(['uncordon', ZONE])
}

async function volumePath(): Promise<string> {
  const { spec } = await granary.get('persistentvolumeclaim', `data-${POD}`)
  const volume = await getJson<Volume>(['persistentvolume', String(spec['volumeName'])])
  return volume.spec.local.path
}

async function untilSaid(type: string, reason: string, words = ''): Promise<void> {
  let message = ''
  const tookMs = await until(`${type} says ${reason}, ${words}`, async () => {
    const condition = await granary.condition(type)
    message = condition?.message ?? ''
    return condition?.reason === reason && message.includes(words)
  })
  console.log(`${reason} after ${tookMs} ms: ${message}`)
}
