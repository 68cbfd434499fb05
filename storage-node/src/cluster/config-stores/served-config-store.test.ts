import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { nodeFiles } from '../../base/files.ts'
import { silentLogger, type Logger } from '../../base/logger.ts'
import { systemRandom } from '../../base/random.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import { ConfigStoreUnavailableError, type ConfigStore } from '../config-store.ts'
import { ConfigServer } from './config-server.ts'
import { describeConfigStore } from './config-store.compliance.ts'
import { FileConfigStore } from './file-config-store.ts'
import { MemoryConfigStore } from './memory-config-store.ts'
import { ServedConfigStore } from './served-config-store.ts'

const A = '00000000-0000-4000-8000-00000000000a' as StoreId
const range = { start: Buffer.alloc(0), end: Buffer.alloc(0) }
const intent = { desiredMembers: [A], preferredPrimary: A, initialRange: range }
const P1 = 1 as PartitionId

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'granary-config-'))
  path = join(directory, 'socket')
})
afterEach(() => rm(directory, { recursive: true }))

describeConfigStore('served by another process', async () => {
  const file = join(directory, 'config-store')
  const founder = await FileConfigStore.open({ files: nodeFiles, random: systemRandom, path: file })
  const { store, loseNextAnswer } = lossy(founder)
  const server = await ConfigServer.listen(store, path, silentLogger)
  const stores = [newClient(), newClient()] as const
  return {
    founder,
    stores,
    loseNextAnswer,
    async close() {
      for (const store of stores) store.close()
      await server.close()
      await founder.close()
    },
  }
})

/** Writes and then says that nobody knows, once it was told to. */
function lossy(behind: ConfigStore): { store: ConfigStore; loseNextAnswer(): void } {
  let isLost = false
  const store: ConfigStore = {
    get: (partition) => behind.get(partition),
    list: () => behind.list(),
    async swap(...args) {
      const outcome = await behind.swap(...args)
      if (!isLost) return outcome
      isLost = false
      throw new ConfigStoreUnavailableError('Lost')
    },
    touch: (partition, expected) => behind.touch(partition, expected),
    watch: (changed) => behind.watch(changed),
    getPlacement: () => behind.getPlacement(),
    watchPlacement: (changed) => behind.watchPlacement(changed),
  }
  return { store, loseNextAnswer: () => void (isLost = true) }
}

test('only the owner may open the socket', async () => {
  const server = await ConfigServer.listen(new MemoryConfigStore(), path, silentLogger)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await server.close()
})

test('while nobody serves, outcomes are unknown; when somebody does again, watches go on', async () => {
  const memory = new MemoryConfigStore()
  const client = newClient()
  const seen: string[] = []
  client.watch(({ version }) => seen.push(version))
  await expect(client.get(P1)).rejects.toBeInstanceOf(ConfigStoreUnavailableError)
  let server = await ConfigServer.listen(memory, path, silentLogger)
  await memory.create(P1, intent)
  await until(() => seen.length > 0)
  await server.close()
  await expect(client.get(P1)).rejects.toBeInstanceOf(ConfigStoreUnavailableError)
  const { version } = (await memory.get(P1)) ?? { version: '' }
  await memory.touch(P1, version)
  server = await ConfigServer.listen(memory, path, silentLogger)
  const touched = await memory.get(P1)
  await until(() => seen.at(-1) === touched?.version)
  expect((await client.get(P1))?.version).toBe(touched?.version)
  client.close()
  await server.close()
})

test('a server that breaks off in the middle leaves an unknown outcome', async () => {
  const server = await ConfigServer.listen(new StuckStore(), path, silentLogger)
  const client = newClient()
  const asked = client.get(P1)
  setTimeout(() => void server.close(), 50)
  await expect(asked).rejects.toBeInstanceOf(ConfigStoreUnavailableError)
  client.close()
})

test('a server that does not answer is given up', async () => {
  const server = await ConfigServer.listen(new StuckStore(), path, silentLogger)
  const client = newClient()
  await expect(client.get(P1)).rejects.toThrow('No answer within 2000 ms')
  client.close()
  await server.close()
})

test.each([
  ['a length beyond the limit', Buffer.from([255, 255, 255, 255])],
  ['bytes that are no request', Buffer.from([3, 0, 0, 0, 1, 2, 3])],
])('who sends %s is let go, with one line in the log', async (_name, bytes) => {
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) }
  const server = await ConfigServer.listen(new MemoryConfigStore(), path, logger)
  const socket = connect(path)
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    socket.write(bytes)
  })
  expect(warnings).toEqual(['A config store client was let go'])
  await server.close()
})

class StuckStore extends MemoryConfigStore {
  override get(): Promise<never> {
    return new Promise(() => {})
  }
}

function newClient(): ServedConfigStore {
  return new ServedConfigStore({ clock: systemClock, path })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
