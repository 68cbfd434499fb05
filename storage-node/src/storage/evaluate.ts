/**
 * Evaluates a command at its partition's primary: reads the rows it depends on and has the model
 * decide. Called while the command holds its latch, so those rows do not change meanwhile.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import { decideDeleteAccessKey, decidePutAccessKey } from '../model/access/access-key.ts'
import { decidePutAccount, decidePutAccountSettings, unsetAccount } from '../model/account.ts'
import type { Command, Decision, ObjectCommand } from '../model/command.ts'
import { decideAppend } from '../model/decide-append.ts'
import {
  decideCreateBucket,
  decideEndDeleting,
  decideFence,
  decideForgetBucket,
  decideMarkDeleting,
  decidePutBucketSetting,
  decideRefreshOwnerBlock,
  decideSetBucketAcl,
} from '../model/decide-bucket.ts'
import type { BucketInRange } from '../model/decide-bucket.ts'
import {
  WALK_COUNT_MAX,
  decideForgetDropped,
  decideForgetKill,
  decideKillData,
  decideWalkDroppedSet,
  refuseLateData,
} from '../model/decide-dropped.ts'
import { decidePutObject, decideReplaceMetadata } from '../model/decide-object.ts'
import type { DecisionContext } from '../model/decide-object.ts'
import { decidePutSymlink } from '../model/decide-symlink.ts'
import {
  decideAbortUpload,
  decideCompleteUpload,
  decideInitiateUpload,
  decidePutPart,
} from '../model/decide-upload.ts'
import {
  decideAmendVersion,
  decideDeleteObject,
  decideDeleteVersion,
} from '../model/decide-version.ts'
import type { BucketId } from '../model/identifiers.ts'
import type { ObjectRecord, PieceData } from '../model/object.ts'
import { bucketContinuation } from '../wire/stored/range-keys.ts'
import type { PartitionRows } from './partition-rows.ts'
import { readMet, readNamed } from './read-versions.ts'

/** One past the largest part number: all parts there can be. */
const ALL_PARTS = { after: 0, limit: Number.MAX_SAFE_INTEGER }

/** Turns a command into changed rows or a refusal. */
export async function evaluate(
  command: Command,
  rows: PartitionRows,
  context: DecisionContext,
): Promise<Decision> {
  switch (command.kind) {
    case 'fenceBucket':
    case 'unfenceBucket':
      return decideFence(command, await bucketInRange(command.bucketId, rows), context)
    case 'forgetBucket':
      return decideForgetBucket(command, await bucketInRange(command.bucketId, rows), context)
    case 'createBucket': {
      const existing = await rows.bucket(command.name)
      const owned = (await rows.buckets()).filter(({ owner }) => owner === command.owner)
      const ofOwner = await rows.account(command.owner)
      return decideCreateBucket(command, { existing, ownedCount: owned.length, ofOwner }, context)
    }
    case 'setBucketAcl':
      return decideSetBucketAcl(command, await rows.bucket(command.name))
    case 'putBucketSetting':
      return decidePutBucketSetting(command, await rows.bucket(command.name))
    case 'putAccount':
      return decidePutAccount(command, await rows.account(command.account))
    case 'putAccountSettings':
      return decidePutAccountSettings(command, await rows.account(command.account))
    case 'putAccessKey':
      return decidePutAccessKey(command, await rows.accessKey(command.accessKeyId))
    case 'deleteAccessKey':
      return decideDeleteAccessKey(command, await rows.accessKey(command.accessKeyId))
    case 'refreshOwnerBlock': {
      const existing = await rows.bucket(command.name)
      const ofOwner = existing === undefined ? unsetAccount : await rows.account(existing.owner)
      return decideRefreshOwnerBlock(command, existing, ofOwner)
    }
    case 'markBucketDeleting':
      return decideMarkDeleting(command, await rows.bucket(command.name), context)
    case 'removeBucket':
    case 'undoBucketDeleting':
    case 'keepBucket':
      return decideEndDeleting(command, await rows.bucket(command.name))
    default:
      return evaluateOnKey(command, rows, context)
  }
}

async function bucketInRange(bucketId: BucketId, rows: PartitionRows): Promise<BucketInRange> {
  const [fence, isEmpty] = await Promise.all([rows.fence(bucketId), rows.isBucketEmpty(bucketId)])
  return { fence, isEmpty, continuesAt: bucketContinuation(bucketId, rows.range) }
}

