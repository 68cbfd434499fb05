/**
 * The Lease that operators elect their leader by.
 *
 * @module
 */

import { leases } from '../resources/built-in.ts'
import type { Lease } from '../resources/built-in.ts'
import type { ObjectName } from '../resources/kubernetes-object.ts'
import type { LeaderLease, LeaseContent, LeaseRecord } from '../runtime/leader-election.ts'
import { isConflict } from './kubernetes-api.ts'
import type { KubernetesApi } from './kubernetes-api.ts'

export function kubernetesLease(api: KubernetesApi, name: ObjectName): LeaderLease {
  return {
    async read() {
      const lease = await api.get(leases, name)
      return lease && recordOf(lease)
    },
    async write(next, resourceVersion) {
      if (resourceVersion === undefined) {
        const made = await api.create(leases, leaseOf(name, next))
        return made === undefined ? 'lost' : 'won'
      }
      const { metadata, ...lease } = leaseOf(name, next)
      try {
        await api.apply(leases, { ...lease, metadata: { ...metadata, resourceVersion } })
        return 'won'
      } catch (error) {
        if (isConflict(error)) return 'lost'
        throw error
      }
    },
  }
}

function leaseOf(name: ObjectName, content: LeaseContent): Lease {
  return {
    ...{ apiVersion: leases.apiVersion, kind: leases.kind, metadata: { ...name } },
    spec: {
      holderIdentity: content.holder,
      leaseDurationSeconds: content.durationSeconds,
      leaseTransitions: content.transitionCount,
      acquireTime: microTime(content.acquiredMs),
      renewTime: microTime(content.renewedMs),
    },
  }
}

function recordOf({ spec, metadata }: Lease): LeaseRecord {
  return {
    holder: spec?.holderIdentity ?? '',
    durationSeconds: spec?.leaseDurationSeconds ?? 0,
    transitionCount: spec?.leaseTransitions ?? 0,
    acquiredMs: Date.parse(spec?.acquireTime ?? '') || 0,
    renewedMs: Date.parse(spec?.renewTime ?? '') || 0,
    version: metadata.resourceVersion ?? '',
  }
}

/** As Kubernetes writes them: with microseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
