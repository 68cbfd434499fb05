/**
 * What a command answered, kept in its entry: a gateway that asks again, of a later primary too, gets
 * the same answer (replication.md 1.5).
 *
 * An answer that is a row which the command wrote only says which one: nothing is stored twice.
 *
 * @module
 */

import { assert, unreachable } from '../../base/assert.ts'
import type { CommandResult } from '../../model/command.ts'
import type { VersionId } from '../../model/identifiers.ts'
import { NULL_VERSION } from '../../model/version-id.ts'
import type { BinaryReader, BinaryWriter } from './binary.ts'
import { decodeBucketRow } from './bucket-row.ts'
import type { Effects } from './effects.ts'
import { readEffects, writeEffects } from './effects.ts'
import { decodeObjectRow } from './object-row.ts'
import { decodePieceRow } from './rows.ts'
import { StoredFormatError } from './stored-format-error.ts'

const TAGS = {
  object: 0,
  deleted: 1,
  part: 2,
  bucket: 3,
  killed: 4,
  stale: 5,
  done: 6,
  ranged: 7,
  restore: 8,
} as const

const DELETED_FLAGS = { existed: 1, isDeleteMarker: 2, isNull: 4, hasVersionId: 8 } as const
const VERSION_ID_BYTES = 16

type DeletedResult = Extract<CommandResult, { kind: 'deleted' }>

/** No range begins at an empty position. */
const NOWHERE = new Uint8Array()

/** A result, and which of the effects writes its record; -1 when it has none. */
export interface EntryResult {
  readonly result: CommandResult
  readonly effectIndex: number
}

/** The payload of an entry. */
export function encodeEntry(effects: Effects, { result, effectIndex }: EntryResult): Buffer {
  const writer = writeEffects(effects).u8(TAGS[result.kind])
  switch (result.kind) {
    case 'object':
    case 'part':
      return writeIndex(writer, effectIndex).finish()
    case 'bucket':
      return writeIndex(writer, effectIndex)
        .u8(result.created ? 1 : 0)
        .finish()
    case 'restore':
      return writeIndex(writer, effectIndex)
        .u8(result.isBegun ? 1 : 0)
        .finish()
    case 'deleted':
      return writeDeleted(writer, result).finish()
    case 'killed':
      return writer.u8(result.referenced ? 1 : 0).finish()
    case 'stale':
    case 'done':
      return writer.finish()
    case 'ranged':
      return writer.bytes(result.continuesAt ?? NOWHERE).finish()
    default:
      return unreachable(result)
  }
}

/** What the command of an entry answered; undefined when its payload does not say. */
export function decodeResult(payload: Uint8Array): CommandResult | undefined {
  const { effects, rest } = readEffects(payload)
  if (rest === undefined) return undefined
  const tag = rest.u8()
  switch (tag) {
    case TAGS.object:
      return { kind: 'object', record: decodeObjectRow(valueAt(effects, rest)) }
    case TAGS.part:
      return { kind: 'part', record: decodePieceRow(valueAt(effects, rest)) }
    case TAGS.bucket: {
      const record = decodeBucketRow(valueAt(effects, rest))
      return { kind: 'bucket', record, created: rest.u8() === 1 }
    }
    case TAGS.restore: {
      const record = decodeObjectRow(valueAt(effects, rest))
      return { kind: 'restore', record, isBegun: rest.u8() === 1 }
    }
    case TAGS.deleted:
      return readDeleted(rest)
    case TAGS.killed:
      return { kind: 'killed', referenced: rest.u8() === 1 }
    case TAGS.stale:
      return { kind: 'stale' }
    case TAGS.done:
      return { kind: 'done' }
    case TAGS.ranged: {
      const position = rest.bytes()
      return { kind: 'ranged', continuesAt: position.length === 0 ? undefined : position }
    }
    default:
      throw new StoredFormatError(`Result has the unknown kind ${tag}`)
  }
}

/** The payload with nothing but what its result needs: small enough to travel with a snapshot. */
export function slimEntry(payload: Uint8Array): Buffer | undefined {
  const result = decodeResult(payload)
  if (result === undefined) return undefined
  const { effects, rest } = readEffects(payload)
  const { versionSeq } = effects
  if (!('record' in result) || rest === undefined) {
    return encodeEntry({ versionSeq, effects: [] }, { result, effectIndex: -1 })
  }
  rest.u8()
  const written = effects.effects[rest.varint()]
  assert(written !== undefined, 'a result names one of its effects')
  return encodeEntry({ versionSeq, effects: [written] }, { result, effectIndex: 0 })
}

function writeDeleted(writer: BinaryWriter, result: DeletedResult): BinaryWriter {
  const { existed, versionId, isDeleteMarker } = result
  let flags = existed ? DELETED_FLAGS.existed : 0
  if (isDeleteMarker) flags |= DELETED_FLAGS.isDeleteMarker
  if (versionId === NULL_VERSION) flags |= DELETED_FLAGS.isNull
  else if (versionId !== undefined) flags |= DELETED_FLAGS.hasVersionId
  writer.u8(flags)
  return flags & DELETED_FLAGS.hasVersionId ? writer.hex(versionId ?? '') : writer
}

/** Before there were versions, the byte said whether there was something, and nothing else. */
function readDeleted(reader: BinaryReader): DeletedResult {
  const flags = reader.u8()
  const hasVersionId = (flags & DELETED_FLAGS.hasVersionId) !== 0
  const unnamed = flags & DELETED_FLAGS.isNull ? NULL_VERSION : undefined
  return {
    kind: 'deleted',
    existed: (flags & DELETED_FLAGS.existed) !== 0,
    isDeleteMarker: (flags & DELETED_FLAGS.isDeleteMarker) !== 0,
    versionId: hasVersionId ? (reader.hex(VERSION_ID_BYTES) as VersionId) : unnamed,
  }
}

function writeIndex(writer: BinaryWriter, effectIndex: number): BinaryWriter {
  assert(effectIndex >= 0, 'a record that is answered was written')
  return writer.varint(effectIndex)
}

function valueAt({ effects }: Effects, reader: BinaryReader): Uint8Array {
  const effect = effects[reader.varint()]
  if (effect?.kind !== 'put') throw new StoredFormatError('Result names no row')
  return effect.value
}
