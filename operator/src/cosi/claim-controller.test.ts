import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { seededRandom } from '@granary/storage-node/base/seeded-random'
import { MemoryCluster } from '../kubernetes/memory-cluster.ts'
import { MemoryKubernetesApi } from '../kubernetes/memory-kubernetes-api.ts'
import { ControllerRunner } from '../runtime/controller-runner.ts'
import { claimController } from './claim-controller.ts'
import { bucketClaims, CLAIM_FINALIZER, cosiBuckets } from './cosi-kinds.ts'
import type { BucketClaim, CosiBucket } from './cosi-kinds.ts'
import { COSI_MANAGER } from './cosi-objects.ts'

const BUCKET = 'bucket-0001'
const at = { namespace: 'shop', name: 'photos' }

let clock: ManualClock
let cluster: MemoryCluster
/** COSI's controller and sidecar. */
let cosi: MemoryKubernetesApi
let driver: MemoryKubernetesApi
let lines: string[]
let runner: ControllerRunner

beforeEach(() => {
  clock = new ManualClock(0)
  cluster = new MemoryCluster(clock)
  cosi = new MemoryKubernetesApi({ cluster, clock, manager: 'cosi' })
  driver = new MemoryKubernetesApi({ cluster, clock, manager: COSI_MANAGER })
  lines = []
})

afterEach(() => runner.stop())

function start(): void {
  const logger = {
    info: (message: string) => lines.push(message),
    warn: (message: string) => lines.push(message),
    error: (message: string) => lines.push(message),
  }
  runner = new ControllerRunner(
    claimController({ api: driver, logger, driverName: 'granary.dev' }),
    {
      ...{ clock, random: seededRandom(1), logger, resyncMs: 300_000 },
      observer: { reconciled() {} },
    },
  )
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function claimed(): Promise<BucketClaim> {
  await cosi.apply(bucketClaims, { metadata: { ...at, finalizers: [CLAIM_FINALIZER] }, spec: {} })
  return writeClaim(false)
}

/** As COSI's controller does, whatever the sidecar has written. */
function writeClaim(bucketReady: boolean): Promise<BucketClaim> {
  return cosi.applyStatus(bucketClaims, {
    ...{ metadata: at, status: { bucketName: BUCKET, bucketReady } },
  })
}

async function made(
  { metadata }: BucketClaim,
  changes: Partial<CosiBucket['spec']> = {},
  name = BUCKET,
): Promise<void> {
  const bucketClaim = { ...at, uid: metadata.uid ?? '' }
  const spec = { driverName: 'Granary.dev', bucketClaim, ...changes }
  await cosi.apply(cosiBuckets, { metadata: { name }, spec })
  await cosi.applyStatus(cosiBuckets, { metadata: { name }, status: { bucketReady: true } })
}

async function isReady(): Promise<boolean | undefined> {
  await settle()
  return (await cosi.get(bucketClaims, at))?.status?.bucketReady
}

test('a claim that is written back while its bucket becomes ready is ready all the same', async () => {
  start()
  const claim = await claimed()
  await writeClaim(true)
  await writeClaim(false)
  expect(await isReady()).toBe(false)
  await made(claim)
  expect(await isReady()).toBe(true)
  expect(lines).toEqual(['A claim is done that COSI had left'])
})

test('one that is written back later is, too, as often as that happens', async () => {
  start()
  await made(await claimed())
  for (let time = 0; time < 3; time++) {
    await writeClaim(false)
    expect(await isReady()).toBe(true)
  }
  expect((await cosi.get(bucketClaims, at))?.status?.bucketName).toBe(BUCKET)
})

test('one that was given up before it named its bucket, or was held, gets both', async () => {
  start()
  const claim = await cosi.apply(bucketClaims, { metadata: at, spec: {} })
  const bucketName = `bucket-${claim.metadata.uid}`
  // By the sidecar.
  await cosi.applyStatus(bucketClaims, { metadata: at, status: { bucketReady: true } })
  await made(claim, {}, bucketName)
  expect(await isReady()).toBe(true)
  expect(await cosi.get(bucketClaims, at)).toMatchObject({
    metadata: { finalizers: [CLAIM_FINALIZER] },
    status: { bucketName, bucketReady: true },
  })
})

test('one of a bucket that was there before it is no other', async () => {
  start()
  const spec = { existingBucketName: BUCKET }
  await made(await cosi.apply(bucketClaims, { metadata: at, spec }))
  expect(await isReady()).toBe(true)
  expect((await cosi.get(bucketClaims, at))?.status?.bucketName).toBe(BUCKET)
})

test("a bucket that waits for its claim stands in no other one's way", async () => {
  const claim = await claimed()
  await made(claim, { bucketClaim: {} }, 'by-hand')
  start()
  expect(await isReady()).toBe(false)
  await made(claim, { bucketClaim: { namespace: 'shop' } }, 'by-hand')
  await made(claim)
  expect(await isReady()).toBe(true)
  expect(lines).toEqual(['A claim is done that COSI had left'])
})

test('what was so before the driver started is seen', async () => {
  await made(await claimed())
  start()
  expect(await isReady()).toBe(true)
})

test('an API server that is away is asked again', async () => {
  start()
  const claim = await claimed()
  driver.fail({ call: 'applyStatus', effect: { kind: 'unreachable', tookEffect: false } })
  await made(claim)
  expect(await isReady()).toBe(false)
  clock.advance(60_000)
  expect(await isReady()).toBe(true)
})

test('nobody sets a claim ready whose bucket is not its own, is not ready or is of another driver', async () => {
  start()
  const claim = await claimed()
  expect(await isReady()).toBe(false)
  await made(claim, { bucketClaim: { ...at, uid: 'of-the-claim-before' } })
  expect(await isReady()).toBe(false)
  await made(claim, { driverName: 'other.dev' })
  expect(await isReady()).toBe(false)
  await made(claim)
  expect(await isReady()).toBe(true)
  await cosi.applyStatus(cosiBuckets, {
    ...{ metadata: { name: BUCKET }, status: { bucketReady: false } },
  })
  await writeClaim(false)
  expect(await isReady()).toBe(false)
})

test('a claim that is being deleted is left alone', async () => {
  const claim = await claimed()
  await cosi.delete(bucketClaims, at)
  await made(claim)
  start()
  expect(await isReady()).toBe(false)
})
