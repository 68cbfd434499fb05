/**
 * The parts that an object was made of: where they lie in it, and what is known of each.
 *
 * @module
 */

import type { Partitions } from '../cluster/partitions.ts'
import type { ByteRange } from '../model/byte-range.ts'
import type { DataSetId } from '../model/identifiers.ts'
import type { Checksum } from '../model/object-checksum.ts'
import type { ObjectRecord, PartListRecord } from '../model/object.ts'
import type { BodyPlace } from './body-store.ts'
import { PieceMissingError } from './piece-walk.ts'

/** A part of an object, by the number that it was sent under. */
export interface ObjectPart {
  readonly range: ByteRange
  /** Undefined: the object did not come in parts, and is its only one. */
  readonly partCount: number | undefined
  readonly checksum: Checksum | undefined
}

/** One page of the parts of an object. */
export interface ObjectPartPage {
  readonly partCount: number
  readonly parts: readonly {
    readonly partNumber: number
    readonly sizeBytes: number
    readonly checksum: Checksum | undefined
  }[]
  readonly isTruncated: boolean
}

/** Finds a part by its number. */
export async function findObjectPart(
  partitions: Partitions,
  place: BodyPlace,
  record: ObjectRecord,
  partNumber: number,
): Promise<ObjectPart | undefined> {
  const { sizeBytes, checksum } = record
  const found = await findPartList(partitions, place, record)
  if (found === undefined) {
    const range = { start: 0, end: sizeBytes }
    return partNumber === 1 ? { range, partCount: undefined, checksum } : undefined
  }
  let start = 0
  for (const part of found.parts) {
    const range = { start, end: start + part.sizeBytes }
    start = range.end
    if (part.partNumber !== partNumber) continue
    const kept = checksum && (await checksumsOf(partitions, place, found.dataSetId, [part]))
    return { range, partCount: found.parts.length, checksum: kept?.get(partNumber) }
  }
  return undefined
}

/** Lists parts with numbers above `after`; undefined for what did not come in parts. */
export async function listObjectParts(
  partitions: Partitions,
  place: BodyPlace,
  record: ObjectRecord,
  { after, maxParts }: { readonly after: number; readonly maxParts: number },
): Promise<ObjectPartPage | undefined> {
  const list = await findPartList(partitions, place, record)
  if (list === undefined) return undefined
  const behind = list.parts.filter(({ partNumber }) => partNumber > after)
  const page = behind.slice(0, maxParts)
  const checksums = await checksumsOf(partitions, place, list.dataSetId, page)
  return {
    partCount: list.parts.length,
    parts: page.map((part) => ({ ...part, checksum: checksums.get(part.partNumber) })),
    isTruncated: behind.length > maxParts,
  }
}

async function findPartList(
  partitions: Partitions,
  place: BodyPlace,
  { data, type }: ObjectRecord,
): Promise<{ parts: PartListRecord['parts']; dataSetId: DataSetId } | undefined> {
  if (type !== 'Multipart' || data.kind !== 'pieces' || data.pieceCount === 0) return undefined
  const { dataSetId } = data
  const list = await partitions.ask({ kind: 'partList', ...place, dataSetId })
  if (list === undefined) throw new PieceMissingError('The list of parts of the object is gone')
  return { parts: list.parts, dataSetId }
}

/** Those of some parts, by their numbers; a row may hold the bytes of its part, too. */
async function checksumsOf(
  partitions: Partitions,
  place: BodyPlace,
  dataSetId: DataSetId,
  parts: PartListRecord['parts'],
): Promise<ReadonlyMap<number, Checksum | undefined>> {
  const found = new Map<number, Checksum | undefined>()
  for (let at = 0; at < parts.length; at += PIECES_PER_READ) {
    const indexes = parts.slice(at, at + PIECES_PER_READ).map(({ partNumber }) => partNumber)
    const pieces = await partitions.ask({ kind: 'pieces', ...place, dataSetId, indexes })
    for (const { partNumber, piece } of pieces) found.set(partNumber, piece.checksum)
  }
  return found
}

/** Piece rows read at a time. */
const PIECES_PER_READ = 64
