/**
 * What the storage nodes of one machine ask the process that keeps their config store, and what it
 * answers.
 *
 * @module
 */

import type { Configuration } from '../../contract/configuration.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import {
  partitionConfig,
  partitionConfigs,
  placementMap,
  type StoredPartitionConfig,
} from '../stored/config-records.ts'
import { optional, struct, taggedUnion, text, u32, variant, type Codec } from './codec.ts'
import { configuration, partitionId } from './common-codecs.ts'

export type ConfigRequest =
  | { readonly kind: 'get'; readonly partition: PartitionId }
  | { readonly kind: 'list' }
  | {
      readonly kind: 'swap'
      readonly partition: PartitionId
      readonly expected: string
      readonly configuration: Configuration
    }
  | { readonly kind: 'touch'; readonly partition: PartitionId; readonly expected: string }
  | { readonly kind: 'getPlacement' }
  /** From now on the server tells what is there and what changes, of partitions and of the map. */
  | { readonly kind: 'watch' }

export type ConfigReply =
  | { readonly kind: 'config'; readonly config: StoredPartitionConfig | undefined }
  | { readonly kind: 'configs'; readonly configs: readonly StoredPartitionConfig[] }
  | { readonly kind: 'won'; readonly config: StoredPartitionConfig }
  | { readonly kind: 'lost' }
  | { readonly kind: 'placement'; readonly map: PlacementMap | undefined }
  | { readonly kind: 'watching' }
  /** The file could not be written: nobody knows. */
  | { readonly kind: 'unavailable'; readonly why: string }
  /** What was asked breaks the rules of configurations. */
  | { readonly kind: 'refused'; readonly why: string }

/** A request with its number, unique on its connection; 0 is for what nobody asked for. */
export interface NumberedRequest {
  readonly number: number
  readonly request: ConfigRequest
}

export interface NumberedReply {
  readonly number: number
  readonly reply: ConfigReply
}

/** A map of tens of thousands of groups fits. */
export const CONFIG_MESSAGE_BYTES_MAX = 8 * 1024 ** 2

const VERSION_BYTES_MAX = 256
const REASON_BYTES_MAX = 4096

const why = text(REASON_BYTES_MAX)
const expected = text(VERSION_BYTES_MAX)

export const configRequest: Codec<NumberedRequest> = struct<NumberedRequest>({
  number: u32(),
  request: taggedUnion<ConfigRequest, 'kind'>('kind', {
    get: variant(1, { partition: partitionId }),
    list: variant(2, {}),
    swap: variant(3, { partition: partitionId, expected, configuration }),
    touch: variant(4, { partition: partitionId, expected }),
    getPlacement: variant(5, {}),
    watch: variant(6, {}),
  }),
})

export const configReply: Codec<NumberedReply> = struct<NumberedReply>({
  number: u32(),
  reply: taggedUnion<ConfigReply, 'kind'>('kind', {
    config: variant(1, { config: optional(partitionConfig) }),
    configs: variant(2, { configs: partitionConfigs }),
    won: variant(3, { config: partitionConfig }),
    lost: variant(4, {}),
    placement: variant(5, { map: optional(placementMap) }),
    watching: variant(6, {}),
    unavailable: variant(7, { why }),
    refused: variant(8, { why }),
  }),
})
