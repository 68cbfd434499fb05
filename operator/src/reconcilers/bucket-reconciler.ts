/**
 * Keeps a bucket as its Bucket resource asks, and removes it when that is asked for.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { accountUidOf } from '@granary/storage-node/contract/account-uid'
import { said } from '../decisions/region-conditions.ts'
import type { Refusal } from '../decisions/refusal.ts'
import { buckets, type Bucket } from '../resources/bucket.ts'
import { isTrue } from '../resources/conditions.ts'
import { nameOfKey } from '../resources/kubernetes-object.ts'
import { regionHosts } from '../resources/names.ts'
import type { Region } from '../resources/region.ts'
import type { Again, Controller } from '../runtime/controller.ts'
import type { Answer, BucketChange, RegionBucket } from '../storage-nodes/region-admin.ts'
import { tell } from './events.ts'
import { holdWithFinalizer } from './finalizer.ts'
import type { ReconcilerParts } from './parts.ts'
import { findWay, type RegionWay } from './reachable-region.ts'
import { References } from './references.ts'
import { dependentSource, regionSource } from './region-dependents.ts'
import { writeStatus } from './write-status.ts'

/** Other hands are corrected within this time. */
const RESYNC_MS = 300_000
const RETRY_MS = 5_000
const BLOCKED_MS = 30_000

type OpenWay = Extract<RegionWay, { kind: 'open' }>

export function bucketController(parts: ReconcilerParts): Controller {
  const references = new References()
  const reconciler = new BucketReconciler(parts)
  return {
    name: 'bucket',
    workerCount: 4,
    sources: [dependentSource(parts, buckets, references), regionSource(parts.api, references)],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

/** The name that the bucket of a resource has in its region. */
export function bucketNameOf({ metadata, spec }: Bucket): string {
  return spec.bucketName ?? metadata.name
}

class BucketReconciler {
  readonly #parts: ReconcilerParts

  constructor(parts: ReconcilerParts) {
    this.#parts = parts
  }

  async reconcile(key: string): Promise<Again | undefined> {
    const bucket = await this.#parts.api.get(buckets, nameOfKey(key))
    if (bucket === undefined) return undefined
    const way = await findWay(this.#parts, bucket, bucket.spec.regionRef)
    if (bucket.metadata.deletionTimestamp !== undefined) return this.#remove(bucket, way)
    await holdWithFinalizer(
      ...([this.#parts.api, buckets, bucket, bucket.spec.deletionPolicy === 'Delete'] as const),
    )
    switch (way.kind) {
      case 'open':
        return this.#put(bucket, way)
      case 'gone':
      case 'unfounded':
      case 'forbidden':
        return this.#refuse(bucket, way.refusal)
      default:
        return unreachable(way)
    }
  }

  async #put(bucket: Bucket, { region, connection }: OpenWay): Promise<Again> {
    const account = bucket.metadata.namespace ?? ''
    const uid = accountUidOf(region.metadata.name, account)
    const named = await connection.putAccount(uid, account)
    const answer =
      named.kind === 'ok'
        ? await connection.putBucket(bucketNameOf(bucket), regionBucket(bucket, uid))
        : named
    switch (answer.kind) {
      case 'ok':
        return this.#accept(bucket, region, answer)
      case 'refused':
        return this.#refuse(bucket, refusalOf(bucket, answer))
      case 'unreachable':
        return this.#wait(bucket, answer.message)
      default:
        return unreachable(answer)
    }
  }

  async #accept(
    bucket: Bucket,
    region: Region,
    { value }: Extract<Answer<BucketChange>, { kind: 'ok' }>,
  ): Promise<Again> {
    await this.#tellOfChange(bucket, value)
    const message = `The bucket ${bucketNameOf(bucket)} is as this resource asks`
    await writeStatus(this.#parts, buckets, bucket, {
      conditions: [
        said('Ready', true, 'Available', message),
        said('Synced', true, 'InSync', message),
        said('DeletionBlocked', false, 'NotDeleted', 'Nobody deletes it'),
      ],
      fields: { bucketName: bucketNameOf(bucket), endpoints: endpointsOf(bucket, region) },
    })
    return { afterMs: RESYNC_MS }
  }

  async #tellOfChange(bucket: Bucket, { created, changed }: BucketChange): Promise<void> {
    const { status, metadata } = bucket
    const name = bucketNameOf(bucket)
    if (created) {
      return tell(this.#parts, bucket, 'Normal', {
        reason: 'BucketCreated',
        message: `Made the bucket ${name}`,
      })
    }
    const wasInSync =
      isTrue(status?.conditions, 'Synced') && status?.observedGeneration === metadata.generation
    if (changed.length === 0 || !wasInSync) return
    return tell(this.#parts, bucket, 'Warning', {
      reason: 'DriftCorrected',
      message: `Somebody else changed ${changed.join(', ')} of the bucket ${name}; it is set back`,
    })
  }

  /** Something has to be changed before the bucket can be used. */
  async #refuse(bucket: Bucket, refusal: Refusal): Promise<Again> {
    const { reason, message } = refusal
    await tell(this.#parts, bucket, 'Warning', refusal)
    await writeStatus(this.#parts, buckets, bucket, {
      conditions: [said('Ready', false, reason, message), said('Synced', false, reason, message)],
    })
    return { afterMs: BLOCKED_MS }
  }

  /** What was true of the bucket still is, as far as anybody knows. */
  async #wait(bucket: Bucket, message: string): Promise<Again> {
    const reason = 'RegionUnreachable'
    const isKnown = isTrue(bucket.status?.conditions, 'Ready')
    await writeStatus(this.#parts, buckets, bucket, {
      conditions: [
        said('Synced', false, reason, message),
        ...(isKnown ? [] : [said('Ready', false, reason, message)]),
      ],
      isWhole: false,
    })
    return { afterMs: RETRY_MS }
  }

  async #remove(bucket: Bucket, way: RegionWay): Promise<Again | undefined> {
    const { api } = this.#parts
    if (bucket.spec.deletionPolicy === 'Delete') {
      const blocked = await this.#removeContents(bucket, way)
      if (blocked !== undefined) return this.#block(bucket, blocked)
    }
    await holdWithFinalizer(api, buckets, bucket, false)
    return undefined
  }

  /** Says what keeps the bucket from being removed; undefined: nothing is left to do. */
  async #removeContents(bucket: Bucket, way: RegionWay): Promise<Refusal | undefined> {
    switch (way.kind) {
      case 'unfounded':
        return undefined
      case 'gone':
      case 'forbidden':
        // Whoever looks after the region has the data now.
        await tell(this.#parts, bucket, 'Warning', {
          reason: 'BucketLeft',
          message: `The bucket ${bucketNameOf(bucket)} is left as it is: ${way.refusal.message}`,
        })
        return undefined
      case 'open':
        return this.#removeFrom(bucket, way)
      default:
        return unreachable(way)
    }
  }

  async #removeFrom(bucket: Bucket, { region, connection }: OpenWay): Promise<Refusal | undefined> {
    const name = bucketNameOf(bucket)
    const owner = await connection.findBucketAccount(name)
    if (owner.kind !== 'ok') return { reason: codeOf(owner), message: owner.message }
    const isOurs =
      owner.value === accountUidOf(region.metadata.name, bucket.metadata.namespace ?? '')
    if (!isOurs) return undefined
    const answer = await connection.deleteBucket(name, bucket.spec.deleteContents)
    if (answer.kind === 'ok') return undefined
    if (answer.kind === 'refused' && answer.code === 'BucketNotEmpty') return notEmpty(bucket)
    return { reason: codeOf(answer), message: answer.message }
  }

  async #block(bucket: Bucket, refusal: Refusal): Promise<Again> {
    await tell(this.#parts, bucket, 'Warning', refusal)
    await writeStatus(this.#parts, buckets, bucket, {
      conditions: [
        said('DeletionBlocked', true, refusal.reason, refusal.message),
        said('Ready', false, 'Deleting', 'The resource is being deleted'),
      ],
    })
    return { afterMs: refusal.reason === 'BucketNotEmpty' ? BLOCKED_MS : RETRY_MS }
  }
}

