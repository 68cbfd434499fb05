/**
 * From a request to the operation it means in its dialect, and to the operation's answer.
 *
 * What is not served is refused whoever asks. Then the order of checks is that of the cloud: whether the
 * bucket is there, which is no secret, who asks, whether they may, what the operation itself checks.
 * The body is read last.
 *
 * @module
 */

import { assert, unreachable } from '../base/assert.ts'
import { parseBucketName } from '../model/bucket-name.ts'
import { versionedAction } from '../model/access/versioned-action.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { OssError } from '../model/errors.ts'
import type { BucketName, ObjectKey } from '../model/identifiers.ts'
import { decodeObjectKey } from '../model/object-key.ts'
import type { AccessKeyService } from '../services/access-key-service.ts'
import type { Address, EndpointSuffixes } from '../wire/oss/addressing.ts'
import { resolveAddress } from '../wire/oss/addressing.ts'
import type { HeaderValues, QueryPair } from '../wire/oss/request-head.ts'
import { queryValue } from '../wire/oss/request-head.ts'
import { readTrafficLimit } from '../wire/oss/traffic-limit.ts'
import { answerPreflight, corsHeaders } from './cors.ts'
import { authenticate } from './authenticate.ts'
import type { Caller } from './authenticate.ts'
import type { Right } from './authorize.ts'
import {
  authorizeBucket,
  authorizeService,
  authorizeSome,
  refuseAnonymousOverrides,
} from './authorize.ts'
import type { OssRequest, OssResponse } from './http-message.ts'
import type {
  FormOperation,
  HeadedOperation,
  ObjectRequest,
  OperationDefinition,
  Services,
} from './operation.ts'
import type { ResolveOperation } from './operation-resolver.ts'
import { requirePayer } from './request-payer.ts'
import { authorizeWrite } from './writable-object.ts'
import { operationNotImplemented } from './oss/operations/not-implemented.ts'
import type { ResourceLevel } from './oss/known-operations/known-operation.ts'
import { versionArgument } from './oss/version-arguments.ts'

/** What a dialect says of the operations that it has. */
export interface DialectOperations {
  readonly resolve: ResolveOperation<string>
  /** Those that are served. What is known and not in here is `NotImplemented`. */
  readonly served: ReadonlyMap<string, OperationDefinition>
  /** What a preflight is called. */
  readonly preflight: string
  /** Throws `NotImplemented` naming a header that asks the operation for what is not served. */
  refuseHeaders(headers: HeaderValues, isObjectWrite: boolean, operation: HeadedOperation): void
  /** Throws where the bucket is not the one that the request says it must be. */
  checkBucket?(request: OssRequest, bucket: BucketRecord): void
}

/** What a request names. */
interface Target {
  readonly bucketName: BucketName | undefined
  readonly key: ObjectKey | undefined
  readonly style: Address['style']
}

/** Serves a dialect. */
export class Gateway {
  readonly #dialect: DialectOperations
  readonly #services: Services
  readonly #accessKeys: AccessKeyService
  readonly #suffixes: EndpointSuffixes
  readonly #rights = new Map<OperationDefinition, Right>()
  readonly #versionRights = new Map<OperationDefinition, Right>()

  constructor(
    dialect: DialectOperations,
    services: Services,
    accessKeys: AccessKeyService,
    suffixes: EndpointSuffixes,
  ) {
    this.#dialect = dialect
    this.#services = services
    this.#accessKeys = accessKeys
    this.#suffixes = suffixes
  }

  /** `signed` is the request as it was sent, where operations see its head in other words. */
  async handle(request: OssRequest, signed: OssRequest = request): Promise<OssResponse> {
    const target = this.#targetOf(request)
    if (request.method === 'OPTIONS') return this.#answerPreflight(request, target)
    if (request.headers['origin'] !== undefined) await this.#letPagesRead(request, target)
    const name = this.#dialect.resolve(request, levelOf(target))
    request.facts.operation = name
    const operation = this.#dialect.served.get(name)
    if (operation === undefined) throw operationNotImplemented(name)
    if (operation.resource === 'form') return this.#receiveForm(operation, request, target)
    let caller: Caller
    try {
      const { bucketName, key, style } = target
      const resource = { bucket: bucketName, key, style }
      caller = await authenticate(signed, resource, this.#accessKeys, this.#services.region.region)
    } catch (refusal) {
      await this.#refuseAbsent(operation, target, refusal)
      throw refusal
    }
    return this.#perform(operation, request, caller, target)
  }

  /** Looks for the bucket only when somebody is refused: all others need its record later anyway. */
  async #refuseAbsent(
    { resource }: HeadedOperation,
    { bucketName }: Target,
    refusal: unknown,
  ): Promise<void> {
    if (resource !== 'bucket' && resource !== 'object') return
    // What cannot be read as a signature is a mistake wherever it is sent.
    if (!(refusal instanceof OssError) || refusal.status !== 403) return
    await this.#findBucket(named(bucketName))
  }

