/**
 * What the crash tests ask of a region, in process or over HTTP.
 *
 * Every change resolves once the region has acknowledged it.
 *
 * @module
 */

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
}

export interface ListedUpload {
  readonly key: string
  readonly uploadId: string
}

export interface ListedPart {
  readonly number: number
  readonly sizeBytes: number
  readonly etag: string
}

export interface BucketCounts {
  readonly objectCount: number
  readonly storageBytes: number
  readonly uploadCount: number
}

/** Requests to one bucket at a time; a failure is an error. */
export interface Region {
  createBucket(bucket: string): Promise<void>
  hasBucket(bucket: string): Promise<boolean>
  putObject(bucket: string, key: string, content: Buffer): Promise<void>
  /** Undefined: there is no such object. */
  getObject(bucket: string, key: string): Promise<Buffer | undefined>
  copyObject(bucket: string, from: string, to: string): Promise<void>
  appendObject(bucket: string, key: string, position: number, content: Buffer): Promise<void>
  deleteObject(bucket: string, key: string): Promise<void>
  deleteObjects(bucket: string, keys: readonly string[]): Promise<void>
  /** All of them. */
  listObjects(bucket: string): Promise<ListedObject[]>
  initiateUpload(bucket: string, key: string): Promise<string>
  uploadPart(bucket: string, upload: ListedUpload, number: number, content: Buffer): Promise<void>
  completeUpload(bucket: string, upload: ListedUpload): Promise<void>
  abortUpload(bucket: string, upload: ListedUpload): Promise<void>
  listUploads(bucket: string): Promise<ListedUpload[]>
  listParts(bucket: string, upload: ListedUpload): Promise<ListedPart[]>
  bucketCounts(bucket: string): Promise<BucketCounts>
}

/** A region that lives in this process. */
export interface LocalRegion extends Region {
  /** Does at once what the store does on its own after a while. */
  checkpoint(): Promise<void>
  compact(): Promise<void>
  close(): Promise<void>
}

/** Opens the region of a data directory. */
export type OpenRegion = (directory: string) => Promise<LocalRegion>
