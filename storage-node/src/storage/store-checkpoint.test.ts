import type { Fatal } from '../base/crash.ts'
import { silentLogger } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { SimulatedDisk } from '../base/simulated-disk.ts'
import { entry, P1, position, replica } from './journal/journal-fixtures.ts'
import { MemoryEngine } from './memory-engine.ts'
import { Store } from './store.ts'

async function openStore(
  engine: MemoryEngine,
  fatal: Fatal = (cause) => {
    throw cause
  },
): Promise<Store> {
  const random = seededRandom(1)
  const disk = new SimulatedDisk(random)
  await disk.files.makeDirectory('/store')
  await disk.files.syncDirectory('/')
  return Store.open({
    ...{ directory: '/store', files: disk.files, clock: new ManualClock(0), random },
    logger: silentLogger,
    fatal,
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    openEngine: () => Promise.resolve(engine),
    settings: { groupCount: 16, rowCacheBytesMax: 1024 ** 2 },
  })
}

test('the base of a checkpoint is what was applied before its flush began, not while it ran', async () => {
  const engine = new MemoryEngine()
  const store = await openStore(engine)
  const { journal } = store
  await journal.persist(
    replica(P1),
    [1, 2, 3].map((seq) => entry(P1, seq)),
  )
  let appliedSeq = 1
  const flush = engine.flush.bind(engine)
  jest.spyOn(engine, 'flush').mockImplementation(async () => {
    await flush()
    appliedSeq = 3
  })
  await store.checkpoint({ bases: () => new Map([[P1, position(appliedSeq)]]) })
  expect(journal.replica(P1)?.base).toEqual(position(1))
  await store.checkpoint({ bases: () => new Map([[P1, position(appliedSeq)]]) })
  expect(journal.replica(P1)?.base).toEqual(position(3))
  await store.close()
})

test('a checkpoint that fails ends the process, and its caller hears nothing more', async () => {
  const engine = new MemoryEngine()
  const failures: Error[] = []
  const store = await openStore(engine, (cause) => void failures.push(cause))
  jest.spyOn(engine, 'flush').mockRejectedValue(new Error('EIO'))
  let isAnswered = false
  void store.checkpoint({ bases: () => new Map() }).finally(() => (isAnswered = true))
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  expect(failures.map(({ message, cause }) => [message, String(cause)])).toEqual([
    ['Cannot checkpoint', 'Error: EIO'],
  ])
  expect(isAnswered).toBe(false)
})

test('a checkpoint that comes when the store is closed is refused, and ends nothing', async () => {
  const fatal = jest.fn()
  const store = await openStore(new MemoryEngine(), fatal)
  await store.close()
  await expect(store.checkpoint({ bases: () => new Map() })).rejects.toThrow('closed')
  expect(fatal).not.toHaveBeenCalled()
})
