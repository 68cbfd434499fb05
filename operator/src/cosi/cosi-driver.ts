/**
 * What COSI asks for, by the resources of Granary: a bucket is a Bucket, an access is an AccessKey, both in the driver's
 * namespace, and the operator does the rest.
 *
 * The driver keeps nothing: each call looks at what there is, goes on from there and waits until it is so. A call that
 * is repeated, here or at a driver that was started since, does no more than the first.
 *
 * @module
 */

import { sleep, type Clock } from '@granary/storage-node/base/clock'
import { ACCESS_KEY_LABEL, accessKeySecretName } from '../desired/access-key-secrets.ts'
import { decoded } from '../desired/secrets.ts'
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts'
import { accessKeys, type AccessKey } from '../resources/access-key.ts'
import { buckets } from '../resources/bucket.ts'
import { secrets } from '../resources/built-in.ts'
import { findCondition, type Condition } from '../resources/conditions.ts'
import type { KubernetesObject, ObjectName, ResourceType } from '../resources/kubernetes-object.ts'
import { FINALIZER } from '../resources/names.ts'
import { grantedBucket, readAccessParameters, readBucketParameters } from './class-parameters.ts'
import { CosiError } from './cosi-error.ts'
import { AUTHENTICATION_KEY, SIGNATURE_S3V4 } from './cosi-messages.ts'
import type {
  CreateBucketRequest,
  CreateBucketResponse,
  DeleteBucketRequest,
  DriverInfo,
  GrantAccessRequest,
  GrantAccessResponse,
  RevokeAccessRequest,
} from './cosi-messages.ts'
import {
  desiredAccessKey,
  desiredBucket,
  isOfCosi,
  isSameRequest,
  removedBucket,
} from './cosi-objects.ts'
import { readAccountId, readBucketId, readBucketName, readGrantName } from './cosi-names.ts'

export interface CosiDriverOptions {
  readonly api: KubernetesApi
  readonly clock: Clock
  /** What classes call the driver. */
  readonly driverName: string
  /** Where its Buckets and AccessKeys are. */
  readonly namespace: string
  /** The Region of classes that name none. */
  readonly defaultRegion: Required<ObjectName>
}

/** COSI asks again, later each time; a call that waits holds one of its workers. */
const WAIT_MS_MAX = 10_000
const LOOK_MS = 200

interface WithConditions extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined
}

export class CosiDriver {
  readonly #options: CosiDriverOptions

  constructor(options: CosiDriverOptions) {
    this.#options = options
  }

