/**
 * Reads everything that a region holds and compares it with what must be there.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { History, State, Violation } from './history.ts'
import { bytesOf, sizeOf, type Piece } from './object-bytes.ts'
import type { ListedUpload, Region } from './region.ts'

/** Names in the history: what they are, and where. */
export const bucketName = (bucket: string) => `b/${bucket}`
export const objectName = (bucket: string, key: string) => `o/${bucket}/${key}`
export const uploadName = (bucket: string, key: string) => `u/${bucket}/${key}`

/** The state of a bucket that is there. */
export const BUCKET_STATE: State = []

/** What a survey found. */
export interface Survey {
  readonly found: ReadonlyMap<string, State>
  readonly violations: readonly (Violation | Mismatch)[]
}

/** Answers of one region that do not fit each other, or none at all. */
export interface Mismatch {
  readonly kind: 'listing' | 'counts' | 'unreadable' | 'does not start'
  readonly name: string
  readonly detail: string
}

/** Looks at all buckets, objects and uploads, those that should not be there too. */
export async function survey(
  region: Region,
  buckets: readonly string[],
  history: History,
): Promise<Survey> {
  const found = new Map<string, State | 'unreadable'>()
  const mismatches: Mismatch[] = []
  for (const bucket of buckets) {
    if (!(await region.hasBucket(bucket))) continue
    found.set(bucketName(bucket), BUCKET_STATE)
    mismatches.push(...(await surveyObjects(region, bucket, history, found)))
    const uploads = await surveyUploads(region, bucket, history, found)
    mismatches.push(...(await compareCounts(region, bucket, uploads, found)))
  }
  const violations = [...history.judge(found), ...mismatches]
  return { found: found as Map<string, State>, violations }
}

/** Finds every object by its name and compares the listing with what the names gave. */
async function surveyObjects(
  region: Region,
  bucket: string,
  history: History,
  found: Map<string, State | 'unreadable'>,
): Promise<Mismatch[]> {
  const prefix = objectName(bucket, '')
  const listed = await region.listObjects(bucket)
  const known = history.names().filter((name) => name.startsWith(prefix))
  const keys = new Set([
    ...known.map((name) => name.slice(prefix.length)),
    ...listed.map(({ key }) => key),
  ])
  const read: string[] = []
  const unreadable: Mismatch[] = []
  for (const key of keys) {
    const name = prefix + key
    try {
      const content = await region.getObject(bucket, key)
      if (content === undefined) continue
      read.push(`${key} ${content.length}`)
      found.set(name, stateOf(content, history.statesEver(name)))
    } catch (error) {
      found.set(name, 'unreadable')
      unreadable.push({ kind: 'unreadable', name, detail: String(error) })
    }
  }
  const listing = listed.map(({ key, sizeBytes }) => `${key} ${sizeBytes}`)
  if (unreadable.length > 0 || listing.join() === read.sort().join()) return unreadable
  const detail = `listed ${listing.join(', ')}, read ${read.join(', ')}`
  return [{ kind: 'listing', name: bucket, detail }]
}

function stateOf(content: Buffer, candidates: readonly State[]): State | 'unreadable' {
  const objects = candidates.filter((state): state is readonly Piece[] => Array.isArray(state))
  const sized = objects.filter((pieces) => sizeOf(pieces) === content.length)
  return sized.find((pieces) => bytesOf(pieces).equals(content)) ?? 'unreadable'
}

async function surveyUploads(
  region: Region,
  bucket: string,
  history: History,
  found: Map<string, State | 'unreadable'>,
): Promise<readonly ListedUpload[]> {
  const uploads = await region.listUploads(bucket)
  for (const upload of uploads) {
    const name = uploadName(bucket, upload.key)
    const parts = await region.listParts(bucket, upload)
    const state = history
      .statesEver(name)
      .find((known) => known !== undefined && partsText(known) === listedText(parts))
    // Two uploads of a key were never open at once.
    found.set(name, found.has(name) ? 'unreadable' : (state ?? 'unreadable'))
  }
  return uploads
}

function partsText(state: NonNullable<State>): string {
  return Object.entries(state)
    .map(([number, piece]: [string, Piece]) => `${number} ${etagOf(bytesOf([piece]))}`)
    .join()
}

function listedText(parts: readonly { readonly number: number; readonly etag: string }[]): string {
  return parts.map(({ number, etag }) => `${number} ${etag}`).join()
}

/** The ETag of a part, without quotes. */
export function etagOf(content: Buffer): string {
  return createHash('md5').update(content).digest('hex').toUpperCase()
}

async function compareCounts(
  region: Region,
  bucket: string,
  uploads: readonly ListedUpload[],
  found: ReadonlyMap<string, State | 'unreadable'>,
): Promise<Mismatch[]> {
  const counts = await region.bucketCounts(bucket)
  const objects = [...found]
    .filter(([name]) => name.startsWith(objectName(bucket, '')))
    .map(([, state]) => state)
  if (objects.includes('unreadable')) return []
  const sizes = objects.map((state) => sizeOf(state as readonly Piece[]))
  const counted = {
    objectCount: objects.length,
    storageBytes: sizes.reduce((total, size) => total + size, 0),
    uploadCount: uploads.length,
  }
  if (JSON.stringify(counts) === JSON.stringify(counted)) return []
  const detail = `counts ${JSON.stringify(counts)}, there are ${JSON.stringify(counted)}`
  return [{ kind: 'counts', name: bucket, detail }]
}
