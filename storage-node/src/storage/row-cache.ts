/**
 * A bounded cache of hot rows in front of the engine.
 *
 * Whoever applies a batch says so before and after. In between, readers of its rows ask the engine
 * itself: a row that one reader has seen changed must not be answered as it was to the next. A read
 * that was under way while its row changed is not remembered.
 *
 * @module
 */

import { LRUCache } from 'lru-cache'
import { asBuffer } from '../base/bytes.ts'
import type { KeyRange, KeyValue, Mutation, Reader, ScanOptions } from './key-value-engine.ts'

/** What an entry costs beside its value: the key's text, the buffer's and the map's slots. */
const ENTRY_OVERHEAD_BYTES = 400
/** Changes are told apart by this many stripes of keys. */
const STRIPE_COUNT = 1024
/** Bytes at the end of a key that tell stripes apart. */
const STRIPE_KEY_BYTES = 16
/** Objects and buckets. Inline bodies are ten times as large, and would push these out. */
const CACHED_NAMESPACES = new Set([...'OB'].map((namespace) => namespace.charCodeAt(0)))

/** Reads through to the engine and remembers rows. */
export class RowCache implements Reader {
  readonly #engine: Reader
  readonly #rows: LRUCache<string, Uint8Array>
  readonly #changes = new Uint32Array(STRIPE_COUNT)
  /** Batches under way that touch the stripe. */
  readonly #changing = new Uint32Array(STRIPE_COUNT)

  constructor(engine: Reader, sizeBytesMax: number) {
    this.#engine = engine
    this.#rows = new LRUCache({
      maxSize: sizeBytesMax,
      sizeCalculation: (value, key) => value.byteLength + key.length + ENTRY_OVERHEAD_BYTES,
    })
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const values = keys.map((key) => this.#find(key))
    const missing = values.flatMap((value, at) => (value === undefined ? [at] : []))
    if (missing.length === 0) return values
    const wanted = missing.map((at) => keys[at] ?? new Uint8Array())
    const before = wanted.map((key) => this.#changes[stripeOf(key)])
    const found = await this.#engine.getMany(wanted)
    wanted.forEach((key, order) => {
      const value = found[order]
      values[missing[order] ?? 0] = value
      const stripe = stripeOf(key)
      const unchanged = this.#changes[stripe] === before[order] && this.#changing[stripe] === 0
      if (value !== undefined && unchanged && isCached(key)) this.#remember(nameOf(key), value)
    })
    return values
  }

  scan(range: KeyRange, options: ScanOptions): Promise<KeyValue[]> {
    return this.#engine.scan(range, options)
  }

  /** Called before a batch goes to the engine. */
  applying(mutations: readonly Mutation[]): void {
    for (const { key } of mutations) {
      if (isCached(key)) count(this.#changing, stripeOf(key), 1)
    }
  }

  /** Called with the same batch as soon as the engine has it. */
  applied(mutations: readonly Mutation[]): void {
    for (const { key, value } of mutations) {
      if (!isCached(key)) continue
      const stripe = stripeOf(key)
      count(this.#changing, stripe, -1)
      count(this.#changes, stripe, 1)
      const name = nameOf(key)
      if (value === undefined) this.#rows.delete(name)
      // What is only ever written would push out what is read, and die old.
      else if (this.#rows.has(name)) this.#remember(name, value)
    }
  }

  #find(key: Uint8Array): Uint8Array | undefined {
    if (!isCached(key) || this.#changing[stripeOf(key)] !== 0) return undefined
    return this.#rows.get(nameOf(key))
  }

  /** Copied: a row is often a small part of a buffer that it would keep alive. */
  #remember(name: string, value: Uint8Array): void {
    this.#rows.set(name, Uint8Array.prototype.slice.call(value))
  }
}

function count(stripes: Uint32Array, stripe: number, by: number): void {
  stripes[stripe] = (stripes[stripe] ?? 0) + by
}

function isCached(key: Uint8Array): boolean {
  return CACHED_NAMESPACES.has(key[0] ?? 0)
}

function nameOf(key: Uint8Array): string {
  return asBuffer(key).toString('latin1')
}

function stripeOf(key: Uint8Array): number {
  const length = key.byteLength
  let hash = length
  for (let at = Math.max(0, length - STRIPE_KEY_BYTES); at < length; at++) {
    hash = (hash * 31 + (key[at] ?? 0)) | 0
  }
  return hash & (STRIPE_COUNT - 1)
}
