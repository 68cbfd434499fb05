/**
 * Which operators of a cluster work: those of one namespace.
 *
 * The Lease keeps apart the operators of one installation. Two installations would both write every
 * object of every Region, each with its own image; so the one that works writes its namespace onto the
 * definitions, which are one for the cluster, and another one waits for as long as it lives.
 *
 * @module
 */

import type { Clock } from '@granary/storage-node/base/clock'
import type { KubernetesApi } from './kubernetes/kubernetes-api.ts'
import { kubernetesLease } from './kubernetes/kubernetes-lease.ts'
import { customResourceDefinitions } from './resources/built-in.ts'
import { customResourceDefinition } from './resources/custom-resource-definition.ts'
import { regions } from './resources/region.ts'
import { LEASE_SECONDS } from './runtime/leader-election.ts'

export const LEASE_NAME = 'granary-operator'
/** On the definitions: the namespace of the operator that applied them last. */
const CLAIM = 'granary.dev/operator-namespace'

export interface ClusterClaimParts {
  readonly api: KubernetesApi
  readonly clock: Clock
  /** Of this operator. */
  readonly namespace: string
}

export class ClusterClaim {
  readonly #parts: ClusterClaimParts
  readonly #definition = customResourceDefinition(regions).metadata.name
  /** The Lease of the other one as it was last, and since when. */
  #seen: { readonly version: string; readonly sinceMs: number } | undefined

  constructor(parts: ClusterClaimParts) {
    this.#parts = parts
  }

  /** What the definitions say when this one has applied them. */
  get annotations(): Readonly<Record<string, string>> {
    return { [CLAIM]: this.#parts.namespace }
  }

  /**
   * The namespace of another operator that works; undefined: there is none. One that has not renewed its
   * Lease while this one looked is gone; no clocks are compared.
   */
  async findRival(): Promise<string | undefined> {
    const { api, clock, namespace } = this.#parts
    const definition = await api.get(customResourceDefinitions, { name: this.#definition })
    const { annotations } = definition?.metadata ?? {}
    const other = annotations?.[CLAIM]
    if (other === undefined || other === namespace) return undefined
    const lease = await kubernetesLease(api, { namespace: other, name: LEASE_NAME }).read()
    if (lease === undefined || lease.holder === '') return undefined
    const nowMs = clock.monotonicMs()
    const version = `${other} ${lease.version}`
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: nowMs }
    return nowMs - this.#seen.sinceMs < LEASE_SECONDS * 1_000 ? other : undefined
  }
}
