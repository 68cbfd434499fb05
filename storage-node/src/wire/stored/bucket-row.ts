/**
 * Rows `B`: a bucket with its settings.
 *
 * Settings stand at the end, each with a number and only when it was made: a bucket that was told
 * nothing takes one byte for them, and a new one needs no new version.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import { unsetSettings } from '../../model/bucket.ts'
import type {
  BucketAcl,
  BucketDeletion,
  BucketRecord,
  BucketSettings,
  DataRedundancy,
  RequestPayer,
  Versioning,
} from '../../model/bucket.ts'
import { CORS_METHODS } from '../../model/cors.ts'
import type { CorsConfiguration, CorsRule } from '../../model/cors.ts'
import type { AccountUid, BucketId, BucketName, VersionSeq } from '../../model/identifiers.ts'
import type { Tag } from '../../model/tag.ts'
import { BinaryReader, BinaryWriter } from './binary.ts'
import { pick, readStorageClass, writeStorageClass } from './object-row.ts'
import { StoredFormatError } from './stored-format-error.ts'

/** Without settings. */
const VERSION_WITHOUT_SETTINGS = 1
const VERSION = 2
const BUCKET_ACLS: readonly BucketAcl[] = ['private', 'public-read', 'public-read-write']
const REDUNDANCIES: readonly DataRedundancy[] = ['LRS', 'ZRS']
const VERSIONINGS: readonly Versioning[] = ['unset', 'Enabled', 'Suspended']
const PAYERS: readonly RequestPayer[] = ['BucketOwner', 'Requester']

/** In the order of their numbers, which are never used again. */
const SETTING_NAMES = [
  'versioning',
  'tags',
  'cors',
  'policy',
  'publicAccessBlock',
  'requestPayer',
  'ownerPublicAccessBlock',
  'archiveDirectRead',
] as const satisfies readonly (keyof BucketSettings)[]

type SettingName = (typeof SETTING_NAMES)[number]

export function encodeBucketRow(bucket: BucketRecord): Buffer {
  const writer = new BinaryWriter()
    .u8(VERSION)
    .hex(bucket.bucketId)
    .u48(bucket.createdMs)
    .u48(bucket.deletion?.sinceMs ?? 0)
    .u8(BUCKET_ACLS.indexOf(bucket.acl))
    .u8(REDUNDANCIES.indexOf(bucket.dataRedundancy))
  writeStorageClass(writer, bucket.storageClass)
  writer.text(bucket.name).text(bucket.owner)
  if (bucket.deletion !== undefined) {
    writer.u64(bucket.deletion.attempt).u8(bucket.deletion.isUndone ? 1 : 0)
  }
  const made = SETTING_NAMES.filter((name) => isMade(bucket, name))
  writer.u8(made.length)
  for (const name of made) writeSetting(writer.u8(SETTING_NAMES.indexOf(name)), bucket, name)
  return writer.finish()
}

export function decodeBucketRow(bytes: Uint8Array): BucketRecord {
  const reader = new BinaryReader(bytes)
  const version = reader.u8()
  if (version !== VERSION && version !== VERSION_WITHOUT_SETTINGS) {
    throw new StoredFormatError(`Bucket row has version ${version}`)
  }
  const bucketId = reader.hex(8) as BucketId
  const createdMs = reader.u48()
  const sinceMs = reader.u48()
  const record = {
    bucketId,
    createdMs,
    acl: pick(BUCKET_ACLS, reader.u8()),
    dataRedundancy: pick(REDUNDANCIES, reader.u8()),
    storageClass: readStorageClass(reader),
    name: reader.text() as BucketName,
    owner: reader.text() as AccountUid,
    deletion: sinceMs === 0 ? undefined : readDeletion(reader, sinceMs),
    ...(version === VERSION ? readSettings(reader) : unsetSettings),
  }
  reader.end()
  return record
}

/** Deletions of regions with one store have no number; they are of the first version. */
function readDeletion(reader: BinaryReader, sinceMs: number): BucketDeletion {
  if (reader.remaining === 0) return { attempt: 0n as VersionSeq, sinceMs, isUndone: false }
  return { attempt: reader.u64() as VersionSeq, sinceMs, isUndone: reader.u8() === 1 }
}

