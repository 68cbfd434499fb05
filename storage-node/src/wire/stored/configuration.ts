/**
 * Bytes of a configuration, as replicas keep the last one that they have learned.
 *
 * @module
 */

import type { Configuration, Member, Zone } from '../../contract/configuration.ts'
import type { Epoch, PartitionId } from '../../contract/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { decodeStoreId, encodeStoreId, STORE_ID_BYTES } from './store-id.ts'
import { StoredFormatError } from './stored-format-error.ts'

const VERSION = 1

export function encodeConfiguration(configuration: Configuration): Buffer {
  const { partition, uid, epoch, primary, members, range } = configuration
  const writer = new BinaryWriter().u8(VERSION).u32(partition).text(uid).u48(epoch)
  writer.raw(encodeStoreId(primary)).varint(members.length)
  for (const { store, zone } of members) writer.raw(encodeStoreId(store)).text(zone)
  return writer.bytes(range.start).bytes(range.end).finish()
}

export function decodeConfiguration(bytes: Uint8Array): Configuration {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw new StoredFormatError(`Configuration has version ${version}`)
  const partition = reader.u32() as PartitionId
  const uid = reader.text()
  const epoch = reader.u48() as Epoch
  const primary = decodeStoreId(reader.raw(STORE_ID_BYTES))
  const members: Member[] = []
  for (let left = reader.count(); left > 0; left--) {
    const store = decodeStoreId(reader.raw(STORE_ID_BYTES))
    members.push({ store, zone: reader.text() as Zone })
  }
  // Copied: the record that it was read from may be a view of a whole journal window.
  const range = { start: Buffer.from(reader.bytes()), end: Buffer.from(reader.bytes()) }
  reader.end()
  return { partition, uid, epoch, primary, members, range }
}
