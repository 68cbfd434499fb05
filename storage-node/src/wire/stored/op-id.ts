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

/** Nobody asks again about what is older: 10 s after its time, with clocks 10 s apart, twice. */
const ASKED_MS_MAX = 30_000
/** A store whose clock is behind must know what took effect when it is set right. */
const AHEAD_MS_MAX = 60 * 60 * 1000

/**
 * Whether a gateway may still ask about it, by a clock that may be behind. False for epoch starts, and
 * for entries of a region with one store before there were more: they have no time.
 */
export function mayBeAskedAgain(opId: Uint8Array, nowMs: number): boolean {
  const aheadMs = opIdMs(opId) - nowMs
  return aheadMs >= -ASKED_MS_MAX && aheadMs <= AHEAD_MS_MAX
}

/** When the command was sent first. */
export function opIdMs(opId: Uint8Array): number {
  return asBuffer(opId).readUIntBE(0, TIME_BYTES)
}
