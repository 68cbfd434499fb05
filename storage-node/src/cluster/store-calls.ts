/**
 * Calls one store that is believed to be a partition's primary: this one directly, another one over
 * the network.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Epoch, PartitionId, StoreId } from '../contract/identifiers.ts'
import type { Command, CommandResult } from '../model/command.ts'
import type { Answer, Query, QueryKind } from '../model/query.ts'
import { ProtocolError } from '../wire/peer/protocol-error.ts'
import type { PrimaryReply } from '../wire/peer/operation-messages.ts'
import type { LocalReplica, LocalReplicas } from './local-replicas.ts'
import type { PeerNetwork } from './peer-network.ts'

export interface StoreCallsParts {
  readonly network: PeerNetwork
  readonly replicas: LocalReplicas
  readonly clock: Clock
}

/** Who is called, and until when of the monotonic clock an answer is of use. */
export interface CallTarget {
  readonly store: StoreId
  readonly partition: PartitionId
  /** Of the configuration that makes it the primary. */
  readonly epoch: Epoch
  readonly untilMs: number
}

export class StoreCalls {
  readonly #parts: StoreCallsParts

  constructor(parts: StoreCallsParts) {
    this.#parts = parts
  }

  execute(
    target: CallTarget,
    opId: Uint8Array,
    command: Command,
  ): Promise<PrimaryReply<CommandResult>> {
    const { network } = this.#parts
    const { store, partition, epoch } = target
    if (store === network.self) {
      return this.#here(partition, (replica) => replica.execute(opId, command, epoch))
    }
    const request = { kind: 'execute', partition, epoch, opId, command } as const
    return network.request(store, request, this.#options(target))
  }

  ask<K extends QueryKind>(target: CallTarget, query: Query<K>): Promise<PrimaryReply<Answer<K>>> {
    const { store, partition } = target
    if (store === this.#parts.network.self) {
      return this.#here(partition, (replica) => replica.ask(query))
    }
    return this.#askThere(target, query)
  }

  async #askThere<K extends QueryKind>(
    target: CallTarget,
    query: Query<K>,
  ): Promise<PrimaryReply<Answer<K>>> {
    const { store, partition } = target
    const request = { kind: 'ask', partition, query: query as Query } as const
    const reply = await this.#parts.network.request(store, request, this.#options(target))
    if (reply.kind !== 'done') return reply
    const { kind, answer } = reply.value
    if (kind !== query.kind) throw new ProtocolError(`Answer to "${query.kind}" is a "${kind}"`)
    return { kind: 'done', value: answer as Answer<K> }
  }

  async #here<T>(
    partition: PartitionId,
    call: (replica: LocalReplica) => Promise<PrimaryReply<T>>,
  ): Promise<PrimaryReply<T>> {
    const replica = this.#parts.replicas.find(partition)
    if (replica === undefined) {
      return { kind: 'unavailable', why: 'This store has no replica', retryAfterMs: 0 }
    }
    return call(replica)
  }

  #options({ untilMs }: CallTarget): { readonly deadlineMs: number } {
    return { deadlineMs: Math.max(1, Math.ceil(untilMs - this.#parts.clock.monotonicMs())) }
  }
}
