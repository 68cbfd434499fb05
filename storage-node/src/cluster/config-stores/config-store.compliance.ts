/**
 * What every config store must do: the words of `config-store.ts` as tests.
 *
 * @module
 */

import type { Configuration, Member, Zone } from '../../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import {
  ConfigStoreUnavailableError,
  type ConfigStore,
  type ConfigStoreFounder,
} from '../config-store.ts'
import type { PartitionConfig, PartitionIntent } from '../../contract/partition-record.ts'

/** Where one config store lives. */
export interface ConfigStoreHome {
  /** Makes the first records. */
  readonly founder: ConfigStoreFounder
  /** What storage nodes use: two of them, on two storage nodes where there are several. */
  readonly stores: readonly [ConfigStore, ConfigStore]
  /** Loses a partition's record, as only an accident does; absent where nothing can. */
  lose?(partition: PartitionId): Promise<void>
  /** The answer to the next write is lost, whether or not the write takes effect. */
  loseNextAnswer?(): void
  close(): Promise<void>
}

const P1 = 1 as PartitionId
const P2 = 2 as PartitionId
const A = '00000000-0000-4000-8000-00000000000a' as StoreId
const B = '00000000-0000-4000-8000-00000000000b' as StoreId
const C = '00000000-0000-4000-8000-00000000000c' as StoreId
const members: readonly Member[] = [A, B, C].map((store, index) => {
  return { store, zone: `zone-${index}` as Zone }
})
const initialRange = { start: Buffer.from([0, 1, 0xff]), end: Buffer.alloc(0) }
const intent: PartitionIntent = { desiredMembers: [A, B, C], preferredPrimary: B, initialRange }

