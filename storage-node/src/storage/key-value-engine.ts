/**
 * What the store asks of an ordered key-value engine. RocksDB and a sorted map in memory implement
 * it; `key-value-engine.compliance.ts` holds both to the same words.
 *
 * @module
 */

/** Half open: `start` belongs to it, `end` does not. Bytewise order. */
export interface KeyRange {
  readonly start: Uint8Array
  readonly end: Uint8Array
}

/** A key and its value. */
export interface KeyValue {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** One change: a value to store under the key, or none to delete it. */
export interface Mutation {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** Thrown by an engine that is closed, that will not open, or that the disk has failed. */
export class KeyValueEngineError extends Error {
  override readonly name = 'KeyValueEngineError'
}

export interface ScanOptions {
  /** At most so many rows. */
  readonly limit: number
  /** From the end of the range backwards. Default false. */
  readonly reverse?: boolean
  /** Leaves `value` empty; cheaper. Default false. */
  readonly keysOnly?: boolean
}

/** Reads rows as of one moment. */
export interface Reader {
  /** Values in the order of `keys`. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  /** The first rows of a range, in order. Read on from the last key for more. */
  scan(range: KeyRange, options: ScanOptions): Promise<KeyValue[]>
}

/** A frozen view; holds resources until it is released. */
export interface Snapshot extends Reader {
  /** To be called exactly once. Reads that began before still answer, later ones reject. */
  release(): void
}

/**
 * An ordered map whose batches are atomic and **not** durable: after a crash it opens at the state
 * of some batch between the last completed `flush` and the last one written, never in between two.
 * Callers keep at most one `write` in flight (replication.md J6), or that order is not promised.
 * Keys and values that are handed in stay untouched until the call has answered; those that come
 * out belong to the caller and stay valid. Every failure is a `KeyValueEngineError`.
 */
export interface KeyValueEngine extends Reader {
  /** Applies all mutations or none; later ones of the same key win. */
  write(batch: readonly Mutation[]): Promise<void>
  /** Synchronously freezes the present state. */
  snapshot(): Snapshot
  /** Makes every batch whose `write` had resolved before the call durable. */
  flush(): Promise<void>
  /** Waits for what is under way, then lets go of everything. Does not flush. */
  close(): Promise<void>
}
