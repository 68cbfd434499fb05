/**
 * Turns the changed rows of a decision into effects: where codecs meet keys on the way in.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { RowChange } from '../model/command.ts'
import { encodeAccessKeyRow } from '../wire/stored/access-key-row.ts'
import { encodeBucketRow } from '../wire/stored/bucket-row.ts'
import type { Effect } from '../wire/stored/effects.ts'
import {
  PART_LIST_INDEX,
  accessKeyRowKey,
  accountRowKey,
  bucketRowKey,
  countersRowKey,
  droppedRowKey,
  fenceRowKey,
  inlineRowKey,
  killRowKey,
  objectRowKey,
  pieceRowKey,
  uploadRowKey,
  versionRowKey,
} from '../wire/stored/keys.ts'
import { encodeObjectRow } from '../wire/stored/object-row.ts'
import {
  encodeAccountRow,
  encodeDroppedRow,
  encodeFenceRow,
  encodeKillRow,
  encodePartListRow,
  encodePieceRow,
  encodeUploadRow,
} from '../wire/stored/rows.ts'

/** The effects of all changes, in their order. */
export function effectsOf(changes: readonly RowChange[]): Effect[] {
  return changes.map(effectOf)
}

function effectOf(change: RowChange): Effect {
  switch (change.row) {
    case 'object':
      return effect(objectRowKey(change.bucketId, change.key), change.value, encodeObjectRow)
    case 'version':
      return effect(
        versionRowKey(change.bucketId, change.key, change.versionSeq),
        change.value,
        encodeObjectRow,
      )
    case 'inline':
      return effect(
        inlineRowKey(change.bucketId, change.key, change.versionSeq),
        change.value,
        (bytes) => bytes,
      )
    case 'upload':
      return effect(
        uploadRowKey(change.bucketId, change.key, change.uploadId),
        change.value,
        encodeUploadRow,
      )
    case 'piece':
      return effect(
        pieceRowKey(change.bucketId, change.key, change.dataSetId, change.index),
        change.value,
        encodePieceRow,
      )
    case 'partList':
      return effect(
        pieceRowKey(change.bucketId, change.key, change.dataSetId, PART_LIST_INDEX),
        change.value,
        encodePartListRow,
      )
    case 'dropped':
      return effect(
        droppedRowKey(change.bucketId, change.key, change.dataId),
        change.value,
        encodeDroppedRow,
      )
    case 'kill':
      return effect(
        killRowKey(change.bucketId, change.key, change.dataId),
        change.value,
        encodeKillRow,
      )
    case 'fence':
      return effect(fenceRowKey(change.bucketId), change.value, encodeFenceRow)
    case 'bucket':
      return effect(bucketRowKey(change.name), change.value, encodeBucketRow)
    case 'account':
      return effect(accountRowKey(change.account), change.value, encodeAccountRow)
    case 'accessKey':
      return effect(accessKeyRowKey(change.accessKeyId), change.value, encodeAccessKeyRow)
    case 'noCounters':
      return { kind: 'delete', key: countersRowKey(change.bucketId) }
    case 'counters':
      return { kind: 'count', bucketId: change.bucketId, delta: change.delta }
    default:
      return unreachable(change)
  }
}

function effect<T>(
  key: Uint8Array,
  value: T | undefined,
  encode: (value: T) => Uint8Array,
): Effect {
  return value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value: encode(value) }
}
