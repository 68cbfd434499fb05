/**
 * What the objects of a region are made from: the resource, and what was decided about it.
 *
 * @module
 */

import type { OwnerReference } from '../resources/kubernetes-object.ts'
import type { Region } from '../resources/region.ts'

/** Decided for a region whose zones are chosen. */
export interface RegionPlan {
  readonly region: string
  readonly namespace: string
  /** The Region: what has no data of its own goes away with it. */
  readonly owner: OwnerReference
  readonly spec: Region['spec']
  /** Values of the topology label, chosen once. */
  readonly zones: readonly string[]
  /** Of the storage nodes. */
  readonly image: string
  readonly claim: VolumeClaim
  /** Where the operator runs: the only one that reaches the admin ports. */
  readonly operatorNamespace: string
}

/**
 * What each pod claims. Kubernetes never changes it in a StatefulSet, so it stays as it was first;
 * volumes grow by their own claims.
 */
export interface VolumeClaim {
  readonly size: string
  /** Null: the default class of the cluster. */
  readonly storageClassName: string | null
  /** `ReadWriteOncePod` where the driver of the volumes knows it. */
  readonly accessMode: 'ReadWriteOncePod' | 'ReadWriteOnce'
}
