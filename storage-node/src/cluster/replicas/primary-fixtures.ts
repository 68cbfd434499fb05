/**
 * A partition's primary over an engine in memory, whose log applies at once, for tests.
 *
 * @module
 */

import { HybridClock } from '../../base/hybrid-clock.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { seededRandom } from '../../base/seeded-random.ts'
import type { Configuration, PartitionRange, Zone } from '../../contract/configuration.ts'
import { WHOLE_SPACE } from '../../contract/founding-ranges.ts'
import type { Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { Command, CommandResult } from '../../model/command.ts'
import type { ProposedEntry } from '../../replication/protocol.ts'
import { Applier } from '../../storage/applier.ts'
import type { KeyValueEngine } from '../../storage/key-value-engine.ts'
import { MemoryEngine } from '../../storage/memory-engine.ts'
import { RowCache } from '../../storage/row-cache.ts'
import { StateWriter } from '../../storage/state-writer.ts'
import { decodeEffects } from '../../wire/stored/effects.ts'
import { newOpId } from '../../wire/stored/op-id.ts'
import type { PrimaryReply } from '../../wire/peer/operation-messages.ts'
import { Primary } from './primary.ts'
import type { EarlierResult } from './primary.ts'

const PARTITION = 2 as PartitionId
const SELF = '00000000-0000-4000-8000-00000000000a' as StoreId
export const START_MS = Date.UTC(2030, 0, 1)

export interface MemoryPrimaryOptions {
  readonly engine?: KeyValueEngine
  readonly range?: PartitionRange
  readonly memberCount?: number
}

/** A primary that is active, and what its surroundings do. */
export class MemoryPrimary {
  readonly engine: KeyValueEngine
  readonly clock = new ManualClock(START_MS)
  readonly hybridClock = new HybridClock(this.clock)
  readonly primary: Primary
  readonly configuration: Configuration
  /** Whether the disk has space. */
  mayWrite = true
  /** Whether a write quorum grants. */
  mayRead = true
  /** Entries become durable and are applied. */
  doesCommit = true
  /** What an earlier try came to. */
  earlier: EarlierResult = { kind: 'none' }
  /** How many entries each proposal had. */
  readonly batches: number[] = []
  readonly #applier: Applier
  readonly #random = seededRandom(1)
  readonly #uncommitted: { readonly first: Seq; readonly entries: readonly ProposedEntry[] }[] = []
  #lastSeq: Seq

  private constructor(engine: KeyValueEngine, cache: RowCache, applier: Applier, members: number) {
    this.engine = engine
    this.#applier = applier
    this.#lastSeq = applier.appliedSeq
    this.configuration = configurationOf(members)
    const { clock } = this
    this.primary = new Primary({
      ...{ self: SELF, engine, cache, clock, hybridClock: this.hybridClock },
      floor: { minInsync: Math.min(2, members), zoneCount: 1 },
      mayWrite: () => this.mayWrite,
      propose: (entries) => this.#propose(entries),
      mayRead: () => this.mayRead,
      findResult: () => this.earlier,
      configuration: () => this.configuration,
    })
  }

  static async open({
    engine = new MemoryEngine(),
    range = WHOLE_SPACE,
    memberCount = 1,
  }: MemoryPrimaryOptions = {}): Promise<MemoryPrimary> {
    const cache = new RowCache(engine, 1024 ** 2)
    const writer = new StateWriter(engine, (cause) => {
      throw cause
    })
    const applier = await Applier.open(PARTITION, { writer, cache })
    const opened = new MemoryPrimary(engine, cache, applier, memberCount)
    opened.activate(range)
    opened.primary.settled(Number.MAX_SAFE_INTEGER as Seq)
    return opened
  }

  activate(range = WHOLE_SPACE): void {
    this.primary.activate({ ...this.configuration, range }, this.#applier)
  }

  /** A try of a gateway that knows the present epoch, unless told otherwise. */
  execute(
    opId: Uint8Array,
    command: Command,
    epoch = this.configuration.epoch,
  ): Promise<PrimaryReply<CommandResult>> {
    return this.primary.execute(opId, command, epoch)
  }

  /** What was proposed and did not commit does so. */
  async commit(): Promise<void> {
    for (const { first, entries } of this.#uncommitted.splice(0)) await this.#apply(first, entries)
  }

  newOpId(offMs = 0): Uint8Array {
    return newOpId(this.hybridClock.nowMs() + offMs, this.#random)
  }

  #propose(entries: readonly ProposedEntry[]): Seq | undefined {
    this.batches.push(entries.length)
    const first = (this.#lastSeq + 1) as Seq
    const last = (this.#lastSeq + entries.length) as Seq
    this.#lastSeq = last
    void Promise.resolve().then(() => this.primary.synced(last))
    if (this.doesCommit) void this.#apply(first, entries)
    else this.#uncommitted.push({ first, entries })
    return first
  }

  async #apply(first: Seq, entries: readonly ProposedEntry[]): Promise<void> {
    for (const [at, { payload }] of entries.entries()) {
      const effects = decodeEffects(payload)
      await this.#applier.prepare(effects)
      await this.#applier.apply((first + at) as Seq, effects)
      this.primary.applied((first + at) as Seq)
    }
  }
}

function configurationOf(memberCount: number): Configuration {
  const members = Array.from({ length: memberCount }, (_, at) => {
    const store = at === 0 ? SELF : (`00000000-0000-4000-8000-00000000000${at}` as StoreId)
    return { store, zone: `zone-${at}` as Zone }
  })
  return {
    ...{ partition: PARTITION, uid: 'uid', epoch: 1 as Epoch, primary: SELF, members },
    range: WHOLE_SPACE,
  }
}
