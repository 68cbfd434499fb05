/**
 * The operations that are served, by name. Adding one takes one line.
 *
 * @module
 */

import type { OperationDefinition } from '../operation.ts'
import { getBucketAcl, putBucketAcl } from './operations/bucket-acl.ts'
import {
  getBucketArchiveDirectRead,
  putBucketArchiveDirectRead,
} from './operations/bucket-archive-direct-read.ts'
import {
  deleteBucket,
  getBucketInfo,
  getBucketLocation,
  getBucketStat,
  putBucket,
} from './operations/bucket-basic.ts'
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketPolicy,
} from './operations/bucket-policy.ts'
import {
  deleteBucketPublicAccessBlock,
  getBucketPublicAccessBlock,
  putBucketPublicAccessBlock,
} from './operations/bucket-public-access-block.ts'
import { deleteBucketCors, getBucketCors, putBucketCors } from './operations/bucket-cors.ts'
import { listObjects, listObjectsV2, listObjectVersions } from './operations/bucket-listing.ts'
import {
  getBucketRequestPayment,
  putBucketRequestPayment,
} from './operations/bucket-request-payment.ts'
import { deleteBucketTags, getBucketTags, putBucketTags } from './operations/bucket-tags.ts'
import { getBucketVersioning, putBucketVersioning } from './operations/bucket-versioning.ts'
import { listLiveChannel } from './operations/live-channel.ts'
import { getObjectAcl, putObjectAcl } from './operations/object-acl.ts'
import { appendObject, sealAppendObject } from './operations/object-append.ts'
import {
  copyObject,
  deleteMultipleObjects,
  deleteObject,
  putObject,
} from './operations/object-basic.ts'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './operations/object-multipart.ts'
import { postObject } from './operations/object-post.ts'
import { getObject, getObjectMeta, headObject } from './operations/object-read.ts'
import { cleanRestoredObject, restoreObject } from './operations/object-restore.ts'
import { getSymlink, putSymlink } from './operations/object-symlink.ts'
import {
  deleteObjectTagging,
  getObjectTagging,
  putObjectTagging,
} from './operations/object-tagging.ts'
import {
  deletePublicAccessBlock,
  getPublicAccessBlock,
  putPublicAccessBlock,
} from './operations/public-access-block.ts'
import { describeRegions } from './operations/region.ts'
import { listBuckets } from './operations/service.ts'

const served: readonly OperationDefinition[] = [
  listBuckets,
  describeRegions,
  putPublicAccessBlock,
  getPublicAccessBlock,
  deletePublicAccessBlock,
  putBucket,
  deleteBucket,
  getBucketInfo,
  getBucketLocation,
  getBucketStat,
  putBucketAcl,
  getBucketAcl,
  putBucketPolicy,
  getBucketPolicy,
  deleteBucketPolicy,
  getBucketPolicyStatus,
  putBucketPublicAccessBlock,
  getBucketPublicAccessBlock,
  deleteBucketPublicAccessBlock,
  putBucketVersioning,
  getBucketVersioning,
  putBucketCors,
  getBucketCors,
  deleteBucketCors,
  putBucketTags,
  getBucketTags,
  deleteBucketTags,
  putBucketRequestPayment,
  getBucketRequestPayment,
  putBucketArchiveDirectRead,
  getBucketArchiveDirectRead,
  listObjects,
  listObjectsV2,
  listObjectVersions,
  listLiveChannel,
  putObject,
  getObject,
  headObject,
  getObjectMeta,
  putObjectAcl,
  getObjectAcl,
  copyObject,
  deleteObject,
  deleteMultipleObjects,
  postObject,
  appendObject,
  sealAppendObject,
  restoreObject,
  cleanRestoredObject,
  putSymlink,
  getSymlink,
  putObjectTagging,
  getObjectTagging,
  deleteObjectTagging,
  initiateMultipartUpload,
  uploadPart,
  uploadPartCopy,
  completeMultipartUpload,
  abortMultipartUpload,
  listParts,
  listMultipartUploads,
]

/** Definitions by name. What is known and not in here is `NotImplemented`. */
export const operations: ReadonlyMap<string, OperationDefinition> = new Map(
  served.map((definition) => [definition.name, definition]),
)
