/**
 * The bytes of a config store's file: groups of changes, the first of which holds every record.
 *
 * A group is {magic, format, number, revision, length, CRC-32, changes}, padded to 4 KiB, so that a
 * later write never touches the block of one that was acknowledged (replication.md D7).
 *
 * @module
 */

import { crc32 } from '../../base/checksums.ts'
import type { PlacementMap, StoreEntry } from '../../contract/placement-map.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { Configuration, PartitionRange } from '../../contract/configuration.ts'
import { decode, encode, list, optional, struct, taggedUnion } from '../peer/codec.ts'
import { bytes, text, u48, varint, variant, type Codec } from '../peer/codec.ts'
import { configuration, partitionId, storeId, zone } from '../peer/common-codecs.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** A partition's record, as `cluster/config-store.ts` has it. */
export interface StoredPartitionConfig {
  readonly partition: PartitionId
  readonly uid: string
  readonly version: string
  readonly intent: {
    readonly desiredMembers: readonly StoreId[]
    readonly preferredPrimary: StoreId
    readonly initialRange: PartitionRange
  }
  readonly configuration: Configuration | undefined
}

/** What one write has changed, whole. */
export type StoredConfigChange =
  | { readonly kind: 'partition'; readonly config: StoredPartitionConfig }
  | { readonly kind: 'placement'; readonly map: PlacementMap }

/** Changes that became durable together. */
export interface ConfigGroup {
  /** Rises by one from group to group, in new files too. */
  readonly number: number
  /** Of the last write in it. */
  readonly revision: number
  readonly changes: readonly StoredConfigChange[]
}

/** A group, and how many bytes of the file it takes. */
export interface ReadConfigGroup extends ConfigGroup {
  readonly sizeBytes: number
}

export const CONFIG_BLOCK_BYTES = 4096
const CONFIG_FORMAT = 1
const MAGIC = Buffer.from('GRNCONFG')
const HEADER_BYTES = MAGIC.byteLength + 4 + 6 + 6 + 4 + 4

const STORE_COUNT_MAX = 4096
const GROUP_COUNT_MAX = 65_536
const COPY_COUNT_MAX = 64
const PARTITION_COUNT_MAX = 1_000_000
const NAME_BYTES_MAX = 256
const RANGE_BOUND_BYTES_MAX = 4096

const rangeBound = bytes(RANGE_BOUND_BYTES_MAX)

export const partitionConfig: Codec<StoredPartitionConfig> = struct<StoredPartitionConfig>({
  partition: partitionId,
  uid: text(NAME_BYTES_MAX),
  version: text(NAME_BYTES_MAX),
  intent: struct<StoredPartitionConfig['intent']>({
    desiredMembers: list(storeId, COPY_COUNT_MAX),
    preferredPrimary: storeId,
    initialRange: struct<PartitionRange>({ start: rangeBound, end: rangeBound }),
  }),
  configuration: optional(configuration),
})

export const partitionConfigs: Codec<readonly StoredPartitionConfig[]> = list(
  partitionConfig,
  PARTITION_COUNT_MAX,
)

const name = text(NAME_BYTES_MAX)

export const placementMap: Codec<PlacementMap> = struct<PlacementMap>({
  version: u48(),
  stores: list(
    struct<StoreEntry>({ store: storeId, zone, name, address: name, beaconAddress: name }),
    STORE_COUNT_MAX,
  ),
  groups: list(list(varint(), COPY_COUNT_MAX), GROUP_COUNT_MAX),
})

const changesCodec = list(
  taggedUnion<StoredConfigChange, 'kind'>('kind', {
    partition: variant(1, { config: partitionConfig }),
    placement: variant(2, { map: placementMap }),
  }),
  PARTITION_COUNT_MAX,
)

/** A group in whole blocks. */
export function encodeConfigGroup({ number, revision, changes }: ConfigGroup): Uint8Array {
  const body = encode(changesCodec, changes).values
  const used = HEADER_BYTES + body.byteLength
  const padding = -used & (CONFIG_BLOCK_BYTES - 1)
  const head = new BinaryWriter().u32(CONFIG_FORMAT).u48(number).u48(revision).u32(body.byteLength)
  const checked = head.finish()
  return new BinaryWriter(used + padding)
    .raw(MAGIC)
    .raw(checked)
    .u32(crc32(body, crc32(checked)))
    .raw(body)
    .raw(new Uint8Array(padding))
    .finish()
}

/** The group that begins with the first byte; throws `StoredFormatError` where there is no whole one. */
export function decodeConfigGroup(bytes: Uint8Array): ReadConfigGroup {
  const reader = new BinaryReader(bytes)
  if (!reader.raw(MAGIC.byteLength).equals(MAGIC)) throw new StoredFormatError('Wrong magic')
  const checked = reader.raw(HEADER_BYTES - MAGIC.byteLength - 4)
  const checksum = reader.u32()
  const head = new BinaryReader(checked)
  const format = head.u32()
  const [number, revision, length] = [head.u48(), head.u48(), head.u32()]
  const body = reader.raw(length)
  if (crc32(body, crc32(checked)) !== checksum) throw new StoredFormatError('Wrong checksum')
  if (format !== CONFIG_FORMAT) throw new StoredFormatError(`Format ${format} is not known`)
  const changes = decode(changesCodec, { values: body, bulk: [] })
  const sizeBytes = Math.ceil((HEADER_BYTES + length) / CONFIG_BLOCK_BYTES) * CONFIG_BLOCK_BYTES
  return { number, revision, changes, sizeBytes }
}
