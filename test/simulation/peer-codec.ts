/**
 * How messages between simulated storage nodes become bytes and values again: by the product's own
 * codecs.
 *
 * @module
 */

import {
  decodeAnswer,
  decodeMessage,
  decodeRequest,
  encodeAnswer,
  encodeMessage,
  encodeRequest,
} from '@granary/storage-node/testing'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '@granary/storage-node/testing'

/** A message on its way. */
export interface Carried<T> {
  readonly sizeBytes: number
  /** Reads it where it arrives; every copy of it anew. */
  read(): T
}

export function carryMessage(message: PeerMessage): Carried<PeerMessage> {
  return carry(encodeMessage(message), decodeMessage)
}

export function carryRequest(request: PeerRequest): Carried<PeerRequest> {
  return carry(encodeRequest(request), decodeRequest)
}

export function carryAnswer<K extends PeerRequestKind>(
  kind: K,
  answer: PeerAnswer<K>,
): Carried<PeerAnswer<K>> {
  return carry(encodeAnswer(kind, answer), (bytes) => decodeAnswer(kind, bytes))
}

type MessageBytes = ReturnType<typeof encodeMessage>

function carry<T>({ values, bulk }: MessageBytes, decode: (bytes: MessageBytes) => T): Carried<T> {
  // The sender may use its buffers again once it has sent.
  const copied = bulk.map((piece) => piece.slice())
  const sizeBytes = bulk.reduce((sum, { byteLength }) => sum + byteLength, values.byteLength)
  return { sizeBytes, read: () => decode({ values, bulk: copied }) }
}
