/**
 * Typed reads of a partition's rows: where keys and codecs meet the engine.
 *
 * @module
 */

import type { PartitionRange } from '../contract/configuration.ts'
import { WHOLE_SPACE } from '../contract/founding-ranges.ts'
import type { PartitionId, Seq } from '../contract/identifiers.ts'
import type { AccessKeyRecord } from '../model/access/access-key.ts'
import type { AccountRecord } from '../model/account.ts'
import { unsetAccount } from '../model/account.ts'
import type { BucketCounters, BucketRecord } from '../model/bucket.ts'
import { noCounters } from '../model/bucket.ts'
import type { FenceRecord } from '../model/command.ts'
import type { SetRow } from '../model/decide-dropped.ts'
import type { NumberedPart } from '../model/decide-upload.ts'
import type {
  AccessKeyId,
  AccountUid,
  BucketId,
  BucketName,
  DataId,
  DataSetId,
  ObjectKey,
  VersionSeq,
} from '../model/identifiers.ts'
import type { ObjectRecord, PartListRecord, PieceRecord, UploadRecord } from '../model/object.ts'
import { decodeAccessKeyRow } from '../wire/stored/access-key-row.ts'
import { decodeBucketRow } from '../wire/stored/bucket-row.ts'
import {
  PART_LIST_INDEX,
  appliedRowKey,
  accessKeyRowKey,
  accountRowKey,
  bucketIdOfRow,
  bucketRowKey,
  countersRowKey,
  dataSetRange,
  droppedRowKey,
  fenceRowKey,
  inlineRowKey,
  justAfter,
  keyRange,
  killRowKey,
  objectRowKey,
  pieceIndexOfRow,
  pieceRowKey,
  prefixRange,
  uploadRowKey,
  versionRowKey,
} from '../wire/stored/keys.ts'
import { decodeObjectRow } from '../wire/stored/object-row.ts'
import { clipRows, rowsOfRange } from '../wire/stored/range-keys.ts'
import type { AppliedRow } from '../wire/stored/rows.ts'
import {
  decodeAppliedRow,
  decodeCountersRow,
  decodeAccountRow,
  decodeFenceRow,
  decodePartListRow,
  decodePieceRow,
  decodeUploadRow,
} from '../wire/stored/rows.ts'
import type { KeyRange, KeyValue, Reader } from './key-value-engine.ts'

/** Rows read at a time where a whole range is walked. */
const WALK_PAGE_COUNT = 1000

/**
 * Reads the rows of one partition through any reader: the cache, the engine or a snapshot. Many
 * partitions share an engine: whatever walks rows keeps to the partition's range.
 */
export class PartitionRows {
  readonly reader: Reader
  readonly range: PartitionRange

  constructor(reader: Reader, range: PartitionRange = WHOLE_SPACE) {
    this.reader = reader
    this.range = range
  }

