/**
 * What an API operation declares of itself: name, what it acts on, who may, how to do it.
 *
 * Routing, authorization, metrics and the coverage table are derived from these values; handlers see
 * plain requests and plain services, so that a test needs no socket.
 *
 * @module
 */

import type { BucketRecord } from '../model/bucket.ts'
import type { AccountUid, BucketName, ObjectKey } from '../model/identifiers.ts'
import type { AccessKeyService } from '../services/access-key-service.ts'
import type { AccountService } from '../services/account-service.ts'
import type { BucketService } from '../services/bucket-service.ts'
import type { CallbackService } from '../services/callback-service.ts'
import type { ListingService } from '../services/listing-service.ts'
import type { ObjectService } from '../services/object-service.ts'
import type { UploadService } from '../services/upload-service.ts'
import type { Caller } from './authenticate.ts'
import type { Access, Right } from './authorize.ts'
import type { OssRequest, OssResponse } from './http-message.ts'
import type { OperationName } from './oss/known-operations.ts'
import type { S3OperationName } from './s3/known-operations.ts'

/** What a class offers, without its private parts: a test has its own. */
type Offered<T> = Pick<T, keyof T>

/** What a region tells about itself. */
export interface RegionFacts {
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  /** Host of the region for clients outside and inside, as documents name it; may have a port. */
  readonly extranetEndpoint: string
  readonly intranetEndpoint: string
}

/** Everything that operations call. */
export interface Services {
  readonly region: RegionFacts
  readonly accounts: Offered<AccountService>
  readonly buckets: Offered<BucketService>
  readonly objects: Offered<ObjectService>
  readonly uploads: Offered<UploadService>
  readonly listings: Offered<ListingService>
  readonly callbacks: Offered<CallbackService>
}

/** A request that names no bucket. */
export interface ServiceRequest {
  readonly http: OssRequest
  readonly caller: Caller
  /** The caller's: operations that see this are never anonymous. */
  readonly account: AccountUid
}

/** A request about a bucket that need not exist. */
export interface NewBucketRequest extends ServiceRequest {
  readonly bucketName: BucketName
}

/** A request about a bucket. */
export interface BucketRequest {
  readonly http: OssRequest
  readonly caller: Caller
  readonly bucket: BucketRecord
  /** What the request needs, and was found to have as far as the bucket tells. */
  readonly right: Right
}

/** A request about an object. */
export interface ObjectRequest extends BucketRequest {
  readonly key: ObjectKey
}

/** An upload form to a bucket: it is in its fields who sends it, and what its object is. */
export interface FormRequest {
  readonly http: OssRequest
  readonly bucket: BucketRecord
  readonly right: Right
  readonly accessKeys: AccessKeyService
}

interface Declaration<Resource extends string, Request> {
  /** As in the reference of a dialect. */
  readonly name: OperationName | S3OperationName
  readonly resource: Resource
  /** Action in policies (oss.md 2.7). */
  readonly permission: `oss:${string}`
  /** Whether the write may depend on what it replaces (S3). */
  readonly isConditional?: true
  /** Whether a callback may be asked for (oss.md 5.18). */
  readonly callsBack?: true
  /** A version in the query is that of its source, which a header names: it is no right on the target. */
  readonly versionIsOfSource?: true
  /** Class of the request in metering (oss.md 6.6). */
  readonly metering: 'put' | 'get'
  handle(request: Request, services: Services): Promise<OssResponse>
}

interface Guarded {
  /** What somebody needs where policies are silent and the bucket is another's. */
  readonly access: Access
}

export type ServiceOperation = Declaration<'service', ServiceRequest>
export type NewBucketOperation = Declaration<'newBucket', NewBucketRequest>
export type BucketOperation = Declaration<'bucket', BucketRequest> & Guarded
export type ObjectOperation = Declaration<'object', ObjectRequest> & Guarded

export type FormOperation = Declaration<'form', FormRequest> & Guarded

/** Those whose requests are signed in their head. */
export type HeadedOperation =
  ServiceOperation | NewBucketOperation | BucketOperation | ObjectOperation
export type OperationDefinition = HeadedOperation | FormOperation
