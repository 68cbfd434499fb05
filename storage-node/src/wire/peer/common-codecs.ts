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
import { bytes, list, struct, text, u32, u48 } from './codec.ts'

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
