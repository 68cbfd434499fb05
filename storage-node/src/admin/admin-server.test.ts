import { Metrics } from '../base/metrics.ts'
import type { AdminServer } from './admin-server.ts'
import { startAdminServer } from './admin-server.ts'

let isReady = true
let admin: AdminServer
const metrics = new Metrics()
beforeAll(async () => {
  admin = await startAdminServer('127.0.0.1', 0, { isReady: () => isReady }, metrics)
})
afterAll(() => admin.stop())

const get = (path: string) => fetch(`http://127.0.0.1:${admin.port}${path}`)

test('is live, and ready as long as requests are served', async () => {
  expect((await get('/live')).status).toBe(200)
  expect((await get('/ready')).status).toBe(200)
  isReady = false
  expect((await get('/ready')).status).toBe(503)
  expect((await get('/live')).status).toBe(200)
})

test('shows counters, durations and gauges with their labels', async () => {
  const counter = metrics.counter('things_total', 'Things', 'kind')
  counter.add(2, 'a')
  counter.add(3, 'a')
  counter.add(1, 'b')
  metrics.histogram('wait_seconds', 'Waits', 'kind').observe(0.002, 'a')
  metrics.gauge('level', 'Level', () => 7)
  const answer = await get('/metrics')
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  for (const line of [
    'things_total{kind="a"} 5',
    'things_total{kind="b"} 1',
    'wait_seconds_bucket{le="0.001",kind="a"} 0',
    'wait_seconds_bucket{le="0.0025",kind="a"} 1',
    'wait_seconds_count{kind="a"} 1',
    'level 7',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})

test('serves nothing else', async () => {
  expect((await get('/')).status).toBe(404)
})
