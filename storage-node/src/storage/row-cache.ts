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

/** What an entry costs beside its value: the key's text, the map's slot. */
const ENTRY_OVERHEAD_BYTES = 200
/** Changes are told apart by this many stripes of keys. */
const STRIPE_COUNT = 1024

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
    const names = keys.map(nameOf)
    const values = names.map((name) => this.#find(name))
    const missing = values.flatMap((value, at) => (value === undefined ? [at] : []))
    if (missing.length === 0) return values
    const before = missing.map((at) => this.#changes[stripeOf(names[at] ?? '')])
    const found = await this.#engine.getMany(missing.map((at) => keys[at] ?? new Uint8Array()))
    missing.forEach((at, order) => {
      const name = names[at] ?? ''
      const value = found[order]
      values[at] = value
      const stripe = stripeOf(name)
      const unchanged = this.#changes[stripe] === before[order] && this.#changing[stripe] === 0
      if (value !== undefined && unchanged) this.#rows.set(name, value)
    })
    return values
  }

  scan(range: KeyRange, options: ScanOptions): Promise<KeyValue[]> {
    return this.#engine.scan(range, options)
  }

  /** Called before a batch goes to the engine. */
  applying(mutations: readonly Mutation[]): void {
    for (const { key } of mutations) count(this.#changing, stripeOf(nameOf(key)), 1)
  }

  /** Called with the same batch as soon as the engine has it. */
  applied(mutations: readonly Mutation[]): void {
    for (const { key, value } of mutations) {
      const name = nameOf(key)
      const stripe = stripeOf(name)
      count(this.#changing, stripe, -1)
      count(this.#changes, stripe, 1)
      if (value === undefined) this.#rows.delete(name)
      // What is written is usually read soon; bodies would push everything else out.
      else if (isSmallRow(key) || this.#rows.has(name)) this.#rows.set(name, value)
    }
  }

  #find(name: string): Uint8Array | undefined {
    return this.#changing[stripeOf(name)] === 0 ? this.#rows.get(name) : undefined
  }
}

function count(stripes: Uint32Array, stripe: number, by: number): void {
  stripes[stripe] = (stripes[stripe] ?? 0) + by
}

function nameOf(key: Uint8Array): string {
  return asBuffer(key).toString('latin1')
}

function isSmallRow(key: Uint8Array): boolean {
  return key[0] === 0x4f // 'O'
}

function stripeOf(name: string): number {
  let hash = name.length
  for (let at = Math.max(0, name.length - 16); at < name.length; at++) {
    hash = (hash * 31 + name.charCodeAt(at)) | 0
  }
  return hash & (STRIPE_COUNT - 1)
}
