import { systemClock, type Clock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { ApiClient } from './api-client.ts'
import { FakeApiServer } from './fake-api-server.ts'
import { Reflector } from './reflector.ts'

const COLLECTION = '/apis/granary.dev/v1alpha1/namespaces/granary/partitions'

/** Its time goes twenty times faster. */
const clock: Clock = {
  ...systemClock,
  schedule: (ms, callback) => systemClock.schedule(ms / 20, callback),
}

let server: FakeApiServer
let api: ApiClient
let reflector: Reflector
let seen: string[]

beforeEach(async () => {
  server = await FakeApiServer.open(systemClock)
  api = new ApiClient({ server: server.url, token: async () => undefined, clock })
  seen = []
})

afterEach(async () => {
  reflector.stop()
  api.close()
  await server.close()
})

function follow(): void {
  const listener = {
    changed: ({ metadata }: { metadata: { name: string } }) => seen.push(`+${metadata.name}`),
    removed: ({ metadata }: { metadata: { name: string } }) => seen.push(`-${metadata.name}`),
  }
  const selection = { path: COLLECTION, labelSelector: 'region=r' }
  reflector = new Reflector({ api, clock, logger: silentLogger, selection, listener })
}

function make(name: string, region = 'r'): void {
  const metadata = { name, labels: { region } }
  const object = { apiVersion: 'granary.dev/v1alpha1', kind: 'Partition', metadata }
  server.objects.perform('POST', new URL(COLLECTION, server.url), object)
}

function remove(name: string): void {
  server.objects.perform('DELETE', new URL(`${COLLECTION}/${name}`, server.url), undefined)
}

const has = (...names: string[]) => until(() => names.every((name) => seen.includes(name)))

test('a list in pages, then what changes, of the selection only', async () => {
  for (let count = 0; count < 1_200; count++) make(`p${count}`)
  make('other', 'elsewhere')
  follow()
  await until(() => seen.length === 1_200)
  expect(server.listCount).toBe(3)
  make('late')
  make('foreign', 'elsewhere')
  remove('p7')
  await has('+late', '-p7')
  expect(reflector.objects()).toHaveLength(1_200)
  expect(seen.some((name) => /other|foreign/.test(name))).toBe(false)
})

test.each(['end', 'reset'] as const)(
  'a watch that is over (%s) goes on where it was, without a list',
  async (how) => {
    make('a')
    follow()
    await has('+a')
    for (const name of ['b', 'c', 'd']) {
      await until(() => seen.length > 0)
      server.endWatches(how)
      make(name)
      await has(`+${name}`)
    }
    expect(server.listCount).toBe(1)
    expect(seen).toEqual(['+a', '+b', '+c', '+d'])
  },
)

test('a watch whose place is forgotten begins anew with a list, which tells what is gone', async () => {
  make('a')
  make('b')
  follow()
  await has('+a', '+b')
  server.fail({ method: 'GET', isWatch: true, effect: { kind: 'status', status: 410 } })
  server.endWatches('reset')
  remove('a')
  make('c')
  server.objects.compact()
  await has('-a', '+c')
  expect(server.listCount).toBe(2)
  // The watch itself may say so, too.
  server.endWatches('reset')
  make('d')
  server.objects.compact()
  make('e')
  await has('+d', '+e')
})

test('bookmarks move the place of a watch on', async () => {
  make('a')
  follow()
  await has('+a')
  await pause(100)
  for (let count = 0; count < 5; count++) make(`x${count}`, 'elsewhere')
  server.sendBookmarks()
  await pause(100)
  server.objects.compact()
  server.endWatches('reset')
  await pause(200)
  make('b')
  await has('+b')
  expect(server.listCount).toBe(1)
})

test('a connection that died without a word is given up', async () => {
  make('a')
  follow()
  await has('+a')
  await pause(100)
  server.isMute = true
  make('b')
  server.isMute = false
  await has('+b')
})

test('errors and slow answers are outlasted', async () => {
  make('a')
  server.fail({ method: 'GET', effect: { kind: 'status', status: 500 } })
  server.fail({ method: 'GET', effect: { kind: 'reset' } })
  server.fail({ method: 'GET', effect: { kind: 'delay', ms: 1_000 } })
  server.fail({ method: 'GET', isWatch: true, effect: { kind: 'status', status: 429 } })
  follow()
  await has('+a')
  make('b')
  await has('+b')
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(10)
}
