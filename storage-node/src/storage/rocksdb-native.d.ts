/**
 * Types of the npm package `rocksdb-native`, which has none: only what `rocksdb-*.ts` here use.
 *
 * @module
 */

declare module 'rocksdb-native' {
  namespace RocksDB {
    interface Options {
      /** Bytes of one memtable. */
      writeBufferSize?: number
      maxWriteBufferNumber?: number
      maxBackgroundJobs?: number
    }

    interface BatchOptions {
      capacity: number
      autoDestroy: boolean
    }

    interface ReadBatch {
      get(key: Uint8Array): Promise<Buffer | null>
      tryFlush(): void
    }

    interface WriteBatch {
      tryPut(key: Uint8Array, value: Uint8Array): void
      tryDelete(key: Uint8Array): void
      flush(): Promise<void>
    }

    interface IteratorOptions {
      limit: number
      /** Rows per call into RocksDB. */
      capacity: number
      reverse: boolean
      values: boolean
    }

    interface Row {
      key: Buffer
      value: Buffer | null
    }

    interface Iterator {
      on(event: 'data', listener: (row: Row) => void): this
      on(event: 'error', listener: (error: Error) => void): this
      on(event: 'end' | 'close', listener: () => void): this
    }
  }

  class RocksDB {
    constructor(path: string, options?: RocksDB.Options)
    ready(): Promise<void>
    read(options: RocksDB.BatchOptions): RocksDB.ReadBatch
    write(options: RocksDB.BatchOptions): RocksDB.WriteBatch
    iterator(
      range: { gte: Uint8Array; lt: Uint8Array },
      options: RocksDB.IteratorOptions,
    ): RocksDB.Iterator
    /** A session that reads as of now, until it is closed. */
    snapshot(): RocksDB
    flush(): Promise<void>
    close(): Promise<void>
  }

  export = RocksDB
}
