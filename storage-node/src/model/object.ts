/**
 * An object as its partition keeps it.
 *
 * @module
 */

import type { DataId, DataSetId, VersionSeq } from './identifiers.ts'

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

/** The current version of an object: row `O` (replication.md 2.2). */
export interface ObjectRecord extends ObjectMetadata {
  readonly type: ObjectType
  readonly versionSeq: VersionSeq
  readonly sizeBytes: number
  /** Upper-case hex without quotes; `-<parts>` behind it for multipart objects. */
  readonly etag: string
  /** CRC-64/XZ of the whole object. */
  readonly crc64: bigint
  readonly lastModifiedMs: number
  readonly data: DataReference
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
  readonly partCount: number
  readonly partBytes: number
}
