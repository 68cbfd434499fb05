/**
 * Operations on an object or on what its key names (oss.md 1.4, 1.7 to 1.11).
 *
 * @module
 */

import type { KnownOperation } from './known-operation.ts'

export const objectOperations = {
  // Uploaders that choose between one request and parts send `sequential` with either.
  PutObject: { methods: ['PUT'], parameters: ['callback', 'callback-var', 'sequential'] },
  CopyObject: { methods: ['PUT'], header: 'x-oss-copy-source' },
  GetObject: { methods: ['GET'], parameters: ['versionId'], ignores: 'others with a value' },
  HeadObject: { methods: ['HEAD'], parameters: ['versionId'], ignores: 'others with a value' },
  // One client deletes with the parameters by which it has read a symlink: its object is meant.
  DeleteObject: { methods: ['DELETE'], orSelect: ['symlink'], parameters: ['versionId'] },
  GetObjectMeta: {
    methods: ['HEAD', 'GET'],
    select: ['objectMeta'],
    parameters: ['versionId'],
  },
  AppendObject: { methods: ['POST'], select: ['append'], parameters: ['position'] },
  SealAppendObject: { methods: ['POST'], select: ['seal'], parameters: ['position'] },
  PutObjectAcl: { methods: ['PUT'], select: ['acl'], parameters: ['versionId'] },
  GetObjectAcl: { methods: ['GET'], select: ['acl'], parameters: ['versionId'] },
  RestoreObject: { methods: ['POST'], select: ['restore'], parameters: ['versionId'] },
  CleanRestoredObject: {
    methods: ['POST'],
    select: ['cleanRestoredObject'],
    parameters: ['versionId'],
  },
  PutSymlink: { methods: ['PUT'], select: ['symlink'] },
  GetSymlink: { methods: ['GET'], select: ['symlink'], parameters: ['versionId'] },
  PutObjectTagging: { methods: ['PUT'], select: ['tagging'], parameters: ['versionId'] },
  GetObjectTagging: { methods: ['GET'], select: ['tagging'], parameters: ['versionId'] },
  DeleteObjectTagging: { methods: ['DELETE'], select: ['tagging'], parameters: ['versionId'] },
  PutObjectRetention: { methods: ['PUT'], select: ['retention'], parameters: ['versionId'] },
  GetObjectRetention: { methods: ['GET'], select: ['retention'], parameters: ['versionId'] },
  PutObjectLegalHold: { methods: ['PUT'], select: ['legalHold'], parameters: ['versionId'] },
  GetObjectLegalHold: { methods: ['GET'], select: ['legalHold'], parameters: ['versionId'] },
  InitiateMultipartUpload: {
    methods: ['POST'],
    select: ['uploads'],
    parameters: ['encoding-type', 'sequential'],
  },
  UploadPart: { methods: ['PUT'], select: ['partNumber', 'uploadId'] },
  UploadPartCopy: {
    methods: ['PUT'],
    select: ['partNumber', 'uploadId'],
    header: 'x-oss-copy-source',
    parameters: ['versionId'],
  },
  CompleteMultipartUpload: {
    methods: ['POST'],
    select: ['uploadId'],
    parameters: ['encoding-type', 'callback', 'callback-var', 'sequential'],
  },
  AbortMultipartUpload: { methods: ['DELETE'], select: ['uploadId'] },
  ListParts: {
    methods: ['GET'],
    select: ['uploadId'],
    parameters: ['part-number-marker', 'max-parts', 'encoding-type'],
  },
  CreateDirectory: { methods: ['POST'], select: ['x-oss-dir'] },
  Rename: { methods: ['POST'], select: ['x-oss-rename'] },
  DeleteDirectory: { methods: ['POST'], select: ['x-oss-delete'] },
  ProcessOnRead: { methods: ['GET', 'HEAD'], select: ['x-oss-process'] },
  /** Save-as, SelectObject and CreateSelectObjectMeta: the value tells which. */
  ProcessObject: { methods: ['POST'], select: ['x-oss-process'] },
  SelectObject: { methods: ['POST'], select: ['x-oss-process=csv/select'] },
  SelectJsonObject: { methods: ['POST'], select: ['x-oss-process=json/select'] },
  CreateSelectObjectMeta: { methods: ['POST'], select: ['x-oss-process=csv/meta'] },
  CreateSelectJsonObjectMeta: { methods: ['POST'], select: ['x-oss-process=json/meta'] },
  AsyncProcessObject: { methods: ['POST'], select: ['x-oss-async-process'] },
  PutLiveChannel: { methods: ['PUT'], select: ['live'] },
  DeleteLiveChannel: { methods: ['DELETE'], select: ['live'] },
  PutLiveChannelStatus: { methods: ['PUT'], select: ['live', 'status'] },
  GetLiveChannelInfo: { methods: ['GET'], select: ['live'] },
  GetLiveChannelStat: { methods: ['GET'], select: ['live', 'comp=stat'] },
  GetLiveChannelHistory: { methods: ['GET'], select: ['live', 'comp=history'] },
  PostVodPlaylist: { methods: ['POST'], select: ['vod'], parameters: ['startTime', 'endTime'] },
  GetVodPlaylist: { methods: ['GET'], select: ['vod'], parameters: ['startTime', 'endTime'] },
} as const satisfies Record<string, KnownOperation>
