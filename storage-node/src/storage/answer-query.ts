/**
 * Answers queries from a partition's rows.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { AccessKeySummary } from '../model/access/access-key.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { pageEnd } from '../model/bucket-size.ts'
import type { DataId, DataSetId, ObjectKey } from '../model/identifiers.ts'
import type {
  Answer,
  DroppedEntry,
  FenceEntry,
  KillEntry,
  Queries,
  Query,
  QueryKind,
} from '../model/query.ts'
import { decodeAccessKeyRow } from '../wire/stored/access-key-row.ts'
import { decodeBucketRow } from '../wire/stored/bucket-row.ts'
import type { Namespace } from '../wire/stored/keys.ts'
import {
  accessKeyRowKey,
  bucketIdOfRow,
  bucketRowKey,
  idBehindKey,
  justAfter,
  objectKeyOfRow,
} from '../wire/stored/keys.ts'
import { bucketContinuation, rowsOfRange } from '../wire/stored/range-keys.ts'
import { decodeDroppedRow, decodeFenceRow, decodeKillRow } from '../wire/stored/rows.ts'
import { listObjects } from './list-objects.ts'
import { listUploads } from './list-uploads.ts'
import { listVersions } from './list-versions.ts'
import type { KeyValue } from './key-value-engine.ts'
import type { PartitionRows } from './partition-rows.ts'
import { readNamed } from './read-versions.ts'

/** Times a body is looked for again because its object was replaced between two reads. */
const READ_AGAIN_COUNT_MAX = 100

/** Reads what was asked for; every answer is of one moment. */
export function answerQuery<K extends QueryKind>(
  query: Query<K>,
  rows: PartitionRows,
): Promise<Answer<K>> {
  return answer(query as Query, rows) as Promise<Answer<K>>
}

function answer(query: Query, rows: PartitionRows): Promise<Answer<QueryKind>> {
  switch (query.kind) {
    case 'object':
      return readObject(query, rows)
    case 'pieces':
      return readPieces(query, rows)
    case 'partList':
      return rows.partList(query.bucketId, query.key, query.dataSetId)
    case 'list':
      return listObjects(query, rows)
    case 'versions':
      return listVersions(query, rows)
    case 'upload':
      return readUpload(query, rows)
    case 'uploads':
      return listUploads(query, rows)
    case 'counters':
      return countBucket(query, rows)
    case 'bucket':
      return rows.bucket(query.name)
    case 'account':
      return rows.account(query.account)
    case 'accessKeys':
      return rows.accessKeys(query.accessKeyIds)
    case 'accessKeyPage':
      return listAccessKeys(query, rows)
    case 'buckets':
      return listBuckets(query, rows)
    case 'dropped':
      return listDropped(query, rows)
    case 'kills':
      return listKills(query, rows)
    case 'fences':
      return listFences(query, rows)
    default:
      return unreachable(query)
  }
}

/** Record and inline body are two rows: read again when the object was replaced in between. */
async function readObject(
  { bucketId, key, versionId, withBody }: Queries['object']['ask'],
  rows: PartitionRows,
): Promise<Answer<'object'>> {
  for (let attempt = 0; attempt < READ_AGAIN_COUNT_MAX; attempt++) {
    const record =
      versionId === undefined
        ? await rows.object(bucketId, key)
        : (await readNamed(rows, { bucketId, key }, versionId)).named
    if (record === undefined) return undefined
    if (!withBody || record.data.kind !== 'inline') return { record, inline: undefined }
    const inline = await rows.inline(bucketId, key, record.versionSeq)
    if (inline !== undefined) return { record, inline }
  }
  throw new Error(`Object was replaced ${READ_AGAIN_COUNT_MAX} times while it was read`)
}

async function readPieces(
  { bucketId, key, dataSetId, indexes }: Queries['pieces']['ask'],
  rows: PartitionRows,
): Promise<Answer<'pieces'>> {
  const pieces = await rows.pieces(bucketId, key, dataSetId, indexes)
  return pieces.flatMap((piece, at) =>
    piece === undefined ? [] : [{ partNumber: indexes[at] ?? 0, piece }],
  )
}

async function readUpload(
  { bucketId, key, uploadId, after, limit }: Queries['upload']['ask'],
  rows: PartitionRows,
): Promise<Answer<'upload'>> {
  const upload = await rows.upload(bucketId, key, uploadId)
  if (upload === undefined) return undefined
  return { upload, parts: await rows.parts(bucketId, key, uploadId, { after, limit }) }
}

async function countBucket(
  { bucketId }: Queries['counters']['ask'],
  rows: PartitionRows,
): Promise<Answer<'counters'>> {
  const continuesAt = bucketContinuation(bucketId, rows.range)
  return { counters: await rows.counters(bucketId), continuesAt }
}

async function listDropped(
  ask: Queries['dropped']['ask'],
  rows: PartitionRows,
): Promise<DroppedEntry[]> {
  const found = await scanNamespace('G', ask, rows)
  return found.map((row) => ({ ...placeOf(row.key), ...decodeDroppedRow(row.value), row: row.key }))
}

async function listKills(ask: Queries['kills']['ask'], rows: PartitionRows): Promise<KillEntry[]> {
  const found = await scanNamespace('K', ask, rows)
  return found.map((row) => ({ ...placeOf(row.key), ...decodeKillRow(row.value), row: row.key }))
}

async function listFences(
  ask: Queries['fences']['ask'],
  rows: PartitionRows,
): Promise<FenceEntry[]> {
  const found = await scanNamespace('F', ask, rows)
  return found.map((row) => {
    return { bucketId: bucketIdOfRow(row.key), ...decodeFenceRow(row.value), row: row.key }
  })
}

async function listBuckets(
  { after, limit }: Queries['buckets']['ask'],
  rows: PartitionRows,
): Promise<BucketRecord[]> {
  const page: BucketRecord[] = []
  const endsWith = pageEnd(limit)
  let from = after
  for (;;) {
    const batch = { after: from && bucketRowKey(from), limit: BUCKET_BATCH_COUNT }
    const found = await scanNamespace('B', batch, rows)
    for (const { value } of found) {
      const bucket = decodeBucketRow(value)
      page.push(bucket)
      if (endsWith(bucket)) return page
    }
    if (found.length < BUCKET_BATCH_COUNT) return page
    from = page.at(-1)?.name
  }
}

async function listAccessKeys(
  { after, limit }: Queries['accessKeyPage']['ask'],
  rows: PartitionRows,
): Promise<AccessKeySummary[]> {
  const page = { after: after && accessKeyRowKey(after), limit }
  const found = await scanNamespace('A', page, rows)
  return found.map(({ value }) => {
    const { accessKeyId, account, enabled, expiresMs } = decodeAccessKeyRow(value)
    return { accessKeyId, account, enabled, expiresMs }
  })
}

/** Read at a time: each may be large. */
const BUCKET_BATCH_COUNT = 100

function scanNamespace(
  namespace: Namespace,
  { after, limit }: { readonly after: Uint8Array | undefined; readonly limit: number },
  rows: PartitionRows,
): Promise<KeyValue[]> {
  const range = rowsOfRange(namespace, rows.range)
  const start = after === undefined ? range.start : justAfter(after)
  return rows.reader.scan({ start, end: range.end }, { limit })
}

function placeOf(row: Uint8Array) {
  const { key, end } = objectKeyOfRow(row)
  const id = idBehindKey(row, end)
  return { bucketId: bucketIdOfRow(row), key: key as ObjectKey, dataId: id as DataId & DataSetId }
}
