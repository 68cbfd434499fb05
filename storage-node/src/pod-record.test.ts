import type { Clock } from './base/clock.ts'
import { systemClock } from './base/clock.ts'
import { silentLogger } from './base/logger.ts'
import type { Zone } from './contract/configuration.ts'
import type { StoreId } from './contract/identifiers.ts'
import { ApiClient } from './kubernetes/api-client.ts'
import { FakeApiServer } from './kubernetes/fake-api-server.ts'
import { PodRecord } from './pod-record.ts'

const COLLECTION = '/apis/granary.dev/v1alpha1/namespaces/granary/storagenodes'
const PATH = `${COLLECTION}/cn-hangzhou-a-0`
const spec = {
  storeId: '00000000-0000-4000-8000-00000000000a' as StoreId,
  pod: 'cn-hangzhou-a-0',
  zone: 'a' as Zone,
  address: 'cn-hangzhou-a-0.cn-hangzhou-peers.granary.svc:7000',
  beaconAddress: 'cn-hangzhou-a-0.cn-hangzhou-peers.granary.svc:7001',
  adminAddress: 'cn-hangzhou-a-0.cn-hangzhou-peers.granary.svc:7002',
}
const measured = {
  ...{ version: '1.0.0', protocolVersion: 1, recordVersion: 1 },
  ...{ capacityBytes: 100, usedBytes: 10 },
}

/** Its time goes a thousand times faster. */
const clock: Clock = {
  ...systemClock,
  nowMs: () => Date.UTC(2026, 0, 1),
  schedule: (ms, callback) => systemClock.schedule(ms / 1_000, callback),
}

let server: FakeApiServer
let api: ApiClient
let record: PodRecord

beforeEach(async () => {
  server = await FakeApiServer.open(systemClock)
  api = new ApiClient({
    ...{ server: server.url, token: async () => undefined, clock: systemClock },
  })
})

afterEach(async () => {
  await record.stop()
  api.close()
  await server.close()
})

function open(more: Partial<typeof spec> = {}): PodRecord {
  record = new PodRecord({
    ...{ api, clock, logger: silentLogger, namespace: 'granary', region: 'cn-hangzhou' },
    ...{ spec: { ...spec, ...more }, measure: async () => measured },
  })
  return record
}

test('a storage node makes its object, and tells each state', async () => {
  open()
  await until(() => stateOf() === 'Starting')
  expect(server.objects.get(PATH)).toMatchObject({
    metadata: { labels: { 'granary.dev/region': 'cn-hangzhou' } },
    spec,
    status: { ...measured, at: '2026-01-01T00:00:00.000Z' },
  })
  await record.become('Ready')
  expect(stateOf()).toBe('Ready')
  await record.become('Draining')
  expect(stateOf()).toBe('Draining')
})

test('another store under the same name is told of', async () => {
  await open().become('Ready')
  await record.stop()
  const storeId = '00000000-0000-4000-8000-00000000000b' as StoreId
  await open({ storeId }).become('Starting')
  expect(server.objects.get(PATH)?.spec).toEqual({ ...spec, storeId })
})

test('an API server that is away, or takes nothing, is told later', async () => {
  server.fail({ method: 'GET', effect: { kind: 'reset' } })
  server.fail({ method: 'POST', effect: { kind: 'status', status: 403 } })
  server.fail({ method: 'PUT', effect: { kind: 'conflict' } })
  server.fail({ method: 'PUT', effect: { kind: 'loseAnswer' } })
  open()
  void record.become('Ready')
  await until(() => stateOf() === 'Ready')
})

test('it is written again from time to time, and no more once it is stopped', async () => {
  await open().become('Ready')
  const written = () => server.objects.get(PATH)?.metadata.resourceVersion
  const first = written()
  await until(() => written() !== first)
  await record.stop()
  const last = written()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(written()).toBe(last)
})

function stateOf(): string | undefined {
  return (server.objects.get(PATH)?.status as { state?: string } | undefined)?.state
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
