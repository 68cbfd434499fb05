/**
 * A Bucket, an AccessKey and their Region are deleted in every order, beside a Region that is in use.
 *
 * @module
 */

import { apply, getJson, kubectl } from '../cluster/bed.ts'
import { aliOssClient } from '../conformance/npm-clients/ali-oss-client.ts'
import type { Condition, Observed } from './granary.ts'
import { Granary, isReadyNow } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectNoFailure } from './traffic.ts'
import { until } from './until.ts'

type Kind = 'bucket' | 'accesskey' | 'region'
type Policy = 'Retain' | 'Delete'

const ORDERS: readonly (readonly Kind[])[] = [
  ['bucket', 'accesskey', 'region'],
  ['bucket', 'region', 'accesskey'],
  ['accesskey', 'bucket', 'region'],
  ['accesskey', 'region', 'bucket'],
  ['region', 'bucket', 'accesskey'],
  ['region', 'accesskey', 'bucket'],
]
const CASES = ORDERS.flatMap((order) =>
  (['Retain', 'Delete'] as const).map((policy) => ({ order, policy, told: order.join(', ') })),
)
const READY_MS_MAX = 90_000
const GONE_MS_MAX = 60_000
/** Of everything that is deleted here: names are used once. */
let made = 0

let granary: Granary
let traffic: Traffic

beforeAll(async () => {
  granary = await Granary.install()
  traffic = await granary.startTraffic()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

afterAll(() => granary.remove())

test.each(CASES)('$told: deleted in this order with $policy they are gone', async (given) => {
  const { order, policy } = given
  const name = await makeSmallRegion(policy)
  for (const [at, kind] of order.entries()) {
    await remove(kind, name)
    const bucketIsThere = order.indexOf('bucket') > at
    if (kind === 'region' && policy === 'Delete' && bucketIsThere) {
      await untilSaid('region', name, 'DeletionBlocked', `${granary.shop}/${name}`)
    } else {
      await untilGone(kind, name)
    }
  }
  await untilGone('region', name)
  const volumes = await getJson<{ items: unknown[] }>([
    ...['persistentvolumeclaims', `-n${granary.namespace}`],
    `--selector=granary.dev/region=${name}`,
  ])
  expect(volumes.items).toHaveLength(policy === 'Retain' ? 1 : 0)
})

test('a bucket with objects says what its deletion waits for, and what to do', async () => {
  const name = await makeSmallRegion('Delete')
  const { data } = await getJson<{ data: Record<string, string> }>(['secret', name, inShop()])
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString()
  const [accessKeyId, accessKeySecret] = [text('accessKeyId'), text('accessKeySecret')]
  const access = { accessKeyId, accessKeySecret, endpoint: text('OSS_ENDPOINT'), region: name }
  const client = aliOssClient(access, true)
  await until('the bucket has a host name', async () => {
    await client.put(name, 'a.txt', Buffer.from('a'), 'blue')
    return true
  })
  await remove('bucket', name)
  await untilSaid('bucket', name, 'BucketNotEmpty', 'deleteContents')
  const patch = `--patch=${JSON.stringify({ spec: { deleteContents: true } })}`
  await kubectl(['patch', `bucket.granary.dev/${name}`, inShop(), '--type=merge', patch])
  for (const kind of ['bucket', 'accesskey', 'region'] as const) {
    await remove(kind, name)
    await untilGone(kind, name)
  }
})

test('applications of another Region noticed nothing, and all their objects are there', async () => {
  await expectNoFailure(traffic, 'Regions came and went')
  await traffic.verify()
})

const inShop = () => `-n${granary.shop}`

/** Of one zone, with a Bucket and an AccessKey, all of one name. */
async function makeSmallRegion(policy: Policy): Promise<string> {
  const name = `small-${++made}`
  const zones = [['a', 'b', 'c'][made % 3]]
  const storage = { size: '1Gi' }
  const spec = { zones, allowFewerZones: true, storage, deletionPolicy: policy }
  const regionRef = { name, namespace: granary.namespace }
  await apply([
    granary.resource('Region', name, spec, granary.namespace),
    granary.resource('Bucket', name, { regionRef, deletionPolicy: policy }),
    granary.resource('AccessKey', name, { regionRef }),
  ])
  for (const kind of ['region', 'bucket', 'accesskey'] as const) {
    await until(
      `${kind} ${name} is ready`,
      async () => isReadyNow(await get(kind, name)),
      READY_MS_MAX,
    )
  }
  return name
}

function place(kind: Kind, name: string): string[] {
  const namespace = kind === 'region' ? granary.namespace : granary.shop
  return [`${kind}.granary.dev/${name}`, `-n${namespace}`]
}

async function get(kind: Kind, name: string): Promise<Observed> {
  return getJson<Observed>(place(kind, name))
}

async function remove(kind: Kind, name: string): Promise<void> {
  await kubectl(['delete', ...place(kind, name), '--wait=false', '--ignore-not-found'])
}

async function untilGone(kind: Kind, name: string): Promise<void> {
  const isGone = async () =>
    (await kubectl(['get', ...place(kind, name), '--ignore-not-found'])).trim() === ''
  await until(`${kind} ${name} is gone`, isGone, GONE_MS_MAX)
}

async function untilSaid(kind: Kind, name: string, reason: string, words: string): Promise<void> {
  await until(`the ${kind} says ${reason}`, async () => {
    const conditions: readonly Condition[] = (await get(kind, name)).status?.conditions ?? []
    const said = conditions.find((condition) => condition.reason === reason)
    return said?.message.includes(words) === true
  })
}
