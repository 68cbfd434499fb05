/**
 * The object that CopyObject and UploadPartCopy read (oss.md 5.11).
 *
 * @module
 */

import { parseBucketName } from '../../model/bucket-name.ts'
import { linkedRecord } from '../../model/decide-symlink.ts'
import { invalidArgument, OssError } from '../../model/errors.ts'
import type { BucketName, ObjectKey, VersionId } from '../../model/identifiers.ts'
import { decodeObjectKey } from '../../model/object-key.ts'
import type { ObjectRecord } from '../../model/object.ts'
import { requireConditions } from '../../model/preconditions.ts'
import { parseVersionId } from '../../model/version-id.ts'
import type { OpenObject } from '../../services/object-reader.ts'
import type { SourceObject } from '../../services/object-service.ts'
import { readCopySourceConditions } from '../../wire/oss/conditions.ts'
import type { Deed } from '../authorize.ts'
import { authorizeObject, dependsOnObject } from '../authorize.ts'
import type { ObjectRequest, Services } from '../operation.ts'
import { requirePayer } from '../request-payer.ts'
import { hideAbsence } from '../readable-object.ts'
import { readTarget } from './linked-object.ts'

/** Where to copy from, and what has to hold of it. */
export interface CopySource {
  readonly source: SourceObject
  /** The reading of it. */
  readonly deed: Deed
  /** Throws unless the caller may read it. */
  authorize(record: ObjectRecord): void
  /** Throws unless every condition holds. */
  requireConditions(record: ObjectRecord): void
  /** Both. */
  check(record: ObjectRecord): void
}

/** Finds the bucket that `x-oss-copy-source` names. */
export async function findCopySource(
  { http, caller, right: { region } }: ObjectRequest,
  { buckets }: Services,
): Promise<CopySource> {
  const { bucketName, ...named } = parseCopySource(http.headers['x-oss-copy-source'] ?? '')
  const bucket = await buckets.find(bucketName)
  if (bucket === undefined) {
    throw new OssError('NoSuchBucket', { details: [{ name: 'BucketName', value: bucketName }] })
  }
  const conditions = readCopySourceConditions(http.headers)
  const action = named.versionId === undefined ? 'oss:GetObject' : 'oss:GetObjectVersion'
  const deed: Deed = {
    ...{ http, caller, bucket, key: named.key },
    right: { action, access: 'read', region },
  }
  const isForObject = dependsOnObject(deed)
  requirePayer(http, caller, bucket)
  const found: CopySource = {
    source: { bucket, ...named },
    deed,
    authorize(record) {
      if (isForObject) authorizeObject(deed, record)
    },
    requireConditions: (record) => requireConditions(conditions, record),
    check(record) {
      found.authorize(record)
      found.requireConditions(record)
    },
  }
  return found
}

/**
 * Opens the bytes of the source, as a read does: of a link those of its target, which the caller needs
 * the right to read as well. Conditions are about what HeadObject tells of it.
 */
export async function openCopySource(
  copySource: CopySource,
  { objects }: Services,
): Promise<OpenObject> {
  const { source, deed } = copySource
  const named = await objects.readSource(source)
  copySource.authorize(named.record)
  const { symlinkTarget } = named.record
  if (symlinkTarget === undefined) {
    copySource.requireConditions(named.record)
    return named
  }
  const readAt = (key: ObjectKey) => objects.read(source.bucket, key)
  const open = await readTarget(deed, symlinkTarget, readAt, ({ record }) => record)
  const record = linkedRecord(named.record, open.record)
  copySource.requireConditions(record)
  return { ...open, record }
}

/** Runs a copy; who may not read the source does not learn that it is absent. */
export async function copying<T>({ deed }: CopySource, copy: () => Promise<T>): Promise<T> {
  try {
    return await copy()
  } catch (error) {
    hideAbsence(deed, error)
    throw error
  }
}

interface ParsedCopySource {
  readonly bucketName: BucketName
  readonly key: ObjectKey
  readonly versionId: VersionId | undefined
}

/** `/bucket/key`, percent-encoded, with or without its first slash and a version behind it. */
export function parseCopySource(text: string): ParsedCopySource {
  const mark = text.indexOf('?')
  const path = mark < 0 ? text : text.slice(0, mark)
  const query = mark < 0 ? '' : text.slice(mark + 1)
  const encoded = path.startsWith('/') ? path.slice(1) : path
  // The slash behind the bucket may be encoded as well.
  const slash = /\/|%2F/i.exec(encoded)
  if (slash === null || slash.index === 0) {
    throw invalidArgument('x-oss-copy-source', text, 'The copy source must be /bucket/key.')
  }
  return {
    bucketName: parseBucketName(encoded.slice(0, slash.index)),
    key: decodeObjectKey(encoded.slice(slash.index + slash[0].length)),
    // An empty version is none, and not the current one.
    versionId:
      query === ''
        ? undefined
        : parseVersionId('x-oss-copy-source', query.replace(/^versionId=/, '')),
  }
}
