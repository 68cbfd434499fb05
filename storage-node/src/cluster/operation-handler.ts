/**
 * Answers what other storage nodes ask this one's replicas.
 *
 * @module
 */

import type { PartitionId } from '../contract/identifiers.ts'
import type { CommandResult } from '../model/command.ts'
import type { PeerRequest } from '../wire/peer/messages.ts'
import type { KindedAnswer, PrimaryReply } from '../wire/peer/operation-messages.ts'
import type { LocalReplicas } from './local-replicas.ts'
import type { PartitionTable } from './partition-table.ts'

type Execute = Extract<PeerRequest, { kind: 'execute' }>
type Ask = Extract<PeerRequest, { kind: 'ask' }>

export class OperationHandler {
  readonly #replicas: LocalReplicas
  readonly #table: PartitionTable

  constructor(replicas: LocalReplicas, table: PartitionTable) {
    this.#replicas = replicas
    this.#table = table
  }

  async execute({
    partition,
    epoch,
    opId,
    command,
  }: Execute): Promise<PrimaryReply<CommandResult>> {
    const replica = this.#replicas.find(partition)
    return replica === undefined
      ? this.#elsewhere(partition)
      : replica.execute(opId, command, epoch)
  }

  async ask({ partition, query }: Ask): Promise<PrimaryReply<KindedAnswer>> {
    const replica = this.#replicas.find(partition)
    if (replica === undefined) return this.#elsewhere(partition)
    const reply = await replica.ask(query)
    if (reply.kind !== 'done') return reply
    return { kind: 'done', value: { kind: query.kind, answer: reply.value } as KindedAnswer }
  }

  #elsewhere(partition: PartitionId): PrimaryReply<never> {
    const route = this.#table.get(partition)
    if (route === undefined) {
      return { kind: 'unavailable', why: 'This store knows no such partition', retryAfterMs: 0 }
    }
    return { kind: 'elsewhere', epoch: route.epoch, primary: route.primary }
  }
}