  async #perform(
    operation: HeadedOperation,
    http: OssRequest,
    caller: Caller,
    { bucketName, key }: Target,
  ): Promise<OssResponse> {
    const isObjectWrite = operation.resource === 'object' && operation.access === 'write'
    this.#dialect.refuseHeaders(http.headers, isObjectWrite, operation)
    const right = this.#rightOf(operation, http)
    switch (operation.resource) {
      case 'service': {
        const account = authorizeService(http, caller, right, undefined)
        return operation.handle({ http, caller, account }, this.#services)
      }
      case 'newBucket': {
        const name = named(bucketName)
        const account = authorizeService(http, caller, right, name)
        return operation.handle({ http, caller, account, bucketName: name }, this.#services)
      }
      case 'bucket': {
        const bucket = await this.#bucketOf(http, named(bucketName))
        const request = { http, caller, bucket, right }
        // Of the operations on buckets, only those on many of its objects write.
        if (right.access === 'write') authorizeSome(request)
        else authorizeBucket(request)
        requirePayer(http, caller, bucket)
        return operation.handle(request, this.#services)
      }
      case 'object': {
        const bucket = await this.#bucketOf(http, named(bucketName))
        const objectRequest = { http, caller, bucket, key: named(key), right }
        const { versionIsOfSource } = operation
        await this.#authorizeObject(objectRequest, versionIsOfSource === true ? [] : http.query)
        requirePayer(http, caller, bucket)
        const bytesPerSecond = readTrafficLimit(http)
        if (bytesPerSecond !== undefined) http.limitTraffic(bytesPerSecond)
        return operation.handle(objectRequest, this.#services)
      }
      default:
        return unreachable(operation)
    }
  }

  /** What else is signed of such a request does not count (oss.md 2.1). */
  async #receiveForm(
    operation: FormOperation,
    http: OssRequest,
    { bucketName }: Target,
  ): Promise<OssResponse> {
    const bucket = await this.#bucketOf(http, named(bucketName))
    const right = this.#rightOf(operation, http)
    const request = { http, bucket, right, accessKeys: this.#accessKeys }
    return operation.handle(request, this.#services)
  }

  /** A version that is named needs a right of its own. */
  #rightOf(operation: OperationDefinition, { query }: OssRequest): Right {
    const namesVersion = operation.resource === 'object' && operation.versionIsOfSource !== true
    const isVersion = namesVersion && queryValue(query, 'versionId') !== undefined
    const rights = isVersion ? this.#versionRights : this.#rights
    let right = rights.get(operation)
    if (right === undefined) {
      const { permission } = operation
      const action = isVersion ? versionedAction(permission) : permission
      const access = 'access' in operation ? operation.access : 'manage'
      right = { action, access, region: this.#services.region.region }
      rights.set(operation, right)
    }
    return right
  }

  #targetOf(request: OssRequest): Target {
    const { bucket, rawKey, style } = resolveAddress(request.host, request.rawPath, this.#suffixes)
    const bucketName = bucket === undefined ? undefined : parseBucketName(bucket)
    const key = rawKey === undefined ? undefined : decodeObjectKey(rawKey)
    request.facts.bucket = bucketName
    request.facts.key = key
    return { bucketName, key, style }
  }

  async #bucketOf(http: OssRequest, name: BucketName): Promise<BucketRecord> {
    const bucket = await this.#findBucket(name)
    this.#dialect.checkBucket?.(http, bucket)
    if (bucket.cors?.responseVary === true && http.headers['origin'] === undefined) {
      http.answerHeaders = corsHeaders(http, bucket.cors)
    }
    return bucket
  }

  async #findBucket(name: BucketName): Promise<BucketRecord> {
    const bucket = await this.#services.buckets.find(name)
    if (bucket !== undefined) return bucket
    throw new OssError('NoSuchBucket', { details: [{ name: 'BucketName', value: name }] })
  }

  /** Reads are authorized by the row that the operation reads anyway; writes by the one they replace. */
  async #authorizeObject(request: ObjectRequest, query: readonly QueryPair[]): Promise<void> {
    const { right, caller, http } = request
    const { objects } = this.#services
    switch (right.access) {
      case 'read':
        return refuseAnonymousOverrides(caller, http)
      case 'write': {
        await authorizeWrite(request, objects, versionArgument(query))
        if (http.headers['x-oss-tagging'] === undefined) return
        const tagging = { ...right, action: 'oss:PutObjectTagging' }
        return authorizeWrite({ ...request, right: tagging }, objects)
      }
      case 'manage':
      case 'list':
        return authorizeWrite(request, objects, versionArgument(query))
      default:
        return unreachable(right.access)
    }
  }

  async #answerPreflight(request: OssRequest, { bucketName }: Target): Promise<OssResponse> {
    request.facts.operation = this.#dialect.preflight
    return answerPreflight(request, bucketName && (await this.#findBucket(bucketName)))
  }

  /** Pages may read what a request of theirs is refused with, too: before anything refuses it. */
  async #letPagesRead(request: OssRequest, { bucketName }: Target): Promise<void> {
    if (bucketName === undefined) return
    const bucket = await this.#services.buckets.find(bucketName)
    request.answerHeaders = corsHeaders(request, bucket?.cors)
  }
}

function levelOf({ bucketName, key }: Target): ResourceLevel {
  if (key !== undefined) return 'object'
  return bucketName === undefined ? 'service' : 'bucket'
}

/** The level of an operation says what its requests name. */
function named<T>(value: T | undefined): T {
  assert(value !== undefined, 'an operation is resolved only for requests that name its resource')
  return value
}
