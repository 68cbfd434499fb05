/**
 * Everything that storage nodes say to each other, as bytes and back: one table of all requests.
 *
 * @module
 */

import { chunkCodecs } from './chunk-codec.ts'
import type { Codec, Fields, Variant } from './codec.ts'
import { bool, decode, encode, struct, taggedUnion, text, variant } from './codec.ts'
import { partitionId } from './common-codecs.ts'
import type { MessageBytes } from './message-bytes.ts'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
  PeerRequests,
} from './messages.ts'
import { operationCodecs } from './operation-codec.ts'
import { replicationMessage } from './replication-codec.ts'
import { snapshotCodecs } from './snapshot-codec.ts'

/** A request's fields without its kind, and its answer. */
export interface RequestCodec<K extends PeerRequestKind> {
  readonly request: Fields<PeerRequests[K]['request']>
  readonly answer: Codec<PeerRequests[K]['answer']>
}

type RequestCodecs = { readonly [K in PeerRequestKind]: RequestCodec<K> }

const codecs: RequestCodecs = {
  ...chunkCodecs,
  ...operationCodecs,
  ...snapshotCodecs,
  knows: {
    request: { partition: partitionId, uid: text(256) },
    answer: struct({ knows: bool() }),
  },
}

/** All kinds of requests. */
export const peerRequestKinds = Object.keys(codecs) as readonly PeerRequestKind[]

/** What a kind is on the wire; a number is never used again. */
const NUMBERS: { readonly [K in PeerRequestKind]: number } = {
  knows: 1,
  execute: 2,
  ask: 3,
  settings: 4,
  settingsChanged: 5,
  settingsWord: 6,
  snapshotOffer: 10,
  snapshotRows: 11,
  chunkPut: 20,
  chunkGet: 21,
  chunkHave: 22,
  chunkConfirm: 23,
  chunkRemove: 24,
}

export const peerMessage: Codec<PeerMessage> = taggedUnion('kind', {
  replication: variant(1, { partition: partitionId, message: replicationMessage }),
})

export const peerRequest: Codec<PeerRequest> = taggedUnion('kind', requestVariants())

/** The codec of what a request of the kind is answered with. */
export function peerAnswer<K extends PeerRequestKind>(kind: K): Codec<PeerAnswer<K>> {
  return codecs[kind].answer
}

export function encodeMessage(message: PeerMessage): MessageBytes {
  return encode(peerMessage, message)
}

export function decodeMessage(bytes: MessageBytes): PeerMessage {
  return decode(peerMessage, bytes)
}

export function encodeRequest(request: PeerRequest): MessageBytes {
  return encode(peerRequest, request)
}

export function decodeRequest(bytes: MessageBytes): PeerRequest {
  return decode(peerRequest, bytes)
}

export function encodeAnswer<K extends PeerRequestKind>(
  kind: K,
  answer: PeerAnswer<K>,
): MessageBytes {
  return encode(peerAnswer(kind), answer)
}

export function decodeAnswer<K extends PeerRequestKind>(
  kind: K,
  bytes: MessageBytes,
): PeerAnswer<K> {
  return decode(peerAnswer(kind), bytes)
}

type Variants = {
  readonly [K in PeerRequestKind]: Variant<PeerRequests[K]['request']>
}

function requestVariants(): Variants {
  const entries = Object.entries(codecs).map(([kind, { request }]) => {
    return [kind, { number: NUMBERS[kind as PeerRequestKind], fields: request }]
  })
  return Object.fromEntries(entries) as Variants
}
