/**
 * Identifiers of versions (oss.md 5.7, replication.md 2.2).
 *
 * An identifier says where its version lies: it begins with the versionSeq. The random bytes behind it
 * keep one that was not told to anybody from being guessed. `null` says nothing of its place.
 *
 * @module
 */

import { fromBase32, toBase32 } from '../base/base32.ts'
import { fromHex } from '../base/bytes.ts'
import { invalidArgument } from './errors.ts'
import type { VersionId, VersionSeq } from './identifiers.ts'

/** The version that a key has where versions are not kept; at most one of a key. */
export const NULL_VERSION = 'null' as VersionId

const ID_BYTES = 16
const SEQ_DIGITS = 16
/** In place of random bytes where only the place counts. */
const NO_SALT = '0'.repeat(16)

/** `salt` is 8 bytes, lower-case hex. */
export function versionIdOf(versionSeq: VersionSeq, salt: string): VersionId {
  return (versionSeq.toString(16).padStart(SEQ_DIGITS, '0') + salt) as VersionId
}

/** Where a version lies that is not the null version. */
export function versionSeqOf(versionId: VersionId): VersionSeq {
  return BigInt(`0x${versionId.slice(0, SEQ_DIGITS)}`) as VersionSeq
}

/** The random half of an identifier that is not `null`. */
export function saltOf(versionId: VersionId): string {
  return versionId.slice(SEQ_DIGITS)
}

/** Stands for a place among the versions of a key, also where the null version was. */
export function placeMarkerOf(versionSeq: VersionSeq): VersionId {
  return versionIdOf(versionSeq, NO_SALT)
}

/** As clients see it. */
export function formatVersionId(versionId: VersionId): string {
  return versionId === NULL_VERSION ? NULL_VERSION : toBase32(fromHex(versionId))
}

/** What a client sent as `argument`. Throws InvalidArgument for what never was an identifier. */
export function parseVersionId(argument: string, text: string): VersionId {
  if (text === NULL_VERSION) return NULL_VERSION
  const bytes = fromBase32(text, ID_BYTES)
  if (bytes !== undefined) return bytes.toString('hex') as VersionId
  throw invalidArgument(argument, text, 'The version id is not valid.')
}
