/**
 * What a disk holds after a recorded operation, and what a power cut at that moment may leave of it.
 *
 * The rules are stricter than any one file system's: bytes are durable after a completed sync of
 * their file, names after one of their directory, and nothing else is. Of what is not durable, any
 * part may survive: sectors of a write independently of each other, changes of one directory in
 * their order. Changes of different directories, and outside of RocksDB's (which relies on the order
 * that journaling file systems keep) even those of one, survive independently.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unreachable } from '../../storage-node/src/base/assert.ts'
import { RecordedFile } from './recorded-file.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { TraceRecord } from './trace.ts'

/** What is written to this file of the root is a note of the test: it is durable at once. */
export const NOTES_FILE = 'test-notes'

type Node = RecordedFile | RecordedDirectory

/** A name that began or ceased to stand for something. */
interface NameChange {
  readonly order: number
  readonly name: string
  readonly node: Node | undefined
  /** The other half of a rename survives with this one. */
  readonly twin: NameChange | undefined
}

class RecordedDirectory {
  names = new Map<string, Node>()
  durable = new Map<string, Node>()
  changes: NameChange[] = []
  readonly keepsOrder: boolean

  constructor(keepsOrder: boolean) {
    this.keepsOrder = keepsOrder
  }
}

export class DiskState {
  #root = new RecordedDirectory(false)
  readonly #handles = new Map<number, Node | 'notes'>()
  /** By sync, where it started. */
  readonly #syncs = new Map<number, number>()
  #order = 0
  /** Lines written to the notes so far. */
  readonly notes: string[] = []

  /** Moves on by one operation. */
  apply(record: TraceRecord): void {
    this.#order++
    switch (record.kind) {
      case 'started':
        this.#handles.clear()
        return
      case 'opened':
        return this.#open(record)
      case 'written':
        return this.#write(record.handle, record.offset, record.bytes)
      case 'resized':
        return this.#file(record.handle).resize(this.#order, record.sizeBytes)
      case 'sync started':
        this.#syncs.set(record.sync, this.#order)
        return
      case 'sync ended':
        return this.#synced(record.handle, record.sync)
      case 'renamed':
        return this.#rename(record.from, record.to)
      case 'unlinked':
      case 'directory removed':
        return this.#change(record.path, undefined)
      case 'directory made':
        return this.#change(record.path, new RecordedDirectory(isRocksdb(record.path)))
      case 'linked':
        return this.#change(record.to, this.#find(record.from))
      case 'opaque opened':
        if (this.#lookUp(record.path) === undefined) this.#change(record.path, new RecordedFile())
        return
      default:
        unreachable(record)
    }
  }

  /** The disk after a power cut, in one of the ways that `random` decides. */
  afterPowerCut(random: SeededRandom): DiskState {
    const state = new DiskState()
    state.notes.push(...this.notes)
    state.#root = directoryAfterPowerCut(this.#root, new Map(), random)
    return state
  }

  /** The disk after its processes were killed: everything written is there, none of it more durable. */
  afterKill(): DiskState {
    const state = new DiskState()
    state.notes.push(...this.notes)
    state.#order = this.#order
    state.#root = forkDirectory(this.#root, new Map())
    return state
  }

  /** True when nothing is there that a power cut could take. */
  get isDurable(): boolean {
    return isDurable(this.#root)
  }

  /** Writes out what a reader sees. `directory` must not exist. */
  writeTo(directory: string): void {
    writeDirectory(this.#root, directory)
    const notes = this.notes.map((note) => `${note}\n`)
    if (notes.length > 0) writeFileSync(join(directory, NOTES_FILE), notes.join(''))
  }

  #open(record: TraceRecord & { kind: 'opened' }): void {
    const { handle, path } = record
    if (path === NOTES_FILE) {
      this.#handles.set(handle, 'notes')
      return
    }
    let node = this.#lookUp(path)
    if (node === undefined) {
      if (!record.creates) throw new Error(`The trace has a hole: "${path}" was never made`)
      node = new RecordedFile()
      this.#change(path, node)
    } else if (record.truncates && node instanceof RecordedFile) {
      node.resize(this.#order, 0)
    }
    this.#handles.set(handle, node)
  }

  #write(handle: number, offset: number, bytes: Buffer): void {
    if (this.#handles.get(handle) === 'notes') {
      this.notes.push(...bytes.toString().split('\n').slice(0, -1))
    } else {
      this.#file(handle).write(this.#order, offset, bytes)
    }
  }

  #synced(handle: number, sync: number): void {
    const started = this.#syncs.get(sync)
    const node = this.#handles.get(handle)
    if (started === undefined) throw new Error(`The trace has a hole: sync ${sync} never started`)
    this.#syncs.delete(sync)
    if (node instanceof RecordedFile) node.synced(started)
    else if (node instanceof RecordedDirectory) {
      for (const change of node.changes) {
        if (change.order <= started) setName(node.durable, change.name, change.node)
      }
      node.changes = node.changes.filter((change) => change.order > started)
    }
  }

  #rename(from: string | undefined, to: string | undefined): void {
    if (from === undefined || to === undefined) {
      throw new Error(`The trace has a hole: "${from ?? to}" came from or went outside`)
    }
    const node = this.#find(from)
    const [fromDirectory, fromName] = this.#parent(from)
    const [toDirectory, toName] = this.#parent(to)
    if (fromDirectory !== toDirectory)
      throw new Error(`Cannot follow the move of "${from}" to "${to}"`)
    const gone: NameChange = {
      order: this.#order,
      name: fromName,
      node: undefined,
      twin: undefined,
    }
    const come: NameChange = { order: this.#order, name: toName, node, twin: gone }
    fromDirectory.changes.push(gone)
    toDirectory.changes.push(come)
    setName(fromDirectory.names, fromName, undefined)
    setName(toDirectory.names, toName, node)
  }

  #change(path: string, node: Node | undefined): void {
    const [directory, name] = this.#parent(path)
    directory.changes.push({ order: this.#order, name, node, twin: undefined })
    setName(directory.names, name, node)
  }

  #file(handle: number): RecordedFile {
    const node = this.#handles.get(handle)
    if (node instanceof RecordedFile) return node
    throw new Error(`The trace has a hole: handle ${handle} is no open file`)
  }

  #find(path: string): Node {
    const node = this.#lookUp(path)
    if (node === undefined) throw new Error(`The trace has a hole: "${path}" was never made`)
    return node
  }

