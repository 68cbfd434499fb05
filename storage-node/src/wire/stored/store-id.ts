/**
 * A store's identity in 16 bytes.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import type { StoreId } from '../../contract/identifiers.ts'

export const STORE_ID_BYTES = 16

/** The 16 bytes of a store's UUID. */
export function encodeStoreId(storeId: StoreId): Uint8Array {
  return Buffer.from(storeId.replaceAll('-', ''), 'hex')
}

/** The UUID text of 16 bytes. */
export function decodeStoreId(bytes: Uint8Array): StoreId {
  const hex = asBuffer(bytes).toString('hex')
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...groups, hex.slice(20)].join('-') as StoreId
}
