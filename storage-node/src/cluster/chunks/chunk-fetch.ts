/**
 * Gets bytes of chunks from other stores, and believes none that does not match its checks.
 *
 * @module
 */

import { sameBytes, totalLength } from '../../base/bytes.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { computeBlockChecks } from '../../storage/chunks/block-checks.ts'
import { ChunkCorruptError, ChunkMissingError } from '../../storage/chunks/chunk-errors.ts'
import type { ChunkRange } from '../../storage/chunks/chunk-reader.ts'
import type { StoreHealth } from './chunk-health.ts'
import type { PeerNetwork } from '../peer-network.ts'

const DEADLINE_MS = 5_000

export interface ChunkFetchParts {
  readonly peers: Pick<PeerNetwork, 'request'>
  readonly health: StoreHealth
}

/** Whole blocks as they arrived. */
export interface FetchedBlocks {
  readonly pieces: readonly Uint8Array[]
  readonly lengthBytes: number
  readonly checks: Uint8Array
}

/** The store could not be asked, or did not answer. */
export class ChunkUnreachableError extends Error {
  override readonly name = 'ChunkUnreachableError'
}

/**
 * Gets the blocks of a range that begins with one. Rejects with `ChunkMissingError`,
 * `ChunkCorruptError` or `ChunkUnreachableError`.
 */
export async function fetchBlocks(
  { peers, health }: ChunkFetchParts,
  store: StoreId,
  range: ChunkRange,
  signal: AbortSignal,
): Promise<FetchedBlocks> {
  const { dataId, index } = range
  const request = { kind: 'chunkGet', ...range } as const
  const answer = await peers
    .request(store, request, { deadlineMs: DEADLINE_MS, signal })
    .catch((cause: unknown) => {
      if (!signal.aborted) health.failed(store)
      throw new ChunkUnreachableError(`Store ${store} could not be asked for a chunk`, { cause })
    })
  health.answered(store)
  if (answer.outcome !== 'found') {
    if (answer.outcome === 'missing') throw new ChunkMissingError(dataId, index)
    throw new ChunkCorruptError(dataId, index, `so says ${store}, which has it`)
  }
  const { pieces, checks } = answer
  const lengthBytes = totalLength(pieces)
  const isWhole = lengthBytes <= range.length
  if (!isWhole || !sameBytes(computeBlockChecks(pieces, lengthBytes), checks)) {
    throw new ChunkCorruptError(dataId, index, `what ${store} has sent does not match its checks`)
  }
  return { pieces, lengthBytes, checks }
}
