/**
 * What a primary needs to know of a command or query without evaluating it.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import { compareBytes } from '../base/bytes.ts'
import type { PartitionRange } from '../contract/configuration.ts'
import type { Command, Decision, SystemCommand } from '../model/command.ts'
import { OssError } from '../model/errors.ts'
import type { Query, QueryKind } from '../model/query.ts'
import type { EntryResult } from '../wire/stored/entry-result.ts'
import { positionOfKey, positionOfPrefix, SYSTEM_POSITION } from '../wire/stored/range-keys.ts'

/** No escaped text begins with it, so every key of a bucket lies before it. */
const BEHIND_EVERY_KEY = Buffer.of(0xff)

/**
 * The bucket is shared by the commands on its keys; a fence has it alone. Settings change one at a
 * time: the names and the number of an account's buckets are decided over all of them.
 */
export function latchNames(command: Command): { bucket: string; key: string | undefined } {
  if ('key' in command) {
    return { bucket: command.bucketId, key: `${command.bucketId}${command.key}` }
  }
  if (isOnSettings(command)) return { bucket: '', key: undefined }
  return { bucket: command.bucketId, key: undefined }
}

/** Whether it is about the records of the system range. */
export function isOnSettings(command: Command): command is SystemCommand {
  return 'name' in command || 'account' in command || 'accessKeyId' in command
}

/** Whether a partition with this range decides it; what is about a bucket, if it has some of it. */
export function isInRange(asked: Command | Query, { start, end }: PartitionRange): boolean {
  if (isOfAnyRange(asked)) return true
  const [first, last] = positionsOf(asked)
  const isBelowEnd = end.byteLength === 0 || compareBytes(first, end) < 0
  return isBelowEnd && compareBytes(last, start) >= 0
}

/** Whatever rows the partition has. */
function isOfAnyRange({ kind }: Command | Query): boolean {
  return kind === 'dropped' || kind === 'kills' || kind === 'fences'
}

function positionsOf(asked: Command | Query): [first: Uint8Array, last: Uint8Array] {
  if ('key' in asked) {
    const position = positionOfKey(asked.bucketId, asked.key)
    return [position, position]
  }
  if ('name' in asked || !('bucketId' in asked)) return [SYSTEM_POSITION, SYSTEM_POSITION]
  const first = positionOfPrefix(asked.bucketId, '')
  return [first, Buffer.concat([first, BEHIND_EVERY_KEY])]
}

/**
 * A list page takes several reads, and a version may move between them; everything else is one, or
 * reads again by itself.
 */
export function needsSnapshot(query: Query): boolean {
  if (query.kind === 'object') return query.versionId !== undefined
  return isPage(query.kind) || query.kind === 'upload' || query.kind === 'buckets'
}

export function isPage(kind: QueryKind): boolean {
  return kind === 'list' || kind === 'versions' || kind === 'uploads'
}

/** What the garbage collection asks for in any bucket, deleted ones too. */
export function isCleaning({ kind }: Command): boolean {
  return (
    kind === 'killData' ||
    kind === 'walkDroppedSet' ||
    kind === 'forgetDropped' ||
    kind === 'forgetKill'
  )
}

export function addsData({ kind }: Command): boolean {
  return (
    kind === 'putObject' ||
    kind === 'putSymlink' ||
    kind === 'replaceMetadata' ||
    kind === 'amendVersion' ||
    kind === 'appendObject' ||
    kind === 'initiateUpload' ||
    kind === 'putPart' ||
    kind === 'completeUpload' ||
    kind === 'createBucket'
  )
}

/** The answer to writes while the volume is nearly full (replication.md D4). */
export function diskFull(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'The storage is full. Reads and deletes go on; delete objects to make space.',
  })
}

/** The result of a command, and which of its changes wrote the record that it answers with. */
export function resultOfDecision({
  changes,
  result,
}: Exclude<Decision, { refused: unknown }>): EntryResult {
  if (!('record' in result)) return { result, effectIndex: -1 }
  const effectIndex = changes.findIndex((change) => {
    return 'value' in change && change.value === result.record
  })
  assert(effectIndex >= 0, 'a command answers with a record that it wrote')
  return { result, effectIndex }
}
