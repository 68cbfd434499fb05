/**
 * The numbers of accounts and of RAM users that nobody numbered by hand.
 *
 * They follow from names, so that the operator and every storage node come to the same ones without
 * asking each other, and a resource that is deleted and made again is who it was.
 *
 * @module
 */

import { createHash } from 'node:crypto'

/** 16 digits, of which the first is not 0. */
const UID_MIN = 1_000_000_000_000_000n
const UID_COUNT = 9n * UID_MIN

/** The uid of an account. */
export function accountUidOf(region: string, accountName: string): string {
  return uidOf(`granary/${region}/${accountName}`)
}

/** The number that policies call a RAM user of an account by. */
export function ramUserIdOf(region: string, accountUid: string, userName: string): string {
  return uidOf(`granary/${region}/${accountUid}/user/${userName}`)
}

/** Evenly over all of them, as far as SHA-256 is. */
function uidOf(text: string): string {
  const digest = createHash('sha256').update(text, 'utf8').digest()
  return String(UID_MIN + (digest.readBigUInt64BE() % UID_COUNT))
}