function isMade(bucket: BucketRecord, name: SettingName): boolean {
  return name === 'tags' ? bucket.tags.length > 0 : bucket[name] !== unsetSettings[name]
}

function writeSetting(writer: BinaryWriter, bucket: BucketRecord, name: SettingName): void {
  switch (name) {
    case 'versioning':
      writer.u8(VERSIONINGS.indexOf(bucket.versioning))
      return
    case 'tags':
      writer.varint(bucket.tags.length)
      for (const [key, value] of bucket.tags) writer.text(key).text(value)
      return
    case 'cors':
      writeCors(writer, bucket.cors)
      return
    case 'policy':
      writer.text(bucket.policy ?? '')
      return
    case 'publicAccessBlock':
      writer.u8(bucket.publicAccessBlock ? 1 : 0)
      return
    case 'requestPayer':
      writer.u8(PAYERS.indexOf(bucket.requestPayer))
      return
    case 'ownerPublicAccessBlock':
      writer.u8(bucket.ownerPublicAccessBlock ? 1 : 0)
      return
    case 'archiveDirectRead':
      writer.u8(bucket.archiveDirectRead ? 1 : 0)
      return
    default:
      unreachable(name)
  }
}

function readSettings(reader: BinaryReader): BucketSettings {
  let settings = unsetSettings
  for (let left = reader.u8(); left > 0; left--) {
    settings = { ...settings, ...readSetting(reader, pick(SETTING_NAMES, reader.u8())) }
  }
  return settings
}

function readSetting(reader: BinaryReader, name: SettingName): Partial<BucketSettings> {
  switch (name) {
    case 'versioning':
      return { versioning: pick(VERSIONINGS, reader.u8()) }
    case 'tags':
      return { tags: readTags(reader) }
    case 'cors':
      return { cors: readCors(reader) }
    case 'policy':
      return { policy: reader.text() }
    case 'publicAccessBlock':
      return { publicAccessBlock: reader.u8() === 1 }
    case 'requestPayer':
      return { requestPayer: pick(PAYERS, reader.u8()) }
    case 'ownerPublicAccessBlock':
      return { ownerPublicAccessBlock: reader.u8() === 1 }
    case 'archiveDirectRead':
      return { archiveDirectRead: reader.u8() === 1 }
    default:
      return unreachable(name)
  }
}

function readTags(reader: BinaryReader): Tag[] {
  const tags: Tag[] = []
  for (let left = reader.count(); left > 0; left--) tags.push([reader.text(), reader.text()])
  return tags
}

function writeCors(writer: BinaryWriter, cors: CorsConfiguration | undefined): void {
  writer.u8(cors?.responseVary ? 1 : 0).varint(cors?.rules.length ?? 0)
  for (const rule of cors?.rules ?? []) {
    writeTexts(writer, rule.allowedOrigins)
    writer.varint(rule.allowedMethods.length)
    for (const method of rule.allowedMethods) writer.u8(CORS_METHODS.indexOf(method))
    writeTexts(writer, rule.allowedHeaders)
    writeTexts(writer, rule.exposeHeaders)
    // Nought is none, so that every age stands one higher.
    writer.varint(rule.maxAgeSeconds === undefined ? 0 : rule.maxAgeSeconds + 1)
  }
}

function readCors(reader: BinaryReader): CorsConfiguration {
  const responseVary = reader.u8() === 1
  const rules: CorsRule[] = []
  for (let left = reader.count(); left > 0; left--) {
    const allowedOrigins = readTexts(reader)
    const allowedMethods = readMany(reader, () => pick(CORS_METHODS, reader.u8()))
    const allowedHeaders = readTexts(reader)
    const exposeHeaders = readTexts(reader)
    const age = reader.varint()
    const maxAgeSeconds = age === 0 ? undefined : age - 1
    rules.push({ allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders, maxAgeSeconds })
  }
  return { rules, responseVary }
}

function writeTexts(writer: BinaryWriter, texts: readonly string[]): void {
  writer.varint(texts.length)
  for (const text of texts) writer.text(text)
}

function readTexts(reader: BinaryReader): string[] {
  return readMany(reader, () => reader.text())
}

function readMany<T>(reader: BinaryReader, readOne: () => T): T[] {
  return Array.from({ length: reader.count() }, readOne)
}