async function evaluateOnKey(
  command: ObjectCommand,
  rows: PartitionRows,
  context: DecisionContext,
): Promise<Decision> {
  const { bucketId, key } = command
  switch (command.kind) {
    case 'putObject': {
      const { current, refused } = await currentFor(command, command.body.data, rows, context)
      if (refused !== undefined) return refused
      const met = await readMet(rows, command, current, command.versions)
      return decidePutObject(command, met, context)
    }
    case 'putSymlink': {
      const current = await rows.object(bucketId, key)
      const met = await readMet(rows, command, current, command.versions)
      return decidePutSymlink(command, met, context)
    }
    case 'replaceMetadata':
      return decideReplaceMetadata(command, await rows.object(bucketId, key), context)
    case 'deleteObject': {
      const current = await rows.object(bucketId, key)
      const met = await readMet(rows, command, current, command.versions)
      return decideDeleteObject(command, met, context)
    }
    case 'deleteVersion':
      return evaluateDeleteVersion(command, rows, context)
    case 'amendVersion': {
      const named = await readNamed(rows, command, command.versionId)
      return decideAmendVersion(command, named, context)
    }
    case 'appendObject': {
      const { current, refused } = await currentFor(command, command.body.data, rows, context)
      const lastPiece = await lastPieceOf(command, current, rows)
      return refused ?? decideAppend(command, { current, lastPiece }, context)
    }
    case 'initiateUpload':
      return decideInitiateUpload(command, await rows.object(bucketId, key), context)
    case 'putPart':
      return evaluatePutPart(command, rows, context)
    case 'completeUpload':
      return evaluateCompletion(command, rows, context)
    case 'abortUpload':
      return decideAbortUpload(command, await rows.upload(bucketId, key, command.uploadId), context)
    case 'killData': {
      const isReferenced = await rows.isReferenced(bucketId, key, command.dataId)
      return decideKillData(command, isReferenced, context)
    }
    case 'walkDroppedSet': {
      const set = await rows.dataSet(bucketId, key, command.dataSetId, WALK_COUNT_MAX)
      return decideWalkDroppedSet(command, set, context)
    }
    case 'forgetDropped':
      return decideForgetDropped(command)
    case 'forgetKill':
      return decideForgetKill(command)
    default:
      return unreachable(command)
  }
}

async function currentFor(
  { bucketId, key }: ObjectCommand,
  data: PieceData,
  rows: PartitionRows,
  context: DecisionContext,
): Promise<{ current: ObjectRecord | undefined; refused?: Decision }> {
  if (data.kind === 'inline') return { current: await rows.object(bucketId, key) }
  const { current, isKilled } = await rows.objectAndKill(bucketId, key, data.dataId)
  const refused = refuseLateData(data, isKilled, context)
  return refused === undefined ? { current } : { current, refused: { refused } }
}

async function evaluateDeleteVersion(
  command: Extract<ObjectCommand, { kind: 'deleteVersion' }>,
  rows: PartitionRows,
  context: DecisionContext,
): Promise<Decision> {
  const { bucketId, key, versionId } = command
  const versions = await readNamed(rows, command, versionId)
  const { current, named } = versions
  const isLeft = named !== undefined && named === current && current.older !== undefined
  const newest = isLeft ? await rows.newestVersion(bucketId, key) : undefined
  return decideDeleteVersion(command, versions, newest, context)
}

async function lastPieceOf(
  { bucketId, key }: ObjectCommand,
  current: ObjectRecord | undefined,
  rows: PartitionRows,
) {
  if (current?.data.kind !== 'pieces' || current.data.pieceCount === 0) return undefined
  const { dataSetId, pieceCount } = current.data
  const [last] = await rows.pieces(bucketId, key, dataSetId, [pieceCount - 1])
  return last
}

async function evaluatePutPart(
  command: Extract<ObjectCommand, { kind: 'putPart' }>,
  rows: PartitionRows,
  context: DecisionContext,
): Promise<Decision> {
  const { bucketId, key, uploadId, partNumber, body } = command
  const [upload, [before], isKilled] = await Promise.all([
    rows.upload(bucketId, key, uploadId),
    rows.pieces(bucketId, key, uploadId, [partNumber]),
    body.data.kind === 'chunks' ? rows.isKilled(bucketId, key, body.data.dataId) : false,
  ])
  const refused = refuseLateData(body.data, isKilled, context)
  if (refused !== undefined) return { refused }
  return decidePutPart(command, { upload, before }, context)
}

async function evaluateCompletion(
  command: Extract<ObjectCommand, { kind: 'completeUpload' }>,
  rows: PartitionRows,
  context: DecisionContext,
): Promise<Decision> {
  const { bucketId, key, uploadId } = command
  const [upload, current] = await Promise.all([
    rows.upload(bucketId, key, uploadId),
    rows.object(bucketId, key),
  ])
  const madeFromIt = current?.data.kind === 'pieces' && current.data.dataSetId === uploadId
  const currentParts = madeFromIt ? await rows.partList(bucketId, key, uploadId) : undefined
  const parts = upload === undefined ? [] : await rows.parts(bucketId, key, uploadId, ALL_PARTS)
  const met = await readMet(rows, command, current, command.versions)
  return decideCompleteUpload(command, { upload, ...met, currentParts, parts }, context)
}
