/**
 * Names of buckets, objects and their pieces.
 *
 * Binary identifiers are lower-case hex texts in memory: they are compared, logged and used as map
 * keys far more often than they are written.
 *
 * @module
 */

import type { Branded } from '../base/branded.ts'

export type BucketName = Branded<string, 'BucketName'>
/** 8 random bytes; a bucket that is deleted and made again gets another. */
export type BucketId = Branded<string, 'BucketId'>
/** 1-1023 bytes of UTF-8 (oss.md 4). */
export type ObjectKey = Branded<string, 'ObjectKey'>
/** 16 bytes, unique per upload attempt: 6 of creation time in ms, 10 random (replication.md 1.8). */
export type DataId = Branded<string, 'DataId'>
/** 16 bytes: the upload id or append id that a set of pieces belongs to. */
export type DataSetId = Branded<string, 'DataSetId'>
/** Hybrid clock: ms << 16 | counter. Rises within a partition. */
export type VersionSeq = Branded<bigint, 'VersionSeq'>
/** Which version of an object: `null`, or 16 bytes, the versionSeq and 8 random ones. */
export type VersionId = Branded<string, 'VersionId'>
/** 16 decimal digits. */
export type AccountUid = Branded<string, 'AccountUid'>
/** The part of an access key that is no secret. */
export type AccessKeyId = Branded<string, 'AccessKeyId'>

/** Objects up to this size live in a row; larger ones in chunks. */
export const INLINE_SIZE_BYTES_MAX = 4096
/** Size of every chunk of an object's data but the last. */
export const CHUNK_SIZE_BYTES = 4 * 1024 ** 2
/** CRC-32 of a chunk is kept per block of this size. */
export const CHECK_BLOCK_BYTES = 64 * 1024
