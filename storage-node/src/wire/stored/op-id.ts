/**
 * opIds: who asks for a command, and since when. The same one comes with every further try.
 *
 * @module
 */

import { asBuffer } from '../../base/bytes.ts'
import type { Random } from '../../base/random.ts'

const TIME_BYTES = 6
const CHANCE_BYTES = 10

/** 16 bytes: hybrid-clock milliseconds of the first sending, then chance. */
export function newOpId(nowMs: number, random: Random): Uint8Array {
  const opId = Buffer.allocUnsafe(TIME_BYTES + CHANCE_BYTES)
  opId.writeUIntBE(nowMs, 0, TIME_BYTES)
  opId.set(random.bytes(CHANCE_BYTES), TIME_BYTES)
  return opId
}

/** When the command was sent first. */
export function opIdMs(opId: Uint8Array): number {
  return asBuffer(opId).readUIntBE(0, TIME_BYTES)
}
