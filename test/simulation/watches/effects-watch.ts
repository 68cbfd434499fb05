/**
 * Reads what committed entries do: nothing is made in a bucket behind its fence (I24), and all rows
 * that ever refer to a dataId belong to one key (B8).
 *
 * @module
 */

import {
  decodeEffects,
  decodeFenceRow,
  decodeObjectRow,
  decodePieceRow,
  objectKeyOfRow,
} from '@granary/storage-node/testing'
import type { Accuse } from './log-watch.ts'

const FENCE = 'F'
/** Namespaces of what an empty bucket has none of. */
const CONTENTS = new Set(['O', 'I', 'V', 'M', 'D'])
const BUCKET_ID_BYTES = 8
/** Index of the `D` row that lists the parts of an object. */
const PART_LIST_INDEX = 0xffff_ffff

/** What holds for a region as a whole. */
export class DataWatch {
  readonly #accuse: Accuse
  /** The (bucket, key) that each dataId belongs to. */
  readonly #keys = new Map<string, string>()

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  /** A row has been put. */
  put(key: Uint8Array, value: Uint8Array): void {
    const dataId = dataIdOf(key, value)
    if (dataId === undefined) return
    const owner = ownerOf(key)
    const known = this.#keys.get(dataId)
    if (known === undefined) this.#keys.set(dataId, owner)
    else if (known !== owner) this.#accuse('B8', `dataId ${dataId} is of ${known} and of ${owner}`)
  }
}

/** The committed entries of one partition, in their order. */
export class EffectsWatch {
  readonly #data: DataWatch
  readonly #accuse: Accuse
  readonly #fenced = new Set<string>()

  constructor(data: DataWatch, accuse: Accuse) {
    this.#data = data
    this.#accuse = accuse
  }

  committed(seq: number, payload: Uint8Array): void {
    for (const effect of decodeEffects(payload).effects) {
      if (effect.kind === 'count') continue
      const namespace = namespaceOf(effect.key)
      const bucketId = bucketIdOf(effect.key)
      if (namespace === FENCE) {
        const stands = effect.kind === 'put' && !decodeFenceRow(effect.value).isLifted
        if (stands) this.#fenced.add(bucketId)
        else this.#fenced.delete(bucketId)
      } else if (effect.kind === 'put') {
        this.#data.put(effect.key, effect.value)
        if (!CONTENTS.has(namespace) || !this.#fenced.has(bucketId)) continue
        this.#accuse('I24', `entry ${seq} puts a row ${namespace} behind the fence of ${bucketId}`)
      }
    }
  }
}

/** The dataId that a row refers to. */
export function dataIdOf(key: Uint8Array, value: Uint8Array): string | undefined {
  const namespace = namespaceOf(key)
  if (namespace === 'O' || namespace === 'V') {
    const { data } = decodeObjectRow(value)
    return data.kind === 'chunks' ? data.dataId : undefined
  }
  if (namespace !== 'D') return undefined
  const index = Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUInt32BE(key.length - 4)
  if (index === PART_LIST_INDEX) return undefined
  const { data } = decodePieceRow(value)
  return data.kind === 'chunks' ? data.dataId : undefined
}

function namespaceOf(key: Uint8Array): string {
  return String.fromCharCode(key[0] ?? 0)
}

function bucketIdOf(key: Uint8Array): string {
  return Buffer.from(key.subarray(1, 1 + BUCKET_ID_BYTES)).toString('hex')
}

function ownerOf(key: Uint8Array): string {
  return `${bucketIdOf(key)}/${objectKeyOfRow(key).key}`
}
