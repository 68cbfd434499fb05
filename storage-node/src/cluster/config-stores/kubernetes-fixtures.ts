/**
 * The config store in Kubernetes with what only the operator does, for tests that have none.
 *
 * @module
 */

import type { KubernetesObject } from '../../contract/kubernetes-object.ts'
import { API_VERSION, partitionObject, placementObject } from '../../contract/kubernetes-records.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { PartitionIntent } from '../../contract/partition-record.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import { KubernetesStatusError } from '../../kubernetes/api-client.ts'
import type { ConfigStoreFounder } from '../config-store.ts'
import type { KubernetesConfigStoreOptions } from './kubernetes-config-store.ts'
import { KubernetesConfigStore } from './kubernetes-config-store.ts'

export class KubernetesFounder extends KubernetesConfigStore implements ConfigStoreFounder {
  readonly #founding: KubernetesConfigStoreOptions

  constructor(options: KubernetesConfigStoreOptions) {
    super(options)
    this.#founding = options
  }

  async create(partition: PartitionId, wanted: PartitionIntent): Promise<void> {
    const { api, region } = this.#founding
    const object = partitionObject(region, partition, wanted)
    await api.call('POST', this.#collection('partitions'), object).catch((error: unknown) => {
      if (!(error instanceof KubernetesStatusError) || error.status !== 409) throw error
    })
  }

  async putPlacement(map: PlacementMap): Promise<'won' | 'lost'> {
    const { api, region } = this.#founding
    const present = await this.getPlacement()
    if (map.version !== (present?.version ?? 0) + 1) return 'lost'
    const maps = this.#collection('placementmaps')
    const object = placementObject(region, map)
    if (present === undefined) await api.call('POST', maps, object)
    else {
      const found = (await api.call('GET', `${maps}/${region}`)) as KubernetesObject
      const { resourceVersion = '' } = found.metadata
      const metadata = { ...object.metadata, resourceVersion }
      await api.call('PUT', `${maps}/${region}`, { ...object, metadata })
    }
    return 'won'
  }

  #collection(plural: string): string {
    return `/apis/${API_VERSION}/namespaces/${this.#founding.namespace}/${plural}`
  }
}
