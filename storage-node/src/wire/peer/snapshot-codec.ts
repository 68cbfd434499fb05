/**
 * Bytes of a replica's rows on their way to another store.
 *
 * @module
 */

import type { Codec, Fields } from './codec.ts'
import { bool, bytes, enumOf, list, struct, text, u32, varint } from './codec.ts'
import { ballot, configuration, logPosition, partitionId, seq } from './common-codecs.ts'
import type { SnapshotRequests } from './snapshot-messages.ts'

/** A row key is an escaped object key, of twice 1,023 bytes at most, and what stands around it. */
const KEY_BYTES_MAX = 4096
/** An entry has at most 4 MiB, and so has each row that it writes. */
const VALUE_BYTES_MAX = 4 * 1024 ** 2
/** A frame has 1 MiB of rows, and no row takes less than a few bytes. */
const ROW_COUNT_MAX = 2 ** 18
const REASON_BYTES_MAX = 256

type Codecs = {
  readonly [Kind in keyof SnapshotRequests]: {
    readonly request: Fields<SnapshotRequests[Kind]['request']>
    readonly answer: Codec<SnapshotRequests[Kind]['answer']>
  }
}

/** By kind of request: its fields without the kind, and its answer. */
export const snapshotCodecs: Codecs = {
  snapshotOffer: {
    request: {
      partition: partitionId,
      ballot,
      position: logPosition,
      covered: seq,
      configuration,
      transfer: varint(),
    },
    answer: struct({ outcome: enumOf(['accepted', 'refused']), why: text(REASON_BYTES_MAX) }),
  },
  snapshotRows: {
    request: {
      partition: partitionId,
      transfer: varint(),
      frame: u32(),
      rows: list(
        struct({ key: bytes(KEY_BYTES_MAX), value: bytes(VALUE_BYTES_MAX) }),
        ROW_COUNT_MAX,
      ),
      isLast: bool(),
    },
    answer: struct({ outcome: enumOf(['taken', 'refused']) }),
  },
}
