/**
 * Follows what becomes durable of one store's journal, from the bytes that its disk has synced.
 *
 * It knows which entries and promises the store may speak of (I6, I7, I9), that groups go one after
 * the other and none is forgotten (J1, D3), and what a file still held when it was removed (D5).
 *
 * @module
 */

import type { Ballot, StoreId } from '@granary/storage-node/contract/identifiers'
import { readGroup, readGroupHeader } from '@granary/storage-node/testing'
import type { JournalRecord } from '@granary/storage-node/testing'
import { compare, nameOf } from './ballots.ts'
import type { Accuse } from './log-watch.ts'

/** An entry by its ballot and seq, the same in all logs. */
export type EntryName = string

export function nameOfEntry(ballot: Ballot, seq: number): EntryName {
  return `${nameOf(ballot)}/${seq}`
}

/** What is durable of one replica. */
export interface DurableReplica {
  readonly promised: Ballot | undefined
  /** Up to here rows are durable: entries need not be. */
  readonly baseSeq: number
  /** Entries that were durable at some time, whatever became of them. */
  readonly entries: ReadonlySet<EntryName>
}

interface Replica extends DurableReplica {
  promised: Ballot | undefined
  baseSeq: number
  readonly entries: Set<EntryName>
  /** The log as a start would find it, and the file each entry is in. */
  readonly log: Map<number, { readonly name: EntryName; path: string }>
  endSeq: number
}

interface SyncedGroup {
  readonly number: number
  /** Where it begins in its file. */
  readonly position: number
  readonly records: readonly JournalRecord[]
}

/** Of the group that a start would find last. */
export interface LastGroup {
  readonly number: number
  readonly path: string
  readonly position: number
}

/** One store's journal; paths are those of its files. */
export class JournalWatch {
  readonly #accuse: Accuse
  readonly #replicas = new Map<number, Replica>()
  /** Files whose names may be gone after a power cut, and what was synced in them. */
  readonly #unnamed = new Map<string, SyncedGroup[]>()
  readonly #named = new Set<string>()
  /** By peer: the last group of its journal that is known here for good. */
  readonly #peerGroups = new Map<StoreId, number>()
  #lastGroup: LastGroup | undefined
  /** A group that was written and not synced, and the process that did so. */
  #waiting: { readonly group: number; readonly life: number } | undefined

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  /** Of all whose files have kept their names. */
  get lastGroup(): LastGroup | undefined {
    return this.#lastGroup
  }

  /** Whether the file keeps its name whatever happens. */
  isNamed(path: string): boolean {
    return this.#named.has(path)
  }

  /** The last group that may be there after whatever end of the process. */
  get writtenGroup(): number {
    return Math.max(this.#lastGroup?.number ?? 0, this.#waiting?.group ?? 0)
  }

  /** How much of a peer's journal a start here is sure to know of. */
  peerGroup(peer: StoreId): number {
    return this.#peerGroups.get(peer) ?? 0
  }

  replica(partition: number): DurableReplica | undefined {
    return this.#replicas.get(partition)
  }

  /** A group has been written by the process `life`. */
  written(bytes: Uint8Array, life: number): void {
    const { group } = readGroupHeader(asBuffer(bytes))
    const waiting = this.#waiting
    if (waiting?.life === life) {
      this.#accuse('J1', `group ${group} is written before ${waiting.group} is synced`)
    }
    const { number: syncedGroup = 0 } = this.#lastGroup ?? {}
    if (group <= syncedGroup) {
      this.#accuse('D3', `group ${group} is written after ${syncedGroup} was synced`)
    }
    this.#waiting = { group, life }
  }

  /** A file is new. */
  created(path: string): void {
    this.#named.delete(path)
    this.#unnamed.delete(path)
  }

  /** Groups in the file have been synced. */
  synced(path: string, writes: readonly { position: number; bytes: Uint8Array }[]): void {
    for (const { position, bytes } of writes) {
      const { header, records } = readGroup(asBuffer(bytes))
      const { group: number } = header
      if (this.#waiting?.group === number) this.#waiting = undefined
      const group = { number, position, records: records.map(({ record }) => record) }
      if (this.#named.has(path)) this.#count(path, group)
      else this.#unnamed.set(path, [...(this.#unnamed.get(path) ?? []), group])
    }
  }

  /** The files with these paths keep their names. Others wait, or a power cut has taken them. */
  syncedNames(paths: ReadonlySet<string>): void {
    for (const [path, groups] of this.#unnamed) {
      if (!paths.has(path)) continue
      this.#unnamed.delete(path)
      this.#named.add(path)
      for (const group of groups) this.#count(path, group)
    }
  }

  /** What a removed file held above `base` is gone (J4). */
  removed(path: string): void {
    this.#named.delete(path)
    this.#unnamed.delete(path)
    for (const [partition, { log, baseSeq }] of this.#replicas) {
      for (const [seq, entry] of log) {
        if (entry.path !== path) continue
        if (seq > baseSeq) {
          this.#accuse('D5', `${path} is removed with entry ${seq} of partition ${partition}`)
        }
        log.delete(seq)
      }
    }
  }

  #count(path: string, { number, position, records }: SyncedGroup): void {
    if (number > (this.#lastGroup?.number ?? 0)) this.#lastGroup = { number, path, position }
    for (const record of records) this.#countRecord(record, path)
  }

  #countRecord(record: JournalRecord, path: string): void {
    if (record.kind === 'entry' || record.kind === 'copy') {
      const { partition, ballot, seq } = record.entry
      const name = nameOfEntry(ballot, seq)
      const replica = this.#replicaOf(partition)
      replica.entries.add(name)
      if (record.kind === 'entry') append(replica, seq, { name, path })
      else move(replica, seq, { name, path })
    } else if (record.kind === 'replica') {
      const { partition, promised, base } = record.replica
      this.#promise(partition, promised.ballot)
      this.#replicaOf(partition).baseSeq = base.seq
    } else if (record.kind === 'peer') {
      const { storeId, syncedGroup } = record.peer
      this.#peerGroups.set(storeId as StoreId, syncedGroup)
    } else if (record.kind === 'restart') {
      this.#replicaOf(record.partition).log.clear()
    }
  }

  #promise(partition: number, ballot: Ballot): void {
    const replica = this.#replicaOf(partition)
    const before = replica.promised
    if (before !== undefined && compare(ballot, before) < 0) {
      const names = `${nameOf(ballot)} after ${nameOf(before)}`
      this.#accuse('I6', `partition ${partition}: the journal promises ${names}`)
    }
    replica.promised = ballot
  }

  #replicaOf(partition: number): Replica {
    const known = this.#replicas.get(partition)
    if (known !== undefined) return known
    const replica = {
      ...{ promised: undefined, baseSeq: 0, endSeq: 0 },
      ...{
        entries: new Set<EntryName>(),
        log: new Map<number, { name: EntryName; path: string }>(),
      },
    }
    this.#replicas.set(partition, replica)
    return replica
  }
}

/** The log ends with the entry, whatever stood above. */
function append(replica: Replica, seq: number, entry: { name: EntryName; path: string }): void {
  for (let above = seq + 1; above <= replica.endSeq; above++) replica.log.delete(above)
  replica.log.set(seq, entry)
  replica.endSeq = seq
}

/** A copy takes the place of its entry, if that still stands. */
function move({ log }: Replica, seq: number, { name, path }: { name: EntryName; path: string }) {
  const standing = log.get(seq)
  if (standing?.name === name) standing.path = path
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
