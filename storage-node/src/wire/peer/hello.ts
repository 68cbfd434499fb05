/**
 * How a connection between storage nodes begins: each side says who it is, before anything else.
 *
 * @module
 */

import type { Zone } from '../../contract/configuration.ts'
import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import type { Codec } from './codec.ts'
import { enumOf, fixedBytes, struct, text, u16, u48 } from './codec.ts'
import { incarnation, storeId, zone } from './common-codecs.ts'

/**
 * The protocol that this code speaks, and the oldest that it still understands.
 *
 * While nothing is released, the storage nodes of a region all run the same code, and messages change under
 * the number 1. From the first release on the protocol rises by one, once in a release, as soon as what is sent
 * means something else to a storage node of the release before, or nothing: a message, a variant of a command
 * or a result that it does not know, a field that is not the last. A storage node speaks the protocol before its own as
 * well, for in an upgrade it meets storage nodes that wait for theirs: the oldest is one less (replication.md 3).
 */
export const PROTOCOL_VERSION = 1
export const PROTOCOL_VERSION_MIN = 1

/** 16 random bytes, drawn when a process starts. */
export const NONCE_BYTES = 16

/** What a connection is for; each has its own, so that nothing small waits behind something large. */
export type Lane = 'control' | 'bulk' | 'beacon'

export interface Hello {
  readonly protocolMin: number
  readonly protocolMax: number
  readonly lane: Lane
  /** The region's identity: a storage node of another one is refused. */
  readonly region: string
  readonly store: StoreId
  readonly incarnation: Incarnation
  /** Of the process: two with one incarnation are a volume that was mounted twice (D6). */
  readonly nonce: Uint8Array
  readonly zone: Zone
  /** Of `to`. */
  readonly known: KnownLife
  /** Whom it means to talk to: another store may have come in its place. */
  readonly to: StoreId
}

/** What one store knows of the life of another before its present one (D3). */
export interface KnownLife {
  /** The highest that was heard of; 0: none. */
  readonly incarnation: Incarnation
  /** The last group of its journal that was synced for sure. */
  readonly group: number
}

export const NOTHING_KNOWN: KnownLife = { incarnation: 0 as Incarnation, group: 0 }

export const hello: Codec<Hello> = struct<Hello>({
  protocolMin: u16(),
  protocolMax: u16(),
  lane: enumOf(['control', 'bulk', 'beacon']),
  region: text(256),
  store: storeId,
  incarnation,
  nonce: fixedBytes(NONCE_BYTES),
  zone,
  known: struct({ incarnation, group: u48() }),
  to: storeId,
})

/** The last thing that is said over a connection that is refused. */
export interface HelloRefusal {
  readonly why: string
  /** Of the store that is refused because of the life that it says it has; else nothing. */
  readonly known: KnownLife
}

export const refusal: Codec<HelloRefusal> = struct<HelloRefusal>({
  why: text(1024),
  known: struct({ incarnation, group: u48() }),
})

/** The highest protocol that both sides speak; undefined when there is none. */
export function commonProtocol(
  a: Pick<Hello, 'protocolMin' | 'protocolMax'>,
  b: Pick<Hello, 'protocolMin' | 'protocolMax'>,
): number | undefined {
  const highest = Math.min(a.protocolMax, b.protocolMax)
  return highest >= Math.max(a.protocolMin, b.protocolMin) ? highest : undefined
}

/** Store ids are compared and logged: they are short and plain. */
export function isPlainStoreId(store: StoreId): boolean {
  return /^[\w-]{1,64}$/.test(store)
}
