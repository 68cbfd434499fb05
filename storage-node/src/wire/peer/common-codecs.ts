/**
 * Codecs of the words that many messages share.
 *
 * @module
 */

import type { Configuration, Member, Zone } from '../../contract/configuration.ts'
import type {
  Ballot,
  Epoch,
  Incarnation,
  PartitionId,
  Seq,
  StoreId,
} from '../../contract/identifiers.ts'
import type { LogPosition } from '../../replication/messages.ts'
import type { Codec } from './codec.ts'
import { bytes, decode, encode, list, struct, text, u32, u48 } from './codec.ts'

/** Far more members than a configuration has. */
const MEMBER_COUNT_MAX = 64
/** 8 bytes of a bucketId and an escaped key of 1,023 bytes. */
const RANGE_BOUND_BYTES_MAX = 4096
const NAME_BYTES_MAX = 256

export const storeId: Codec<StoreId> = text<StoreId>(64)
export const zone: Codec<Zone> = text<Zone>(NAME_BYTES_MAX)
export const partitionId: Codec<PartitionId> = u32<PartitionId>()
export const epoch: Codec<Epoch> = u48<Epoch>()
export const seq: Codec<Seq> = u48<Seq>()
export const incarnation: Codec<Incarnation> = u48<Incarnation>()

export const ballot: Codec<Ballot> = struct<Ballot>({ epoch, activation: u32() })
export const logPosition: Codec<LogPosition> = struct<LogPosition>({ seq, ballot })

/** A partition's configuration. */
export const configuration: Codec<Configuration> = struct<Configuration>({
  partition: partitionId,
  uid: text(NAME_BYTES_MAX),
  epoch,
  primary: storeId,
  members: list(struct<Member>({ store: storeId, zone }), MEMBER_COUNT_MAX),
  range: struct({ start: bytes(RANGE_BOUND_BYTES_MAX), end: bytes(RANGE_BOUND_BYTES_MAX) }),
})

/** Values that a codec remembers, and the bytes of each: larger ones are rare and cost what they cost. */
const REMEMBERED_COUNT_MAX = 256
const REMEMBERED_BYTES_MAX = 4096

/**
 * A codec for values that are sent again and again as the same unchanging object: it is encoded
 * once, and bytes that were decoded before come back as the value they were then.
 */
export function remembered<T extends object>(codec: Codec<T>): Codec<T> {
  const written = new WeakMap<T, Uint8Array>()
  const read = new Map<string, T>()
  return {
    bytesMin: 1,
    write(writer, value) {
      let known = written.get(value)
      if (known === undefined) {
        known = encode(codec, value).values
        written.set(value, known)
      }
      writer.bytes(known)
    },
    read(reader) {
      const encoded = reader.bytes()
      if (encoded.byteLength > REMEMBERED_BYTES_MAX) {
        return decode(codec, { values: encoded, bulk: [] })
      }
      const name = encoded.toString('latin1')
      const known = read.get(name)
      if (known !== undefined) return known
      // The value outlives its message, whose buffer it must not keep.
      const value = decode(codec, { values: Uint8Array.from(encoded), bulk: [] })
      if (read.size >= REMEMBERED_COUNT_MAX) read.clear()
      read.set(name, value)
      return value
    },
  }
}
