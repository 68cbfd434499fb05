/**
 * Keeps the newest placement map beside the store, so that a storage node that starts while the
 * config store is away still knows where chunks are. Old or missing it harms nobody: the map is a
 * hint to where copies are, and a newer one follows.
 *
 * @module
 */

import { posix } from 'node:path'
import { asBuffer } from '../../base/bytes.ts'
import { crc32 } from '../../base/checksums.ts'
import { replaceFile } from '../../base/durable-files.ts'
import type { Files } from '../../base/files.ts'
import { hasErrorCode } from '../../base/files.ts'
import type { Logger } from '../../base/logger.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import { decode, encode } from '../../wire/peer/codec.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import { placementMap } from '../../wire/stored/config-records.ts'

const NAME = 'placement'
const CRC_BYTES = 4

/** The file of one store. */
export class PlacementFile {
  readonly #files: Files
  readonly #path: string
  readonly #logger: Logger
  #saving: Promise<void> = Promise.resolve()

  /** `directory` is the store's. */
  constructor(files: Files, directory: string, logger: Logger) {
    this.#files = files
    this.#path = posix.join(directory, NAME)
    this.#logger = logger
  }

  /** The map that was kept; undefined when there is none, or none that is whole. */
  async load(): Promise<PlacementMap | undefined> {
    const bytes = await this.#read()
    if (bytes === undefined) return undefined
    try {
      const values = bytes.subarray(CRC_BYTES)
      const isWhole = bytes.byteLength > CRC_BYTES && crc32(values) === bytes.readUInt32LE(0)
      if (isWhole) return decode(placementMap, { values, bulk: [] })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
    this.#logger.warn('The placement map that was kept is damaged', { path: this.#path })
    return undefined
  }

  /** Keeps a map instead of the one before. */
  save(map: PlacementMap): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save(map))
    return this.#saving
  }

  async #save(map: PlacementMap): Promise<void> {
    const { values } = encode(placementMap, map)
    const crc = Buffer.alloc(CRC_BYTES)
    crc.writeUInt32LE(crc32(values))
    try {
      await replaceFile(this.#files, this.#path, Buffer.concat([crc, values]))
    } catch (error) {
      this.#logger.warn('Could not keep the placement map', { error: String(error) })
    }
  }

  async #read(): Promise<Buffer | undefined> {
    try {
      const file = await this.#files.open(this.#path, 'read')
      try {
        const bytes = new Uint8Array(await file.sizeBytes())
        return asBuffer(bytes.subarray(0, await file.read(bytes, 0)))
      } finally {
        await file.close()
      }
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return undefined
      throw error
    }
  }
}
