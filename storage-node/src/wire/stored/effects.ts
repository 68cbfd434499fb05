/**
 * Effects: what an entry carries. The row changes a command turned out to mean, ready to be applied
 * blindly by every replica.
 *
 * Rows are put or deleted by key; counters are added to, because commands on different keys of a
 * bucket are evaluated at the same time. Behind the effects stands what the command answered, for a
 * client that asks again (`entry-result.ts`); whoever applies them does not look at it.
 *
 * @module
 */

import type { BucketCounters } from '../../model/bucket.ts'
import { noCounters } from '../../model/bucket.ts'
import type { BucketId, VersionSeq } from '../../model/identifiers.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { pick } from './object-row.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** Without a result: entries of regions with one store, before there were more. */
const VERSION_WITHOUT_RESULT = 1
const VERSION = 2
const COUNTER_NAMES = Object.keys(noCounters) as (keyof BucketCounters)[]
const PUT = 0
const DELETE = 1
const COUNT = 2
/** Version, version number and count of effects; the result behind them. */
const HEAD_BYTES_MAX = 24
/** Kind and two lengths. */
const EFFECT_BYTES_MAX = 16
const COUNT_BYTES_MAX = 10 + 9 * COUNTER_NAMES.length

export type Effect =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  | {
      readonly kind: 'count'
      readonly bucketId: BucketId
      readonly delta: Partial<BucketCounters>
    }

/** All effects of one command: applied together or not at all (I19). */
export interface Effects {
  /** The version number that was handed out for it: the next one is higher. */
  readonly versionSeq: VersionSeq
  readonly effects: readonly Effect[]
}

/** Begins an entry's payload; what the command answered follows. */
export function writeEffects({ versionSeq, effects }: Effects): BinaryWriter {
  const writer = new BinaryWriter(sizeGuess(effects))
  writer.u8(VERSION).u64(versionSeq).varint(effects.length)
  for (const effect of effects) writeEffect(writer, effect)
  return writer
}

/** The effects of a payload, whatever stands behind them. */
export function decodeEffects(payload: Uint8Array): Effects {
  return readEffects(payload).effects
}

/** The effects of a payload, and a reader of what stands behind them; undefined: nothing does. */
export function readEffects(payload: Uint8Array): {
  readonly effects: Effects
  readonly rest: BinaryReader | undefined
} {
  const reader = new BinaryReader(payload)
  const version = reader.u8()
  if (version !== VERSION && version !== VERSION_WITHOUT_RESULT) {
    throw new StoredFormatError(`Effects have version ${version}`)
  }
  const versionSeq = reader.u64() as VersionSeq
  const effects: Effect[] = []
  for (let left = reader.count(); left > 0; left--) effects.push(readEffect(reader))
  if (version === VERSION) return { effects: { versionSeq, effects }, rest: reader }
  reader.end()
  return { effects: { versionSeq, effects }, rest: undefined }
}

/** Enough for what most commands turn out to mean: the bytes of an inline body are copied once. */
function sizeGuess(effects: readonly Effect[]): number {
  let sizeBytes = HEAD_BYTES_MAX
  for (const effect of effects) {
    if (effect.kind === 'count') sizeBytes += COUNT_BYTES_MAX
    else sizeBytes += effect.key.byteLength + EFFECT_BYTES_MAX
    if (effect.kind === 'put') sizeBytes += effect.value.byteLength
  }
  return sizeBytes
}

function writeEffect(writer: BinaryWriter, effect: Effect): void {
  if (effect.kind === 'put') {
    writer.u8(PUT).bytes(effect.key).bytes(effect.value)
  } else if (effect.kind === 'delete') {
    writer.u8(DELETE).bytes(effect.key)
  } else {
    const changed = COUNTER_NAMES.filter((name) => effect.delta[name])
    writer.u8(COUNT).hex(effect.bucketId).u8(changed.length)
    for (const name of changed) {
      writer.u8(COUNTER_NAMES.indexOf(name)).signed(effect.delta[name] ?? 0)
    }
  }
}

function readEffect(reader: BinaryReader): Effect {
  const kind = reader.u8()
  if (kind === PUT) return { kind: 'put', key: reader.bytes(), value: reader.bytes() }
  if (kind === DELETE) return { kind: 'delete', key: reader.bytes() }
  if (kind !== COUNT) throw new StoredFormatError(`Unknown effect ${kind}`)
  const bucketId = reader.hex(8) as BucketId
  const delta: Partial<Record<keyof BucketCounters, number>> = {}
  for (let left = reader.u8(); left > 0; left--) {
    delta[pick(COUNTER_NAMES, reader.u8())] = reader.signed()
  }
  return { kind: 'count', bucketId, delta }
}
