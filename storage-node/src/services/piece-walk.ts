/**
 * Finds the pieces of an object that a range touches: parts by their list, appends by their offsets.
 *
 * @module
 */

import type { Partitions } from '../cluster/partitions.ts'
import type { DataReference, PieceData, PieceRecord } from '../model/object.ts'
import type { BodyPlace } from './body-store.ts'

/** Piece rows read at a time. */
const PIECES_PER_READ = 64

type Pieces = Extract<DataReference, { kind: 'pieces' }>

interface ByteSpan {
  readonly start: number
  readonly end: number
}

/** Bytes `start` to `end` (exclusive) of one piece. */
export interface PieceSpan extends ByteSpan {
  readonly data: PieceData
}

/** A row of a piece is gone: the object was replaced longer ago than its bytes are kept. */
export class PieceMissingError extends Error {
  override readonly name = 'PieceMissingError'
}

interface PlacedPiece extends ByteSpan {
  readonly index: number
}

/** The parts of the range, in order. */
export async function* walkPieces(
  partitions: Partitions,
  place: BodyPlace,
  pieces: Pieces,
  range: ByteSpan,
): AsyncIterable<PieceSpan> {
  if (range.start >= range.end) return
  const list = await partitions.ask({ kind: 'partList', ...place, dataSetId: pieces.dataSetId })
  if (list === undefined) {
    yield* walkAppends(partitions, place, pieces, range)
    return
  }
  let offset = 0
  const touched: PlacedPiece[] = []
  for (const { partNumber, sizeBytes } of list.parts) {
    const placed = { index: partNumber, start: offset, end: offset + sizeBytes }
    if (placed.end > range.start && placed.start < range.end) touched.push(placed)
    offset += sizeBytes
  }
  for (let at = 0; at < touched.length; at += PIECES_PER_READ) {
    const some = touched.slice(at, at + PIECES_PER_READ)
    const records = await readPieces(partitions, place, pieces, some)
    for (const [order, { start, end }] of some.entries()) {
      const record = records[order]
      if (record === undefined) throw new PieceMissingError('A part of the object is gone')
      yield { data: record.data, ...within(range, start, end) }
    }
  }
}

async function* walkAppends(
  partitions: Partitions,
  place: BodyPlace,
  pieces: Pieces,
  range: ByteSpan,
): AsyncIterable<PieceSpan> {
  let index = await firstAppend(partitions, place, pieces, range.start)
  let reached = range.start
  while (reached < range.end) {
    const count = Math.min(PIECES_PER_READ, pieces.pieceCount - index)
    const some = Array.from({ length: count }, (_, order) => ({ index: index + order }))
    const records = await readPieces(partitions, place, pieces, some)
    if (records.length === 0 || records.length < count) {
      throw new PieceMissingError('A piece of the object is gone')
    }
    for (const { offset, sizeBytes, data } of records) {
      // The last piece may have grown since the record was read: the range ends before that.
      const span = within(range, offset, offset + sizeBytes)
      if (span.start >= span.end) break
      yield { data, ...span }
      reached = offset + span.end
    }
    index += count
  }
}

/** Index of the piece that holds byte `offset`, by halving. */
async function firstAppend(
  partitions: Partitions,
  place: BodyPlace,
  pieces: Pieces,
  offset: number,
): Promise<number> {
  let low = 0
  let high = pieces.pieceCount - 1
  while (low < high && offset > 0) {
    const middle = Math.ceil((low + high) / 2)
    const [piece] = await readPieces(partitions, place, pieces, [{ index: middle }])
    if (piece === undefined) throw new PieceMissingError('A piece of the object is gone')
    if (piece.offset <= offset) low = middle
    else high = middle - 1
  }
  return offset === 0 ? 0 : low
}

async function readPieces(
  partitions: Partitions,
  place: BodyPlace,
  { dataSetId }: Pieces,
  some: readonly { readonly index: number }[],
): Promise<PieceRecord[]> {
  const indexes = some.map(({ index }) => index)
  const found = await partitions.ask({ kind: 'pieces', ...place, dataSetId, indexes })
  return found.map(({ piece }) => piece)
}

/** The part of a piece at `from`..`to` that lies within the range, counted from the piece's start. */
function within(range: ByteSpan, from: number, to: number): ByteSpan {
  return { start: Math.max(range.start, from) - from, end: Math.min(range.end, to) - from }
}
