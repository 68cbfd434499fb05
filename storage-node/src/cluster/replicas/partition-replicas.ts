/**
 * All replicas of one store: finds the one that a message is for, and checkpoints them together.
 *
 * @module
 */

import { unreachable } from '../../base/assert.ts'
import type { PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { LogPosition } from '../../replication/messages.ts'
import type { PeerAnswer, PeerMessage, PeerRequest } from '../../wire/peer/messages.ts'
import type { PartitionConfig } from '../../contract/partition-record.ts'
import type { LocalReplicas } from '../local-replicas.ts'
import { PartitionReplica } from './partition-replica.ts'
import type { PartitionReplicaOptions } from './partition-replica.ts'

/** What is asked of replicas. */
export type ReplicaRequestKind = 'knows' | 'snapshotOffer' | 'snapshotRows'
export type ReplicaRequest = PeerRequest<ReplicaRequestKind>

export type PartitionReplicasOptions = Omit<PartitionReplicaOptions, 'partition' | 'inherited'>

/** The replicas that this process has opened. */
export class PartitionReplicas implements LocalReplicas {
  readonly #options: PartitionReplicasOptions
  readonly #replicas = new Map<PartitionId, PartitionReplica>()

  constructor(options: PartitionReplicasOptions) {
    this.#options = options
    options.leases.onRefused((partition, member, promised) => {
      this.#replicas.get(partition)?.grantRefused(member, promised)
    })
  }

  /** Takes up the partition; called once for each. Rejects with a `StoreOpenError`. */
  async open(
    partition: PartitionId,
    extra: Pick<PartitionReplicaOptions, 'inherited'> = {},
  ): Promise<PartitionReplica> {
    const replica = await PartitionReplica.open({ ...this.#options, partition, ...extra })
    this.#replicas.set(partition, replica)
    replica.start()
    return replica
  }

  find(partition: PartitionId): PartitionReplica | undefined {
    return this.#replicas.get(partition)
  }

  all(): PartitionReplica[] {
    return [...this.#replicas.values()]
  }

  /** Partitions that this store is the active primary of. */
  primaries(): PartitionId[] {
    return this.all().flatMap(({ partition, isActive }) => (isActive ? [partition] : []))
  }

  /** Whether the store has ever had state or a promise for the partition (replication.md 4.1). */
  knows(partition: PartitionId): boolean {
    return this.#options.store.journal.replica(partition) !== undefined
  }

  message(from: StoreId, { partition, message }: PeerMessage): void {
    this.#replicas.get(partition)?.message(from, message)
  }

  /** Answers what others ask about replicas: whether one is known, and snapshots. */
  async request(from: StoreId, request: ReplicaRequest): Promise<PeerAnswer<ReplicaRequestKind>> {
    const replica = this.#replicas.get(request.partition)
    switch (request.kind) {
      case 'knows':
        return { knows: this.knows(request.partition) }
      case 'snapshotOffer':
        if (replica === undefined) return { outcome: 'refused', why: 'noReplica' }
        return replica.snapshotOffered(from, request)
      case 'snapshotRows':
        return replica === undefined ? { outcome: 'refused' } : replica.snapshotRows(from, request)
      default:
        return unreachable(request)
    }
  }

  /** What the config store says, for whoever may not know it yet. */
  hint({ partition, configuration }: PartitionConfig): void {
    if (configuration !== undefined) this.#replicas.get(partition)?.hint(configuration)
  }

  /** Flushes the rows of all partitions and drops what of the journal is not needed any more. */
  checkpoint(): Promise<void> {
    return this.#options.store.checkpoint({
      bases: () => this.#positions(({ base }) => base),
      lacking: () => this.#positions(({ lacking }) => lacking),
      done: () => {
        for (const replica of this.#replicas.values()) replica.flushed()
      },
    })
  }

  /** Ends all of them; what they have applied is in the engine. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((replica) => replica.close()))
  }

  #positions<T extends LogPosition | Seq>(
    positionOf: (replica: PartitionReplica) => T | undefined,
  ): Map<PartitionId, T> {
    const positions = new Map<PartitionId, T>()
    for (const replica of this.#replicas.values()) {
      const position = positionOf(replica)
      if (position !== undefined) positions.set(replica.partition, position)
    }
    return positions
  }
}
