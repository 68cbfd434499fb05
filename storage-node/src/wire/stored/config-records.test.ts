import fc from 'fast-check'
import type { Zone } from '../../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import { ProtocolError } from '../peer/protocol-error.ts'
import { CONFIG_BLOCK_BYTES, decodeConfigGroup, encodeConfigGroup } from './config-records.ts'
import type { ConfigGroup, StoredConfigChange } from './config-records.ts'
import { StoredFormatError } from './stored-format-error.ts'

const store = fc.uuid() as unknown as fc.Arbitrary<StoreId>
const zone = fc.string({ maxLength: 20 }) as unknown as fc.Arbitrary<Zone>
const partition = fc.nat(0xffff_ffff) as fc.Arbitrary<PartitionId>
const bound = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const range = fc.record({ start: bound, end: bound })
const configuration = fc.record({
  ...{ partition, uid: fc.string({ maxLength: 40 }), primary: store, range },
  epoch: fc.nat() as unknown as fc.Arbitrary<Epoch>,
  members: fc.array(fc.record({ store, zone }), { maxLength: 7 }),
})
const name = fc.string({ maxLength: 40 })
const change: fc.Arbitrary<StoredConfigChange> = fc.oneof(
  fc.record({
    kind: fc.constant('partition' as const),
    config: fc.record({
      ...{ partition, uid: fc.string({ maxLength: 40 }), version: fc.string({ maxLength: 40 }) },
      intent: fc.record({
        desiredMembers: fc.array(store, { maxLength: 7 }),
        preferredPrimary: store,
        initialRange: range,
      }),
      configuration: fc.option(configuration, { nil: undefined }),
    }),
  }),
  fc.record({
    kind: fc.constant('placement' as const),
    map: fc.record({
      version: fc.nat(),
      stores: fc.array(fc.record({ store, zone, name, address: name, beaconAddress: name })),
      groups: fc.array(fc.array(fc.nat(1_000), { maxLength: 5 }), { maxLength: 300 }),
    }),
  }),
)
const group: fc.Arbitrary<ConfigGroup> = fc.record({
  ...{ number: fc.nat(), revision: fc.nat(), changes: fc.array(change, { maxLength: 10 }) },
})

test('a group is read as it was written, and takes whole blocks', () => {
  fc.assert(
    fc.property(group, (written) => {
      const bytes = encodeConfigGroup(written)
      expect(bytes.byteLength % CONFIG_BLOCK_BYTES).toBe(0)
      const { sizeBytes, ...read } = decodeConfigGroup(Buffer.concat([bytes, bytes]))
      expect(read).toEqual(written)
      expect(sizeBytes).toBe(bytes.byteLength)
    }),
  )
})

test('a byte that changed, or is missing, is noticed wherever it matters', () => {
  fc.assert(
    fc.property(group, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, flip) => {
      const bytes = Buffer.from(encodeConfigGroup(written))
      const index = at % bytes.byteLength
      bytes[index] = (bytes[index] ?? 0) ^ flip
      // A byte of the padding means nothing.
      expect(readOrRefuse(bytes)).toEqual(readOrRefuse(bytes) && written)
      expect(readOrRefuse(bytes.subarray(0, 20))).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

test('a group of a format to come is refused', () => {
  const bytes = Buffer.from(encodeConfigGroup({ number: 1, revision: 1, changes: [] }))
  bytes.writeUInt32LE(2, 8)
  expect(() => decodeConfigGroup(bytes)).toThrow(StoredFormatError)
})

/** The group without its size; undefined where it is refused as it should be. */
function readOrRefuse(bytes: Uint8Array): ConfigGroup | undefined {
  try {
    const { number, revision, changes } = decodeConfigGroup(bytes)
    return { number, revision, changes }
  } catch (error) {
    if (error instanceof StoredFormatError || error instanceof ProtocolError) return undefined
    throw error
  }
}