  getInfo(): DriverInfo {
    return { name: this.#options.driverName }
  }

  async createBucket(
    { name: text, parameters }: CreateBucketRequest,
    signal: AbortSignal,
  ): Promise<CreateBucketResponse> {
    const { namespace, defaultRegion } = this.#options
    const name = readBucketName(text)
    const { spec } = readBucketParameters(parameters, defaultRegion)
    const desired = desiredBucket(namespace, name, spec, parameters)
    const bucket = await this.#make(buckets, desired, 'AlreadyExists')
    await this.#untilReady(buckets, bucket, signal)
    const region = (bucket.spec.regionRef ?? defaultRegion).name
    return { bucketId: name, bucketInfo: { s3: { region, signatureVersion: SIGNATURE_S3V4 } } }
  }

  async deleteBucket(
    { bucketId, deleteContext }: DeleteBucketRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const { api, namespace, defaultRegion } = this.#options
    const name = readBucketId(bucketId)
    const { deleteContents } = readBucketParameters(deleteContext, defaultRegion)
    const bucket = await api.get(buckets, { namespace, name })
    if (bucket === undefined) return
    await api.apply(buckets, removedBucket(bucket, deleteContents))
    // A Bucket that nobody holds would be gone before its bucket is.
    const held = await this.#look(buckets, bucket, signal, (present) => {
      return present === undefined || isHeld(present)
    })
    if (held !== undefined && !isHeld(held)) throw notYet(buckets, bucket, undefined)
    await this.#remove(buckets, bucket, signal)
  }

  async grantAccess(
    request: GrantAccessRequest,
    signal: AbortSignal,
  ): Promise<GrantAccessResponse> {
    const { api, namespace } = this.#options
    const name = readGrantName(request.name)
    if (request.authenticationType !== AUTHENTICATION_KEY) {
      throw new CosiError('InvalidArgument', 'The authentication type must be Key')
    }
    const bucketName = { namespace, name: readBucketId(request.bucketId) }
    const bucket = await api.get(buckets, bucketName)
    if (bucket === undefined) throw noBucket(bucketName)
    const spec = readAccessParameters(request.parameters, bucket)
    const words = { ...request.parameters, bucket: bucketName.name }
    const desired = desiredAccessKey(namespace, name, spec, words)
    // Its name is that of one access for ever. The sidecar (v0.2.2) ends with a panic where this is AlreadyExists.
    const key = await this.#make(accessKeys, desired, 'InvalidArgument')
    await this.#untilReady(accessKeys, key, signal)
    return { accountId: name, credentials: { s3: { secrets: await this.#credentials(key) } } }
  }

  async revokeAccess(
    { bucketId, accountId }: RevokeAccessRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const { api, namespace } = this.#options
    const bucket = readBucketId(bucketId)
    const name = readAccountId(accountId)
    const key = await api.get(accessKeys, { namespace, name })
    if (key === undefined) return
    if (!isOfCosi(key) || grantedBucket(key) !== bucket) {
      const message = `The AccessKey ${name} was not granted to the bucket ${bucket}`
      throw new CosiError('InvalidArgument', message)
    }
    await this.#remove(accessKeys, key, signal)
  }

  /** The one that was asked for by the same words, made unless it is there. */
  async #make<T extends KubernetesObject>(
    type: ResourceType<T>,
    desired: T,
    otherwise: 'AlreadyExists' | 'InvalidArgument',
  ): Promise<T> {
    const { api } = this.#options
    const present = (await api.create(type, desired)) ?? (await api.get(type, desired.metadata))
    const what = `${type.kind} ${desired.metadata.name}`
    if (present === undefined || present.metadata.deletionTimestamp !== undefined) {
      throw new CosiError('Aborted', `The ${what} is being deleted`)
    }
    if (isSameRequest(present, desired)) return present
    throw new CosiError(otherwise, `There is a ${what} that was asked for by other parameters`)
  }

  async #untilReady<T extends WithConditions>(
    type: ResourceType<T>,
    object: T,
    signal: AbortSignal,
  ): Promise<void> {
    const last = await this.#look(type, object, signal, (present) => {
      const ready = conditionOf(present, 'Ready')
      return present === undefined || ready?.status === 'True' || ready?.reason === 'NameTaken'
    })
    const ready = conditionOf(last, 'Ready')
    if (ready?.status !== 'True') throw notYet(type, object, ready)
  }

  /** Says that it is gone only once the region knows. */
  async #remove<T extends WithConditions>(
    type: ResourceType<T>,
    object: T,
    signal: AbortSignal,
  ): Promise<void> {
    const { api } = this.#options
    const { name, namespace, uid } = object.metadata
    await api.delete(
      type,
      { name, ...(namespace !== undefined && { namespace }) },
      { ...(uid !== undefined && { uid }) },
    )
    const last = await this.#look(type, object, signal, (present) => present === undefined)
    if (last === undefined) return
    const blocked = conditionOf(last, 'DeletionBlocked')
    const ready = conditionOf(last, 'Ready')
    throw notYet(type, object, blocked?.status === 'True' ? blocked : ready)
  }

  /** Looks until it is as wanted or there is no more time; undefined: that object is gone. */
  async #look<T extends WithConditions>(
    type: ResourceType<T>,
    { metadata }: T,
    signal: AbortSignal,
    isDone: (present: T | undefined) => boolean,
  ): Promise<T | undefined> {
    const { api, clock } = this.#options
    const endMs = clock.monotonicMs() + WAIT_MS_MAX
    while (true) {
      const found = await api.get(type, metadata)
      const present = found?.metadata.uid === metadata.uid ? found : undefined
      if (isDone(present) || signal.aborted || clock.monotonicMs() >= endMs) return present
      await sleep(clock, LOOK_MS, signal)
    }
  }

  /** Under the names that the sidecar puts into BucketInfo. */
  async #credentials(key: AccessKey): Promise<Readonly<Record<string, string>>> {
    const { api, namespace } = this.#options
    const name = accessKeySecretName(key)
    const secret = await api.get(secrets, { namespace, name })
    const isOurs = secret?.metadata.labels?.[ACCESS_KEY_LABEL] === key.metadata.name
    const { accessKeyId, accessKeySecret, endpoint, region } = decoded(secret?.data)
    if (!isOurs || !accessKeyId || !accessKeySecret || !endpoint || !region) {
      throw new CosiError('Aborted', `The Secret ${name} of the access is not written yet`)
    }
    return { accessKeyID: accessKeyId, accessSecretKey: accessKeySecret, endpoint, region }
  }
}

function isHeld({ metadata }: KubernetesObject): boolean {
  return metadata.finalizers?.includes(FINALIZER) === true
}

function conditionOf(object: WithConditions | undefined, type: string): Condition | undefined {
  return findCondition(object?.status?.conditions, type)
}

function noBucket({ namespace, name }: Required<ObjectName>): CosiError {
  return new CosiError('NotFound', `There is no Bucket ${name} in ${namespace}`)
}

function notYet(
  { kind }: ResourceType,
  { metadata }: KubernetesObject,
  why: Condition | undefined,
): CosiError {
  const what = `${kind} ${metadata.name}`
  const isTold = why !== undefined && (why.type === 'Ready') === (why.status === 'False')
  if (!isTold) {
    return new CosiError('Aborted', `The operator has not done with the ${what} yet`)
  }
  return new CosiError(codeOfReason(why.reason), `${what}: ${why.reason}: ${why.message}`)
}

function codeOfReason(reason: string) {
  if (reason === 'NameTaken') return 'AlreadyExists'
  if (reason === 'RegionUnreachable') return 'Unavailable'
  // It goes on by itself.
  return reason === 'Emptying' || reason === 'Deleting' ? 'Aborted' : 'FailedPrecondition'
}
