/**
 * Beacons and their answers (replication.md 1.4).
 *
 * A beacon names its sender's partitions by the number of a list; the list itself is sent until the
 * receiver has it. A number of its own, not a digest: two lists never share it by chance. An answer
 * names only the partitions that were not granted.
 *
 * @module
 */

import type { Ballot, Incarnation, PartitionId } from '../../contract/identifiers.ts'
import {
  bool,
  float64,
  list,
  optional,
  struct,
  taggedUnion,
  u48,
  u8,
  varint,
  variant,
  type Codec,
} from './codec.ts'
import { ballot, incarnation, partitionId } from './common-codecs.ts'

/** A partition that the sender is primary of, under this ballot. */
export interface BeaconClaim {
  readonly partition: PartitionId
  readonly ballot: Ballot
}

/** What a storage node tells the others about itself. */
export interface BeaconStatus {
  /** Reading of its hybrid clock. */
  readonly hybridMs: number
  /** Share of the volume that is in use, in percent. */
  readonly diskUsedPercent: number
  /** How busy its main loop is, in percent. */
  readonly loadPercent: number
  /** Number of the last synced journal group (D3). */
  readonly syncedGroup: number
  /** Of the placement map that it knows. */
  readonly mapVersion: number
}

export interface Beacon {
  readonly kind: 'beacon'
  readonly incarnation: Incarnation
  /** The sender's monotonic clock; means nothing to others, and comes back. */
  readonly stampMs: number
  readonly status: BeaconStatus
  readonly listNumber: number
  /** The list, unless the receiver has it. */
  readonly claims: readonly BeaconClaim[] | undefined
}

export interface BeaconAnswer {
  readonly kind: 'answer'
  /** Of the beacon that is answered, as the next two. */
  readonly incarnation: Incarnation
  readonly stampMs: number
  readonly listNumber: number
  /** The receiver does not have that list: nothing is granted. */
  readonly isListWanted: boolean
  /** Not granted, for a reason that may pass. */
  readonly withheld: readonly PartitionId[]
  /** Not granted for good: more is promised. */
  readonly refused: readonly BeaconRefusal[]
}

export interface BeaconRefusal {
  readonly partition: PartitionId
  readonly promised: Ballot
}

export type BeaconMessage = Beacon | BeaconAnswer

/** As many as a beacon has room for; far more than a store can serve. */
export const CLAIM_COUNT_MAX = 32_768

const status = struct<BeaconStatus>({
  hybridMs: u48(),
  diskUsedPercent: u8(),
  loadPercent: u8(),
  syncedGroup: u48(),
  mapVersion: u48(),
})

export const beaconMessage: Codec<BeaconMessage> = taggedUnion<BeaconMessage, 'kind'>('kind', {
  beacon: variant(1, {
    incarnation,
    stampMs: float64(),
    status,
    listNumber: varint(),
    claims: optional(
      list(struct<BeaconClaim>({ partition: partitionId, ballot }), CLAIM_COUNT_MAX),
    ),
  }),
  answer: variant(2, {
    incarnation,
    stampMs: float64(),
    listNumber: varint(),
    isListWanted: bool(),
    withheld: list(partitionId, CLAIM_COUNT_MAX),
    refused: list(
      struct<BeaconRefusal>({ partition: partitionId, promised: ballot }),
      CLAIM_COUNT_MAX,
    ),
  }),
})
