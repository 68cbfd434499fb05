/**
 * How the chunk store says no.
 *
 * @module
 */

import type { DataId } from '../../model/identifiers.ts'

/** The store has no such chunk. */
export class ChunkMissingError extends Error {
  override readonly name = 'ChunkMissingError'

  constructor(dataId: DataId, index: number) {
    super(`Chunk ${index} of ${dataId} is not in this store`)
  }
}

/** The bytes that were asked for are not what was stored: to be fetched elsewhere, never served. */
export class ChunkCorruptError extends Error {
  override readonly name = 'ChunkCorruptError'

  constructor(dataId: DataId, index: number, detail: string, options?: ErrorOptions) {
    super(`Chunk ${index} of ${dataId} is damaged: ${detail}`, options)
  }
}

/** The dataId was deleted here: a late writer is refused. */
export class ChunkDeletedError extends Error {
  override readonly name = 'ChunkDeletedError'

  constructor(dataId: DataId) {
    super(`Chunks of ${dataId} were deleted and are not taken again`)
  }
}

/** The volume has no room for the chunk; nothing of it is visible. */
export class ChunkSpaceError extends Error {
  override readonly name = 'ChunkSpaceError'

  constructor(options?: ErrorOptions) {
    super('The volume is full: no chunk can be written', options)
  }
}