  #lookUp(path: string): Node | undefined {
    let node: Node | undefined = this.#root
    for (const name of path === '' ? [] : path.split('/')) {
      node = node instanceof RecordedDirectory ? node.names.get(name) : undefined
    }
    return node
  }

  #parent(path: string): [RecordedDirectory, string] {
    const cut = path.lastIndexOf('/')
    const node = this.#find(path.slice(0, Math.max(cut, 0)))
    if (node instanceof RecordedDirectory) return [node, path.slice(cut + 1)]
    throw new Error(`The trace has a hole: "${path}" is below a file`)
  }
}

function isRocksdb(path: string): boolean {
  return path.split('/').includes('state')
}

function setName(names: Map<string, Node>, name: string, node: Node | undefined): void {
  if (node === undefined) names.delete(name)
  else names.set(name, node)
}

function directoryAfterPowerCut(
  directory: RecordedDirectory,
  copies: Map<Node, Node>,
  random: SeededRandom,
): RecordedDirectory {
  const names = new Map(directory.durable)
  for (const change of survivingNames(directory, random)) setName(names, change.name, change.node)
  const copy = new RecordedDirectory(directory.keepsOrder)
  for (const [name, node] of names) {
    const known =
      copies.get(node) ??
      (node instanceof RecordedFile
        ? node.afterPowerCut(random)
        : directoryAfterPowerCut(node, copies, random))
    copies.set(node, known)
    copy.names.set(name, known)
  }
  copy.durable = new Map(copy.names)
  return copy
}

function survivingNames(directory: RecordedDirectory, random: SeededRandom): NameChange[] {
  const { changes, keepsOrder } = directory
  if (keepsOrder || random.chance(0.5)) return changes.slice(0, cutWithin(changes, random))
  const keptShare = random.pick([0, 0.3, 0.7, 1])
  const kept = new Set<NameChange>()
  for (const change of changes) {
    // A rename is one step of any file system: the old name goes exactly if the new one comes.
    if (change.twin !== undefined ? kept.has(change.twin) : random.chance(keptShare))
      kept.add(change)
  }
  return changes.filter((change) => kept.has(change))
}

/** A random length of the list that does not cut a rename in half. */
function cutWithin(changes: readonly NameChange[], random: SeededRandom): number {
  const cut = random.pick([0, changes.length, random.below(changes.length + 1)])
  const next = changes[cut]
  return next?.twin !== undefined && next.twin === changes[cut - 1] ? cut + 1 : cut
}

function forkDirectory(directory: RecordedDirectory, copies: Map<Node, Node>): RecordedDirectory {
  const copy = new RecordedDirectory(directory.keepsOrder)
  copies.set(directory, copy)
  const forked = (node: Node): Node => {
    const known =
      copies.get(node) ?? (node instanceof RecordedFile ? node.fork() : forkDirectory(node, copies))
    copies.set(node, known)
    return known
  }
  for (const [name, node] of directory.names) copy.names.set(name, forked(node))
  for (const [name, node] of directory.durable) copy.durable.set(name, forked(node))
  const changes = new Map<NameChange, NameChange>()
  for (const change of directory.changes) {
    const node = change.node && forked(change.node)
    const twin = change.twin && changes.get(change.twin)
    changes.set(change, { order: change.order, name: change.name, node, twin })
  }
  copy.changes = [...changes.values()]
  return copy
}

function isDurable(directory: RecordedDirectory): boolean {
  if (directory.changes.length > 0) return false
  return [...directory.names.values()].every((node) =>
    node instanceof RecordedFile ? !node.hasUnsynced : isDurable(node),
  )
}

function writeDirectory(directory: RecordedDirectory, path: string): void {
  mkdirSync(path)
  for (const [name, node] of directory.names) {
    if (node instanceof RecordedFile)
      writeFileSync(join(path, name), node.content(), { mode: 0o600 })
    else writeDirectory(node, join(path, name))
  }
}
