/**
 * What a replica asks of the leases and of the config store: each answer comes back as an input.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { PartitionId, StoreId } from '../../contract/identifiers.ts'
import type { ReplicationMessage } from '../../replication/messages.ts'
import type { Effect, Input } from '../../replication/protocol.ts'
import type { ConfigStore } from '../config-store.ts'
import type { Leases } from '../leases.ts'

export type LeaseEffect = Extract<
  Effect,
  { kind: 'allowGrants' | 'revokeGrants' | 'holdLease' | 'dropLease' }
>
export type ConfigEffect = Extract<Effect, { kind: 'getConfiguration' | 'swapConfiguration' }>

export interface ReplicaOutsideOptions {
  readonly partition: PartitionId
  readonly leases: Leases
  readonly configs: Pick<ConfigStore, 'get' | 'swap'>
  readonly send: (to: StoreId, message: ReplicationMessage) => void
  readonly input: (input: Input) => void
}

export class ReplicaOutside {
  readonly #options: ReplicaOutsideOptions

  constructor(options: ReplicaOutsideOptions) {
    this.#options = options
  }

  tellLeases(effect: LeaseEffect): void {
    const { partition, leases, send, input } = this.#options
    switch (effect.kind) {
      case 'allowGrants':
        return leases.allow(partition, effect.ballot, effect.to)
      case 'revokeGrants':
        return void leases.revoke(partition).then((untilMs) => {
          input({ kind: 'grantsRevoked', token: effect.token, untilMs })
        })
      case 'holdLease':
        return leases.hold(partition, effect.ballot, effect.members)
      case 'dropLease':
        return void leases.stop(partition).then(() => {
          for (const { to, message } of effect.then) send(to, message)
        })
      default:
        return unreachable(effect)
    }
  }

  askConfigs(effect: ConfigEffect): void {
    switch (effect.kind) {
      case 'getConfiguration':
        return this.#get(effect.token)
      case 'swapConfiguration':
        return this.#swap(effect)
      default:
        return unreachable(effect)
    }
  }

  #get(token: number): void {
    const { partition, configs, input } = this.#options
    configs.get(partition).then(
      (config) => {
        const configuration = config?.configuration
        const isFound = config !== undefined && configuration !== undefined
        const outcome = isFound
          ? ({ kind: 'found', version: config.version, configuration } as const)
          : ({ kind: 'none' } as const)
        input({ kind: 'configurationRead', token, outcome })
      },
      () => input({ kind: 'configurationRead', token, outcome: { kind: 'unavailable' } }),
    )
  }

  #swap({ token, expected, configuration }: Extract<ConfigEffect, { expected: string }>): void {
    const { partition, configs, input } = this.#options
    configs.swap(partition, expected, configuration).then(
      ({ kind }) => input({ kind: 'configurationSwapped', token, outcome: kind }),
      () => input({ kind: 'configurationSwapped', token, outcome: 'unknown' }),
    )
  }
}