function regionBucket({ spec }: Bucket, account: string): RegionBucket {
  const { acl, storageClass, versioning, tags, policy, cors } = spec
  return { account, acl, storageClass, versioning, tags, policy, cors }
}

function endpointsOf(bucket: Bucket, { metadata, spec }: Region) {
  const name = bucketNameOf(bucket)
  const { name: region, namespace = '' } = metadata
  return {
    internal: regionHosts(region, namespace).bucket(name),
    external: spec.endpoints.external.map(({ host }) => `${name}.${host}`),
  }
}

function refusalOf(
  bucket: Bucket,
  { code, message }: Extract<Answer<unknown>, { kind: 'refused' }>,
): Refusal {
  if (code !== 'NameTaken') return { reason: reasonOf(code), message }
  const name = bucketNameOf(bucket)
  const words =
    `The bucket ${name} belongs to another account of the region: ` +
    'make a resource with another spec.bucketName'
  return { reason: 'NameTaken', message: words }
}

/** What is in a bucket goes as fast as it can; each call goes on for some seconds. */
function notEmpty(bucket: Bucket): Refusal {
  const name = bucketNameOf(bucket)
  if (bucket.spec.deleteContents) {
    return { reason: 'Emptying', message: `The objects of the bucket ${name} are being removed` }
  }
  const message =
    `The bucket ${name} holds objects: remove them, set spec.deleteContents: true, ` +
    'or set spec.deletionPolicy: Retain to keep them'
  return { reason: 'BucketNotEmpty', message }
}

function codeOf(answer: Exclude<Answer<unknown>, { kind: 'ok' }>): string {
  return answer.kind === 'refused' ? reasonOf(answer.code) : 'RegionUnreachable'
}

/** Codes of the region are CamelCase already; a bare status is not. */
function reasonOf(code: string): string {
  return /^[A-Za-z]/.test(code) ? code : 'Refused'
}
