/**
 * The primary of one partition: latches, evaluates, proposes, answers.
 *
 * A command holds the latch of its key from before its evaluation until its effects are applied, so
 * commands on one key follow each other and those on different keys ride in the same journal group.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { LockTable } from '../base/shared-lock.ts'
import type { Command, CommandResult, Decision } from '../model/command.ts'
import { OssError } from '../model/errors.ts'
import type { BucketId, VersionSeq } from '../model/identifiers.ts'
import type { Answer, Query, QueryKind } from '../model/query.ts'
import { answerQuery } from '../storage/answer-query.ts'
import type { Applier } from '../storage/applier.ts'
import { CallLimit } from '../storage/call-limit.ts'
import { effectsOf } from '../storage/effects-of.ts'
import { evaluate } from '../storage/evaluate.ts'
import type { KeyValueEngine, Reader } from '../storage/key-value-engine.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import { PartitionRows } from '../storage/partition-rows.ts'

/** What a command adds to the journal and the engine beside its body, roughly. */
const COMMAND_BYTES = 4096
/** List pages under way: each holds a thousand rows, and more at a time would not end sooner. */
const PAGE_COUNT_MAX = 4
/** Version numbers: 16 bits of counter below the milliseconds. */
const COUNTER_BITS = 16n
const OP_ID_BYTES = 16

/** Whether so many more bytes may be written to the store's volume. */
export type MayWrite = (bytes: number) => boolean

export interface ReplicaParts {
  readonly log: PartitionLog
  readonly applier: Applier
  readonly engine: KeyValueEngine
  /** Hot rows in front of the engine. */
  readonly cache: Reader
  readonly clock: Clock
  readonly random: Random
  readonly mayWrite: MayWrite
}

/** Executes commands and answers queries of one partition. */
export class ReplicaDriver {
  readonly #parts: ReplicaParts
  readonly #rows: PartitionRows
  readonly #latches = new LockTable()
  readonly #pages = new CallLimit(PAGE_COUNT_MAX)
  readonly #fenced = new Set<BucketId>()
  #versionSeq: VersionSeq

  private constructor(parts: ReplicaParts) {
    this.#parts = parts
    this.#rows = new PartitionRows(parts.cache)
    this.#versionSeq = parts.applier.versionSeq
  }

  /** Loads the fences, which every command looks at. */
  static async open(parts: ReplicaParts): Promise<ReplicaDriver> {
    const driver = new ReplicaDriver(parts)
    for (const bucketId of await driver.#rows.fencedBuckets()) driver.#fenced.add(bucketId)
    return driver
  }

  /** Resolves once the command's effects are durable and visible; rejects with its refusal. */
  async execute(command: Command): Promise<CommandResult> {
    const { bucket, key } = latchNames(command)
    const bucketMode = key === undefined ? 'exclusive' : 'shared'
    await this.#latches.acquire(bucket, bucketMode)
    try {
      if (key === undefined) return await this.#executeLatched(command)
      await this.#latches.acquire(key, 'exclusive')
      try {
        return await this.#executeLatched(command)
      } finally {
        this.#latches.release(key, 'exclusive')
      }
    } finally {
      this.#latches.release(bucket, bucketMode)
    }
  }

  /** Answers as of a moment after every command that was acknowledged before the call. */
  async ask<K extends QueryKind>(query: Query<K>): Promise<Answer<K>> {
    if (!needsSnapshot(query.kind)) return answerQuery(query, this.#rows)
    if (!isPage(query.kind)) return this.#askSnapshot(query)
    await new Promise<void>((start) => this.#pages.enter(start))
    try {
      return await this.#askSnapshot(query)
    } finally {
      this.#pages.leave()
    }
  }

  async #askSnapshot<K extends QueryKind>(query: Query<K>): Promise<Answer<K>> {
    const snapshot = this.#parts.engine.snapshot()
    try {
      return await answerQuery(query, new PartitionRows(snapshot))
    } finally {
      snapshot.release()
    }
  }

  async #executeLatched(command: Command): Promise<CommandResult> {
    this.#refuseFenced(command)
    this.#refuseFullDisk(command)
    const context = { nowMs: this.#parts.clock.nowMs(), versionSeq: this.#nextVersionSeq() }
    const decision = await evaluate(command, this.#rows, context)
    if ('refused' in decision) throw decision.refused
    await this.#propose(decision, context.versionSeq)
    this.#noteFence(decision)
    return decision.result
  }

  /** Row and set change together: whoever changes either holds the bucket's latch. */
  #noteFence({ changes }: Exclude<Decision, { refused: unknown }>): void {
    for (const change of changes) {
      if (change.row !== 'fence') continue
      const isFenced = change.value !== undefined && !change.value.isLifted
      if (isFenced) this.#fenced.add(change.bucketId)
      else this.#fenced.delete(change.bucketId)
    }
  }

  async #propose(
    { changes }: Exclude<Decision, { refused: unknown }>,
    versionSeq: VersionSeq,
  ): Promise<void> {
    if (changes.length === 0) return
    const { log, random } = this.#parts
    await log.propose(random.bytes(OP_ID_BYTES), { versionSeq, effects: effectsOf(changes) })
  }

  /** A PUT that has streamed for an hour meets the fence of its deleted bucket here (I24). */
  #refuseFenced(command: Command): void {
    if (!('bucketId' in command) || !('key' in command) || isCleaning(command)) return
    if (this.#fenced.has(command.bucketId)) throw new OssError('NoSuchBucket')
  }

  #refuseFullDisk(command: Command): void {
    if (!addsData(command) || this.#parts.mayWrite(COMMAND_BYTES)) return
    throw diskFull()
  }

  /** Hybrid clock: follows the wall clock, never falls. */
  #nextVersionSeq(): VersionSeq {
    const byClock = BigInt(this.#parts.clock.nowMs()) << COUNTER_BITS
    const next = byClock > this.#versionSeq ? byClock : this.#versionSeq + 1n
    this.#versionSeq = next as VersionSeq
    return this.#versionSeq
  }
}

/** The answer to writes while the volume is nearly full (replication.md D4). */
export function diskFull(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'The storage is full. Reads and deletes go on; delete objects to make space.',
  })
}

/**
 * The bucket is shared by the commands on its keys; a fence has it alone. Settings change one at a
 * time: the names and the number of an account's buckets are decided over all of them.
 */
function latchNames(command: Command): { bucket: string; key: string | undefined } {
  if ('key' in command) {
    return { bucket: command.bucketId, key: `${command.bucketId}${command.key}` }
  }
  return { bucket: 'name' in command ? '' : command.bucketId, key: undefined }
}

/** A list page takes several reads; everything else is one, or reads again by itself. */
function needsSnapshot(kind: QueryKind): boolean {
  return kind === 'list' || kind === 'uploads' || kind === 'upload'
}

function isPage(kind: QueryKind): boolean {
  return kind === 'list' || kind === 'uploads'
}

/** What the garbage collection asks for in any bucket, deleted ones too. */
function isCleaning({ kind }: Command): boolean {
  return (
    kind === 'killData' ||
    kind === 'walkDroppedSet' ||
    kind === 'forgetDropped' ||
    kind === 'forgetKill'
  )
}

function addsData({ kind }: Command): boolean {
  return (
    kind === 'putObject' ||
    kind === 'replaceMetadata' ||
    kind === 'appendObject' ||
    kind === 'initiateUpload' ||
    kind === 'putPart' ||
    kind === 'completeUpload' ||
    kind === 'createBucket'
  )
}
