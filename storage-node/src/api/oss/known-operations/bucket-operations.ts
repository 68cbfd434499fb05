/**
 * Operations on a bucket and on what is in it (oss.md 1.2, 1.7, 1.8, 1.11, 1.12).
 *
 * @module
 */

import type { KnownOperation } from './known-operation.ts'

export const bucketOperations = {
  PutBucket: { methods: ['PUT'] },
  DeleteBucket: { methods: ['DELETE'] },
  ListObjects: {
    methods: ['GET'],
    parameters: ['prefix', 'delimiter', 'marker', 'max-keys', 'encoding-type'],
  },
  ListObjectsV2: {
    methods: ['GET'],
    select: ['list-type=2'],
    parameters: [
      'prefix',
      'delimiter',
      'start-after',
      'continuation-token',
      'max-keys',
      'encoding-type',
      'fetch-owner',
    ],
  },
  ListObjectVersions: {
    methods: ['GET'],
    select: ['versions'],
    parameters: [
      'prefix',
      'delimiter',
      'key-marker',
      'version-id-marker',
      'max-keys',
      'encoding-type',
    ],
  },
  GetBucketInfo: { methods: ['GET'], select: ['bucketInfo'] },
  GetBucketLocation: { methods: ['GET'], select: ['location'] },
  GetBucketStat: { methods: ['GET'], select: ['stat'] },
  PutBucketAcl: { methods: ['PUT'], select: ['acl'] },
  GetBucketAcl: { methods: ['GET'], select: ['acl'] },
  PutBucketTags: { methods: ['PUT'], select: ['tagging'] },
  GetBucketTags: { methods: ['GET'], select: ['tagging'] },
  DeleteBucketTags: { methods: ['DELETE'], select: ['tagging'], ignores: 'others' },
  DeleteMultipleObjects: {
    methods: ['POST'],
    select: ['delete'],
    parameters: ['encoding-type'],
  },
  ListMultipartUploads: {
    methods: ['GET'],
    select: ['uploads'],
    parameters: [
      'prefix',
      'delimiter',
      'key-marker',
      'upload-id-marker',
      'max-uploads',
      'encoding-type',
      // Means nothing here; ossutil's `du` sends it.
      'max-parts',
    ],
  },
  PostObject: { methods: ['POST'], parameters: ['callback', 'callback-var'] },
  ListLiveChannel: {
    methods: ['GET'],
    select: ['live'],
    parameters: ['prefix', 'marker', 'max-keys'],
  },
  PutAsyncFetchTask: { methods: ['POST'], select: ['asyncFetch'] },
  GetAsyncFetchTask: { methods: ['GET'], select: ['asyncFetch'] },
  OpenMetaQuery: { methods: ['POST'], select: ['metaQuery', 'comp=add'], parameters: ['mode'] },
  GetMetaQueryStatus: { methods: ['GET'], select: ['metaQuery'] },
  DoMetaQuery: { methods: ['POST'], select: ['metaQuery', 'comp=query'], parameters: ['mode'] },
  CloseMetaQuery: { methods: ['POST'], select: ['metaQuery', 'comp=delete'] },
  DoMetaQueryAction: { methods: ['POST'], select: ['metaQuery', 'action'] },
} as const satisfies Record<string, KnownOperation>
