/**
 * An object as its partition keeps it.
 *
 * @module
 */

import type { DataId, DataSetId, VersionId, VersionSeq } from './identifiers.ts'
import type { Checksum, ChecksumPlan, ObjectChecksum } from './object-checksum.ts'
import type { Tag } from './tag.ts'
import { NULL_VERSION } from './version-id.ts'

/** How the object was made (`x-oss-object-type`, oss.md 5.5). */
export type ObjectType = 'Normal' | 'Multipart' | 'Appendable' | 'Symlink'

export type StorageClass = 'Standard' | 'IA' | 'Archive' | 'ColdArchive' | 'DeepColdArchive'

/** `default` follows the bucket's. */
export type ObjectAcl = 'default' | 'private' | 'public-read' | 'public-read-write'

/** A lower-case name and its value as it came. */
export type HeaderPair = readonly [name: string, value: string]

/** What a client says about an object when it makes it. Never merged with what was there before. */
export interface ObjectMetadata {
  /** As sent, or guessed from the key; never empty unless sent so. */
  readonly contentType: string
  /** Cache-Control, Content-Disposition, Content-Encoding, Content-Language, Expires. */
  readonly headers: readonly HeaderPair[]
  /** Names without `x-oss-meta-`. */
  readonly userMetadata: readonly HeaderPair[]
  readonly storageClass: StorageClass
  readonly acl: ObjectAcl
  readonly tags: readonly Tag[]
}

/**
 * Where the bytes are.
 *
 * `inline`: in the `I` row of the same versionSeq. `chunks`: in chunks of one dataId, cut every
 * CHUNK_SIZE_BYTES. `pieces`: in the `D` rows of a data set, `pieceCount` of them; a reader stops at
 * the object's size, for an append may have added to the last piece since. `none`: a symlink.
 */
export type DataReference =
  | { readonly kind: 'none' }
  | { readonly kind: 'inline' }
  | { readonly kind: 'chunks'; readonly dataId: DataId }
  | { readonly kind: 'pieces'; readonly dataSetId: DataSetId; readonly pieceCount: number }

/**
 * A version of an object, or a delete marker: row `O` where it is the current one, row `V` where it is
 * not (replication.md 2.2).
 */
export interface ObjectRecord extends ObjectMetadata, VersionState {
  readonly type: ObjectType
  /** Orders the versions of a key: the current one has the highest. */
  readonly versionSeq: VersionSeq
  readonly sizeBytes: number
  /** Upper-case hex without quotes; `-<parts>` behind it for multipart objects. */
  readonly etag: string
  /** CRC-64/XZ of the whole object. */
  readonly crc64: bigint
  readonly lastModifiedMs: number
  readonly data: DataReference
}

/** What few objects have: see `plainVersion`. */
export interface VersionState {
  readonly versionId: VersionId
  /** Says that the key was deleted; has no bytes and no metadata. */
  readonly isDeleteMarker: boolean
  /** Of a current version: the ones behind it; undefined when there certainly are none. */
  readonly older: OlderVersions | undefined
  /** Key of the same bucket, which need not be there; of symlinks and of nothing else. */
  readonly symlinkTarget: string | undefined
  /** Of an appendable object that cannot grow any more: since when. */
  readonly sealedMs: number | undefined
  readonly restore: RestoreTimes | undefined
  /** MD5 of all bytes, lower-case hex; only of multipart objects whose parts came in order. */
  readonly contentMd5: string | undefined
  /** Of all bytes, or of those of its parts, where a client wanted it kept. */
  readonly checksum: ObjectChecksum | undefined
}

/** Versions of a key that are not current: rows `V`. Those that there were may have been deleted. */
export interface OlderVersions {
  /** Where the null version is among them: `null` says nothing of its place, so this does. */
  readonly nullSeq: VersionSeq | undefined
}

/**
 * A restore of an object of a cold class (oss.md 5.15): the clock alone takes it from under way, until
 * `readyMs`, to restored, until `expiresMs`, to over.
 */
export interface RestoreTimes {
  readonly readyMs: number
  readonly expiresMs: number
}

/** An object of a bucket without versions, to which nothing has happened. */
export const plainVersion: VersionState = {
  versionId: NULL_VERSION,
  isDeleteMarker: false,
  older: undefined,
  symlinkTarget: undefined,
  sealedMs: undefined,
  restore: undefined,
  contentMd5: undefined,
  checksum: undefined,
}

/** Piece of an upload or of an appendable object: row `D`. */
export interface PieceRecord {
  /** Where the piece begins in the object; 0 for parts, whose place is known at completion. */
  readonly offset: number
  readonly sizeBytes: number
  /** 16 bytes, lower-case hex. */
  readonly md5: string
  readonly crc64: bigint
  readonly lastModifiedMs: number
  readonly data: PieceData
  /** Of a part that came with one, or whose upload wants them. */
  readonly checksum?: Checksum | undefined
}

/** Bytes of a piece: in the row itself up to INLINE_SIZE_BYTES_MAX, else in chunks. */
export type PieceData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'chunks'; readonly dataId: DataId }

/** The parts a completed object consists of, in order: the `D` row with index 0xFFFFFFFF. */
export interface PartListRecord {
  readonly parts: readonly { readonly partNumber: number; readonly sizeBytes: number }[]
  /** Over numbers and ETags as listed at completion: recognises a repeated Complete. */
  readonly digest: string
}

/** An upload in progress: row `M`. */
export interface UploadRecord {
  readonly initiatedMs: number
  readonly metadata: ObjectMetadata
  readonly forbidOverwrite: boolean
  /** Its parts are 1 to `partCount`, without a gap. */
  readonly isSequential: boolean
  /** Of sequential uploads, of all their parts; undefined: not known, and never again. */
  readonly running: RunningHash | undefined
  /** Which checksums its parts have, and the object will; undefined: as each comes. */
  readonly checksums?: ChecksumPlan | undefined
  readonly partCount: number
  readonly partBytes: number
}

/** The MD5 of bytes that more may follow, and what it takes to go on with it. */
export interface RunningHash {
  /** 16 bytes, lower-case hex. */
  readonly md5: string
  /** As `RunningMd5` gave it, at most RUNNING_STATE_BYTES_MAX; empty: there were no bytes yet. */
  readonly state: Uint8Array
}

/** Of no bytes. */
export const emptyHash: RunningHash = {
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
  state: new Uint8Array(),
}
