/**
 * The kinds of COSI v1alpha1 that the driver looks at, as far as it does.
 *
 * @module
 */

import type { KubernetesObject, ResourceType } from '../resources/kubernetes-object.ts'

/** What an application asks for. */
export interface BucketClaim extends KubernetesObject {
  readonly spec: {
    /** A COSI Bucket that is there; else one is made, called `bucket-` and the claim's uid. */
    readonly existingBucketName?: string
  }
  readonly status?: {
    readonly bucketName?: string
    readonly bucketReady?: boolean
  }
}

/** What COSI's controller made of a claim; of the whole cluster. Not Granary's resource of that kind. */
export interface CosiBucket extends KubernetesObject {
  readonly spec: {
    readonly driverName: string
    /** Empty where somebody made the bucket for a claim to come. */
    readonly bucketClaim?: {
      readonly namespace?: string
      readonly name?: string
      readonly uid?: string
    }
  }
  readonly status?: { readonly bucketReady?: boolean }
}

/** COSI's: a claim that is held by it takes its bucket along. */
export const CLAIM_FINALIZER = 'cosi.objectstorage.k8s.io/bucketclaim-protection'

const apiVersion = 'objectstorage.k8s.io/v1alpha1'

// The API server has checked their form.
export const bucketClaims: ResourceType<BucketClaim> = {
  ...{ apiVersion, kind: 'BucketClaim', plural: 'bucketclaims', isNamespaced: true },
  read: (object) => object as BucketClaim,
}
export const cosiBuckets: ResourceType<CosiBucket> = {
  ...{ apiVersion, kind: 'Bucket', plural: 'buckets', isNamespaced: false },
  read: (object) => object as CosiBucket,
}