  async object(bucketId: BucketId, key: ObjectKey): Promise<ObjectRecord | undefined> {
    return decoded(await this.#get(objectRowKey(bucketId, key)), decodeObjectRow)
  }

  /** The record, and whether `dataId` was killed. */
  async objectAndKill(
    bucketId: BucketId,
    key: ObjectKey,
    dataId: DataId,
  ): Promise<{ current: ObjectRecord | undefined; isKilled: boolean }> {
    const keys = [objectRowKey(bucketId, key), killRowKey(bucketId, key, dataId)]
    const [object, kill] = await this.reader.getMany(keys)
    return { current: decoded(object, decodeObjectRow), isKilled: kill !== undefined }
  }

  /** A version that is not the current one. */
  async version(
    bucketId: BucketId,
    key: ObjectKey,
    seq: VersionSeq,
  ): Promise<ObjectRecord | undefined> {
    return decoded(await this.#get(versionRowKey(bucketId, key, seq)), decodeObjectRow)
  }

  /** The newest of the versions that are not current. */
  async newestVersion(bucketId: BucketId, key: ObjectKey): Promise<ObjectRecord | undefined> {
    const [row] = await this.reader.scan(keyRange('V', bucketId, key), { limit: 1 })
    return decoded(row?.value, decodeObjectRow)
  }

  async isKilled(bucketId: BucketId, key: ObjectKey, dataId: DataId): Promise<boolean> {
    return (await this.#get(killRowKey(bucketId, key, dataId))) !== undefined
  }

  inline(bucketId: BucketId, key: ObjectKey, seq: VersionSeq): Promise<Uint8Array | undefined> {
    return this.#get(inlineRowKey(bucketId, key, seq))
  }

  async upload(
    bucketId: BucketId,
    key: ObjectKey,
    uploadId: DataSetId,
  ): Promise<UploadRecord | undefined> {
    return decoded(await this.#get(uploadRowKey(bucketId, key, uploadId)), decodeUploadRow)
  }

  async pieces(
    bucketId: BucketId,
    key: ObjectKey,
    set: DataSetId,
    indexes: readonly number[],
  ): Promise<(PieceRecord | undefined)[]> {
    const keys = indexes.map((index) => pieceRowKey(bucketId, key, set, index))
    const values = await this.reader.getMany(keys)
    return values.map((value) => decoded(value, decodePieceRow))
  }

  async partList(
    bucketId: BucketId,
    key: ObjectKey,
    set: DataSetId,
  ): Promise<PartListRecord | undefined> {
    const row = pieceRowKey(bucketId, key, set, PART_LIST_INDEX)
    return decoded(await this.#get(row), decodePartListRow)
  }

  /** Parts of an upload after number `after`, in order. */
  async parts(
    bucketId: BucketId,
    key: ObjectKey,
    uploadId: DataSetId,
    { after, limit }: { after: number; limit: number },
  ): Promise<NumberedPart[]> {
    const { end } = dataSetRange(bucketId, key, uploadId)
    const parts: NumberedPart[] = []
    let start = pieceRowKey(bucketId, key, uploadId, after + 1)
    while (parts.length < limit) {
      const count = Math.min(limit - parts.length, WALK_PAGE_COUNT)
      const rows = await this.reader.scan({ start, end }, { limit: count })
      for (const row of rows) {
        if (pieceIndexOfRow(row.key) === PART_LIST_INDEX) continue
        parts.push({ partNumber: pieceIndexOfRow(row.key), piece: decodePieceRow(row.value) })
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < count) break
      start = justAfter(last.key)
    }
    return parts
  }

  /** The first rows of a data set, its part list included. */
  async dataSet(
    bucketId: BucketId,
    key: ObjectKey,
    set: DataSetId,
    limit: number,
  ): Promise<SetRow[]> {
    const rows = await this.reader.scan(dataSetRange(bucketId, key, set), { limit })
    return rows.map((row) => {
      const index = pieceIndexOfRow(row.key)
      return { index, piece: index === PART_LIST_INDEX ? undefined : decodePieceRow(row.value) }
    })
  }

  /** Whether any row of the key refers to the dataId, the delete queue among them: it has its own time. */
  async isReferenced(bucketId: BucketId, key: ObjectKey, dataId: DataId): Promise<boolean> {
    const current = await this.object(bucketId, key)
    if (current?.data.kind === 'chunks' && current.data.dataId === dataId) return true
    if ((await this.#get(droppedRowKey(bucketId, key, dataId))) !== undefined) return true
    if (current?.older !== undefined && (await this.#isOfVersion(bucketId, key, dataId)))
      return true
    for await (const row of this.walk(keyRange('D', bucketId, key))) {
      if (pieceIndexOfRow(row.key) === PART_LIST_INDEX) continue
      const { data } = decodePieceRow(row.value)
      if (data.kind === 'chunks' && data.dataId === dataId) return true
    }
    return false
  }

  async #isOfVersion(bucketId: BucketId, key: ObjectKey, dataId: DataId): Promise<boolean> {
    for await (const row of this.walk(keyRange('V', bucketId, key))) {
      const { data } = decodeObjectRow(row.value)
      if (data.kind === 'chunks' && data.dataId === dataId) return true
    }
    return false
  }

  /** No object and no upload of the bucket in the partition; a key with versions has a current one. */
  async isBucketEmpty(bucketId: BucketId): Promise<boolean> {
    for (const namespace of ['O', 'M'] as const) {
      const range = clipRows(prefixRange(namespace, bucketId, ''), this.range)
      const rows = await this.reader.scan(range, { limit: 1, keysOnly: true })
      if (rows.length > 0) return false
    }
    return true
  }

  async fence(bucketId: BucketId): Promise<FenceRecord | undefined> {
    return decoded(await this.#get(fenceRowKey(bucketId)), decodeFenceRow)
  }

  async counters(bucketId: BucketId): Promise<BucketCounters> {
    return decoded(await this.#get(countersRowKey(bucketId)), decodeCountersRow) ?? noCounters
  }

  async bucket(name: BucketName): Promise<BucketRecord | undefined> {
    return decoded(await this.#get(bucketRowKey(name)), decodeBucketRow)
  }

  async account(account: AccountUid): Promise<AccountRecord> {
    return decoded(await this.#get(accountRowKey(account)), decodeAccountRow) ?? unsetAccount
  }

  async accessKey(accessKeyId: AccessKeyId): Promise<AccessKeyRecord | undefined> {
    return decoded(await this.#get(accessKeyRowKey(accessKeyId)), decodeAccessKeyRow)
  }

  /** Those of these that there are. */
  async accessKeys(accessKeyIds: readonly AccessKeyId[]): Promise<AccessKeyRecord[]> {
    const values = await this.reader.getMany(accessKeyIds.map(accessKeyRowKey))
    return values.flatMap((value) => decoded(value, decodeAccessKeyRow) ?? [])
  }

  /** All buckets of the region, in order of their names. */
  async buckets(): Promise<BucketRecord[]> {
    const buckets: BucketRecord[] = []
    for await (const row of this.walk(rowsOfRange('B', this.range))) {
      buckets.push(decodeBucketRow(row.value))
    }
    return buckets
  }

  /** The buckets that are fenced in the partition. */
  async fencedBuckets(): Promise<BucketId[]> {
    const fenced: BucketId[] = []
    for await (const row of this.walk(rowsOfRange('F', this.range))) {
      if (!decodeFenceRow(row.value).isLifted) fenced.push(bucketIdOfRow(row.key))
    }
    return fenced
  }

  async applied(partition: PartitionId): Promise<AppliedRow> {
    const nothing: AppliedRow = { seq: 0 as Seq, versionSeq: 0n as VersionSeq }
    return decoded(await this.#get(appliedRowKey(partition)), decodeAppliedRow) ?? nothing
  }

  /** All rows of a range, page by page. */
  async *walk(range: KeyRange): AsyncIterable<KeyValue> {
    let { start } = range
    for (;;) {
      const rows = await this.reader.scan({ start, end: range.end }, { limit: WALK_PAGE_COUNT })
      yield* rows
      const last = rows.at(-1)
      if (last === undefined || rows.length < WALK_PAGE_COUNT) return
      start = justAfter(last.key)
    }
  }

  async #get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const [value] = await this.reader.getMany([key])
    return value
  }
}

function decoded<T>(
  value: Uint8Array | undefined,
  decode: (bytes: Uint8Array) => T,
): T | undefined {
  return value === undefined ? undefined : decode(value)
}
