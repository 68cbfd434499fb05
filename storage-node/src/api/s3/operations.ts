/**
 * The operations of the S3 dialect that are served, by the names that they have there: those of the OSS
 * API where the answers are the same but for their headers.
 *
 * @module
 */

import type { OperationDefinition } from '../operation.ts'
import { deleteBucket } from '../oss/operations/bucket-basic.ts'
import { deleteBucketCors, getBucketCors, putBucketCors } from '../oss/operations/bucket-cors.ts'
import { deleteBucketPolicy, getBucketPolicyStatus } from '../oss/operations/bucket-policy.ts'
import { deleteBucketPublicAccessBlock } from '../oss/operations/bucket-public-access-block.ts'
import {
  getBucketRequestPayment,
  putBucketRequestPayment,
} from '../oss/operations/bucket-request-payment.ts'
import { deleteBucketTags, putBucketTags } from '../oss/operations/bucket-tags.ts'
import { getBucketVersioning } from '../oss/operations/bucket-versioning.ts'
import { abortMultipartUpload } from '../oss/operations/object-multipart.ts'
import { postObject } from '../oss/operations/object-post.ts'
import {
  deleteObjectTagging,
  getObjectTagging,
  putObjectTagging,
} from '../oss/operations/object-tagging.ts'
import type { S3OperationName } from './known-operations.ts'
import * as bucketBasic from './operations/bucket-basic.ts'
import * as bucketListing from './operations/bucket-listing.ts'
import * as bucketPolicy from './operations/bucket-policy.ts'
import * as bucketSettings from './operations/bucket-settings.ts'
import * as objectBasic from './operations/object-basic.ts'
import * as objectMultipart from './operations/object-multipart.ts'
import { getObject, headObject } from './operations/object-read.ts'
import { restoreObject } from './operations/object-restore.ts'
import { listBuckets } from './operations/service.ts'

const served: Readonly<Partial<Record<S3OperationName, OperationDefinition>>> = {
  ListBuckets: listBuckets,
  CreateBucket: bucketBasic.createBucket,
  DeleteBucket: deleteBucket,
  HeadBucket: bucketBasic.headBucket,
  GetBucketLocation: bucketBasic.getBucketLocation,
  PutBucketAcl: bucketSettings.putBucketAcl,
  GetBucketAcl: bucketSettings.getBucketAcl,
  PutBucketVersioning: bucketSettings.putBucketVersioning,
  GetBucketVersioning: getBucketVersioning,
  PutBucketTagging: putBucketTags,
  GetBucketTagging: bucketSettings.getBucketTagging,
  DeleteBucketTagging: deleteBucketTags,
  PutBucketCors: putBucketCors,
  GetBucketCors: getBucketCors,
  DeleteBucketCors: deleteBucketCors,
  PutBucketPolicy: bucketPolicy.putBucketPolicy,
  GetBucketPolicy: bucketPolicy.getBucketPolicy,
  DeleteBucketPolicy: deleteBucketPolicy,
  GetBucketPolicyStatus: getBucketPolicyStatus,
  PutPublicAccessBlock: bucketSettings.putPublicAccessBlock,
  GetPublicAccessBlock: bucketSettings.getPublicAccessBlock,
  DeletePublicAccessBlock: deleteBucketPublicAccessBlock,
  PutBucketOwnershipControls: bucketBasic.putBucketOwnershipControls,
  GetBucketOwnershipControls: bucketBasic.getBucketOwnershipControls,
  PutBucketNotificationConfiguration: bucketBasic.putBucketNotificationConfiguration,
  GetBucketNotificationConfiguration: bucketBasic.getBucketNotificationConfiguration,
  PutBucketRequestPayment: putBucketRequestPayment,
  GetBucketRequestPayment: getBucketRequestPayment,
  ListObjects: bucketListing.listObjects,
  ListObjectsV2: bucketListing.listObjectsV2,
  ListObjectVersions: bucketListing.listObjectVersions,
  PostObject: postObject,
  PutObject: objectBasic.putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: objectBasic.deleteObject,
  DeleteObjects: objectBasic.deleteObjects,
  CopyObject: objectBasic.copyObject,
  GetObjectAttributes: objectBasic.getObjectAttributes,
  PutObjectAcl: objectBasic.putObjectAcl,
  GetObjectAcl: objectBasic.getObjectAcl,
  PutObjectTagging: putObjectTagging,
  GetObjectTagging: getObjectTagging,
  DeleteObjectTagging: deleteObjectTagging,
  RestoreObject: restoreObject,
  CreateMultipartUpload: objectMultipart.createMultipartUpload,
  UploadPart: objectMultipart.uploadPart,
  UploadPartCopy: objectMultipart.uploadPartCopy,
  CompleteMultipartUpload: objectMultipart.completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: objectMultipart.listParts,
  ListMultipartUploads: objectMultipart.listMultipartUploads,
}

/** What is known and not in here is `NotImplemented`. */
export const s3Operations: ReadonlyMap<string, OperationDefinition> = new Map(
  Object.entries(served),
)
