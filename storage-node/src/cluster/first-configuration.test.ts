import { silentLogger } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import type { Zone } from '../contract/configuration.ts'
import { WHOLE_SPACE } from '../contract/founding-ranges.ts'
import type { PartitionId, StoreId } from '../contract/identifiers.ts'
import { MemoryConfigStore } from './config-stores/memory-config-store.ts'
import { writeFirstConfiguration } from './first-configuration.ts'
import type { FirstConfigurationParts } from './first-configuration.ts'

const partition = 2 as PartitionId
const stores = ['a', 'b', 'c'].map(
  (letter) => `00000000-0000-4000-8000-00000000000${letter}` as StoreId,
)
const [primary = 'none' as StoreId, second = primary] = stores
const memberOf = (store: StoreId) => ({ store, zone: `zone-${store.slice(-1)}` as Zone })

/** What a store says when it is asked whether it ever had state of the partition. */
type Word = (store: StoreId) => Promise<{ readonly knows: boolean }>

const knowsNothing: Word = () => Promise.resolve({ knows: false })

/** Tries for a while; returns the configuration that the record has then. */
async function tryWith(word: Word, parts: Partial<FirstConfigurationParts> = {}) {
  const configs = new MemoryConfigStore()
  const intent = { desiredMembers: stores, preferredPrimary: primary, initialRange: WHOLE_SPACE }
  await configs.create(partition, intent)
  const clock = new ManualClock(0)
  const network = { self: primary, request: word } as unknown as FirstConfigurationParts['network']
  const stop = new AbortController()
  const all = { configs, network, memberOf, clock, logger: silentLogger, ...parts }
  const written = writeFirstConfiguration(all, partition, stop.signal)
  for (let attempt = 0; attempt < 3; attempt++) {
    await new Promise(setImmediate)
    clock.advance(100)
  }
  stop.abort()
  await written
  return (await configs.get(partition))?.configuration
}

test('it names all members that are wanted, once each says that it never had state', async () => {
  const members = stores.map(memberOf)
  expect(await tryWith(knowsNothing)).toMatchObject({ epoch: 1, primary, members })
})

test('a member that has state stops it: a record that was lost must not become an empty range', async () => {
  const errors: string[] = []
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) }
  const word: Word = (store) => Promise.resolve({ knows: store === second })
  expect(await tryWith(word, { logger })).toBeUndefined()
  expect(errors[0]).toContain('ConfigRegressed')
})

test('a member that does not answer is waited for: it may have state', async () => {
  const word: Word = (store) =>
    store === second ? Promise.reject(new Error('Unreachable')) : knowsNothing(store)
  expect(await tryWith(word)).toBeUndefined()
})

test('a member that nobody has placed yet is waited for', async () => {
  const parts = { memberOf: (store: StoreId) => (store === second ? undefined : memberOf(store)) }
  expect(await tryWith(knowsNothing, parts)).toBeUndefined()
})