/** Declares the tests for one implementation. */
export function describeConfigStore(name: string, open: () => Promise<ConfigStoreHome>): void {
  describe(name, () => {
    let home: ConfigStoreHome
    let founder: ConfigStoreFounder
    let one: ConfigStore
    let other: ConfigStore

    beforeEach(async () => {
      home = await open()
      founder = home.founder
      ;[one, other] = home.stores
    })

    afterEach(() => home.close())

    async function found(partition = P1): Promise<PartitionConfig> {
      await founder.create(partition, intent)
      return present(await one.get(partition))
    }

    test('there is nothing before it is made', async () => {
      expect(await one.get(P1)).toBeUndefined()
      expect(await one.list()).toEqual([])
      expect(await one.getPlacement()).toBeUndefined()
      expect(await one.swap(P1, '1', configuration(1))).toEqual({ kind: 'lost' })
      expect(await one.touch(P1, '1')).toEqual({ kind: 'lost' })
    })

    test('a partition is made once, with its intent and without a configuration', async () => {
      const config = await found()
      expect(config).toMatchObject({ partition: P1, configuration: undefined })
      expect(plain(config.intent)).toEqual(plain(intent))
      await founder.create(P1, { ...intent, preferredPrimary: C })
      expect(plain(await other.get(P1))).toEqual(plain(config))
    })

    test('a swap of the present version wins, and everybody reads it', async () => {
      const config = await found()
      const outcome = await one.swap(P1, config.version, configuration(1))
      const written = present(await other.get(P1))
      expect(plain(outcome)).toEqual({ kind: 'won', config: plain(written) })
      expect(plain(written.configuration)).toEqual(plain({ ...configuration(1), uid: config.uid }))
      expect(written.version).not.toBe(config.version)
      expect(written.uid).toBe(config.uid)
    })

    test('a swap of an earlier version is lost', async () => {
      const config = await found()
      await one.swap(P1, config.version, configuration(1))
      expect(await other.swap(P1, config.version, configuration(1, C))).toEqual({ kind: 'lost' })
      expect(present(await other.get(P1)).configuration?.primary).toBe(A)
    })

    test('of many swaps at once one wins, and it is the one that is read', async () => {
      let { version } = await found()
      for (let epoch = 1; epoch <= 8; epoch++) {
        const racers = [A, B, C, A, B, C].map(async (primary, index) => {
          const store = index % 2 === 0 ? one : other
          const outcome = await store.swap(P1, version, configuration(epoch, primary))
          return outcome.kind === 'won' ? [outcome.config] : []
        })
        const winners = (await Promise.all(racers)).flat()
        expect(winners).toHaveLength(1)
        expect(plain(await one.get(P1))).toEqual(plain(winners[0]))
        version = present(winners[0]).version
      }
    })

    test('a touch gives a new version and changes nothing else', async () => {
      const { version, uid } = await found()
      const swapped = won(await one.swap(P1, version, configuration(1)))
      const touched = won(await other.touch(P1, swapped.version))
      expect(touched.version).not.toBe(swapped.version)
      expect(plain({ ...touched, version: '' })).toEqual(plain({ ...swapped, version: '' }))
      expect(touched.uid).toBe(uid)
      expect(await one.swap(P1, swapped.version, configuration(2))).toEqual({ kind: 'lost' })
      expect(await one.touch(P1, swapped.version)).toEqual({ kind: 'lost' })
      won(await one.swap(P1, touched.version, configuration(2)))
    })

    test('a configuration against the rules is never written', async () => {
      const { version } = await found()
      const first = won(await one.swap(P1, version, configuration(3)))
      const outsider = { ...configuration(4), primary: 'x' as StoreId }
      for (const wrong of [configuration(2), configuration(3, B), outsider]) {
        await expect(one.swap(P1, first.version, wrong)).rejects.toThrow()
      }
      expect(plain(await other.get(P1))).toEqual(plain(first))
    })

    test('the list has all partitions in order of their ids', async () => {
      await found(P2)
      await found(P1)
      await eventually(async () => {
        const listed = await one.list()
        expect(listed.map(({ partition }) => partition)).toEqual([P1, P2])
        expect(plain(listed[1])).toEqual(plain(await other.get(P2)))
      })
    })

    test('a watch tells what is there and then what changes, until it is stopped', async () => {
      const { version } = await found()
      const seen: PartitionConfig[] = []
      const watch = other.watch((config) => seen.push(config))
      await eventually(() => expect(seen.map(({ partition }) => partition)).toContain(P1))
      won(await one.swap(P1, version, configuration(1)))
      await found(P2)
      await eventually(() => {
        expect(seen.some(({ configuration }) => configuration?.epoch === 1)).toBe(true)
        expect(seen.some(({ partition }) => partition === P2)).toBe(true)
      })
      watch.stop()
      const count = seen.length
      won(await one.touch(P2, present(await one.get(P2)).version))
      await turns()
      expect(seen).toHaveLength(count)
    })

    test('the placement map rises by one and never falls', async () => {
      const seen: number[] = []
      const watch = other.watchPlacement(({ version }) => seen.push(version))
      expect(await founder.putPlacement(placement(2))).toBe('lost')
      expect(await founder.putPlacement(placement(1))).toBe('won')
      expect(await founder.putPlacement(placement(1))).toBe('lost')
      expect(await founder.putPlacement(placement(2))).toBe('won')
      expect(await founder.putPlacement(placement(1))).toBe('lost')
      expect(await one.getPlacement()).toEqual(placement(2))
      await eventually(() => expect(seen.at(-1)).toBe(2))
      expect([...seen].sort()).toEqual(seen)
      watch.stop()
    })

    test('a record that was made again has another uid and no version of before', async () => {
      if (home.lose === undefined) return
      const before = await found()
      await home.lose(P1)
      expect(await one.get(P1)).toBeUndefined()
      const after = await found()
      expect(after.uid).not.toBe(before.uid)
      expect(after.version).not.toBe(before.version)
      expect(await one.swap(P1, before.version, configuration(1))).toEqual({ kind: 'lost' })
    })

    test('a swap whose answer is lost has happened or not, and a touch settles it', async () => {
      if (home.loseNextAnswer === undefined) return
      const { version } = await found()
      home.loseNextAnswer()
      const swap = one.swap(P1, version, configuration(1))
      await expect(swap).rejects.toBeInstanceOf(ConfigStoreUnavailableError)
      const read = present(await eventually(() => one.get(P1)))
      const touched = won(await one.touch(P1, read.version))
      await turns()
      expect(plain(await other.get(P1))).toEqual(plain(touched))
    })
  })
}

/** A configuration of P1 with the given primary. */
function configuration(epoch: number, primary = A): Configuration {
  return { partition: P1, uid: '', epoch: epoch as Epoch, primary, members, range: initialRange }
}

function placement(version: number): PlacementMap {
  const stores = members.map(({ store, zone }) => ({
    ...{ store, zone, name: store, address: `${store}:7000`, beaconAddress: `${store}:7001` },
  }))
  return { version, stores, groups: [[0, 1, 2], [2, 0, 1], []] }
}

function won(outcome: { kind: string; config?: PartitionConfig }): PartitionConfig {
  expect(outcome.kind).toBe('won')
  return present(outcome.config)
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is nothing')
  return value
}

/** With bytes as plain numbers, for two kinds of byte arrays are never equal to jest. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** Tries until it does not throw, for a while. */
async function eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (tries === 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
