/**
 * Rows `H` behind the first of a partition: operations of the last seconds whose entries the log does
 * not hold, because they came with a snapshot (replication.md 1.9).
 *
 * @module
 */

import type { Seq } from '../../contract/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { OP_ID_BYTES } from './journal-records.ts'
import { StoredFormatError } from './stored-format-error.ts'

const VERSION = 1

/** An operation that took effect. */
export interface StoredOperation {
  readonly opId: Uint8Array
  readonly seq: Seq
  /** Its entry without what it wrote; empty when what it answered is not known. */
  readonly payload: Uint8Array
}

export function encodeOperationsRow(operations: readonly StoredOperation[]): Buffer {
  const writer = new BinaryWriter().u8(VERSION).varint(operations.length)
  for (const { opId, seq, payload } of operations) writer.raw(opId).u48(seq).bytes(payload)
  return writer.finish()
}

export function decodeOperationsRow(bytes: Uint8Array): StoredOperation[] {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw new StoredFormatError(`Operations row has version ${version}`)
  const operations: StoredOperation[] = []
  for (let left = reader.count(); left > 0; left--) {
    const opId = reader.raw(OP_ID_BYTES)
    operations.push({ opId, seq: reader.u48() as Seq, payload: reader.bytes() })
  }
  reader.end()
  return operations
}
