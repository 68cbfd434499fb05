/**
 * Finishes BucketClaims that COSI's controller (v0.2.2) has left half done.
 *
 * While it works on a claim, its sidecar says that the bucket is ready, in the same `status`. Where the controller
 * writes last, it writes what it had read, so that the claim is not ready; where it is refused, it gives up for good
 * before it has written the name of the bucket, or before the finalizer. Nobody looks at such a claim again: no access
 * to its bucket is granted, or its bucket stays when it goes.
 *
 * @module
 */

import type { Logger } from '@granary/storage-node/base/logger'
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts'
import { keyOf, nameOfKey, type ResourceType } from '../resources/kubernetes-object.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import type { Controller, ControllerSource } from '../runtime/controller.ts'
import { bucketClaims, CLAIM_FINALIZER, cosiBuckets } from './cosi-kinds.ts'
import type { BucketClaim, CosiBucket } from './cosi-kinds.ts'

export interface ClaimControllerParts {
  readonly api: KubernetesApi
  readonly logger: Logger
  /** Buckets of other drivers are theirs. */
  readonly driverName: string
}

/** Looks when a claim is not done, and when a bucket becomes ready. */
export function claimController(parts: ClaimControllerParts): Controller {
  const { api, driverName } = parts
  return {
    name: 'cosi-claim',
    sources: [
      source(api, bucketClaims, (object) => {
        const claim = bucketClaims.read(object)
        return isDone(claim) ? [] : [keyOf(claim.metadata)]
      }),
      source(api, cosiBuckets, (object) => {
        const bucket = cosiBuckets.read(object)
        const { namespace, name } = bucket.spec.bucketClaim ?? {}
        if (!namespace || !name || !isReadyAt(bucket, driverName)) return []
        return [keyOf({ namespace, name })]
      }),
    ],
    reconcile: (key) => reconcile(parts, key),
  }
}

function source(
  api: KubernetesApi,
  type: ResourceType,
  keysOf: ControllerSource['keysOf'],
): ControllerSource {
  return { watch: (listener) => api.watch(type, {}, listener), keysOf }
}

async function reconcile(
  { api, logger, driverName }: ClaimControllerParts,
  key: string,
): Promise<undefined> {
  const claim = await api.get(bucketClaims, nameOfKey(key))
  if (claim === undefined || isGoing(claim) || isDone(claim)) return
  const bucketName = bucketNameOf(claim)
  const bucket = await api.get(cosiBuckets, { name: bucketName })
  if (bucket === undefined || isGoing(bucket) || !isReadyAt(bucket, driverName)) return
  const { name, namespace, uid } = claim.metadata
  // A claim that was made again under its name has a bucket of its own.
  if (uid === undefined || bucket.spec.bucketClaim?.uid !== uid) return
  const metadata = { name, uid, ...(namespace !== undefined && { namespace }) }
  // First: whoever sees that it is ready may use the bucket.
  if (!isHeld(claim)) {
    await api.apply(bucketClaims, { metadata: { ...metadata, finalizers: [CLAIM_FINALIZER] } })
  }
  if (!isReady(claim)) {
    await api.applyStatus(bucketClaims, { metadata, status: { bucketName, bucketReady: true } })
  }
  logger.info('A claim is done that COSI had left', { claim: key, bucket: bucketName })
}

function isDone(claim: BucketClaim): boolean {
  return isHeld(claim) && isReady(claim)
}

function isHeld({ metadata }: BucketClaim): boolean {
  return metadata.finalizers?.includes(CLAIM_FINALIZER) === true
}

function isReady({ status }: BucketClaim): boolean {
  return status?.bucketReady === true && Boolean(status.bucketName)
}

function bucketNameOf({ metadata, spec, status }: BucketClaim): string {
  return status?.bucketName || spec.existingBucketName || `bucket-${metadata.uid}`
}

function isReadyAt({ spec, status }: CosiBucket, driverName: string): boolean {
  const isOurs = spec.driverName.toLowerCase() === driverName.toLowerCase()
  return isOurs && status?.bucketReady === true
}

function isGoing({ metadata }: KubernetesObject): boolean {
  return metadata.deletionTimestamp !== undefined
}
