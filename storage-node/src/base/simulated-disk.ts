/**
 * A disk in memory that forgets what was not synced.
 *
 * A power cut keeps any subset of the sectors and names written since the last sync, and may ruin a
 * block that was being written; what a sync has covered stays. A failed sync loses what it covered,
 * as Linux does: bytes stay readable and no later sync saves them (replication.md 2.6). Everything
 * follows from the seed and the order of calls.
 *
 * A process that a crash has ended never hears from its calls again.
 *
 * @module
 */

import { totalLength } from './bytes.ts'
import type { DiskSpace, File, Files, OpenMode } from './files.ts'
import type { Random } from './random.ts'
import { Dice } from './seeded-random.ts'
import { SimulatedContent, type Loss, type UnsyncedWrite } from './simulated-content.ts'
import { SimulatedDirectory } from './simulated-directory.ts'
import { nameOf, namesOf, parentOf } from './simulated-paths.ts'

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'list'
  | 'rename'
  | 'remove'
  | 'makeDirectory'
  | 'syncDirectory'

/** An operation that will fail once. */
export interface DiskFault {
  readonly operation: DiskOperation
  /** For example `EIO`. */
  readonly code: string
  /** Only paths that contain this text. Default: all. */
  readonly path?: string
  /** So many matching operations succeed first. Default 0. */
  readonly skipCount?: number
}

/** Calls `act` once when an operation that begins now takes effect. */
export type DiskDelay = (operation: DiskOperation, path: string, act: () => void) => void

/** What an operation has done to a file, told at the instant at which it takes effect. */
export type DiskEffect =
  | { readonly kind: 'create'; readonly path: string }
  | {
      readonly kind: 'write'
      readonly path: string
      readonly position: number
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'sync'; readonly path: string; readonly covered: readonly UnsyncedWrite[] }
  /** `names`: all in the directory that a power cut leaves now. */
  | { readonly kind: 'syncDirectory'; readonly path: string; readonly names: ReadonlySet<string> }
  | { readonly kind: 'remove'; readonly path: string }

export interface SimulatedDiskOptions {
  /** Writes that would need more fail with `ENOSPC`. Default 1 TiB. */
  readonly capacityBytes?: number
  /** Default: some turns of the microtask queue before the effect and after it. */
  readonly delay?: DiskDelay
  /** Called when a fault strikes an operation. */
  readonly onFault?: (operation: DiskOperation, path: string) => void
  /** Called with what has changed; not for writes that fail. */
  readonly onEffect?: (effect: DiskEffect) => void
}

const CAPACITY_BYTES_DEFAULT = 1024 ** 4
const BLOCK_BYTES = 4096
const TURN_COUNT_MAX = 3

/** The disk; it outlives the processes that use it. */
export class SimulatedDisk {
  readonly #dice: Dice
  readonly #delay: DiskDelay | undefined
  readonly #onFault: ((operation: DiskOperation, path: string) => void) | undefined
  readonly #onEffect: ((effect: DiskEffect) => void) | undefined
  #root = new SimulatedDirectory()
  /** Effects of operations whose time has not come. */
  readonly #pending = new Set<() => unknown>()
  #capacityBytes: number
  #tornCount = 0
  #faults: { fault: DiskFault; skipCount: number }[] = []
  #process = 0
  #operationCount = 0
  #crashAt: PlannedCrash | undefined

  constructor(random: Random, options: SimulatedDiskOptions = {}) {
    this.#dice = new Dice(random)
    this.#capacityBytes = options.capacityBytes ?? CAPACITY_BYTES_DEFAULT
    this.#delay = options.delay
    this.#onFault = options.onFault
    this.#onEffect = options.onEffect
  }

  /** The file system for the process that runs now; ask again after a crash. */
  get files(): Files {
    return new SimulatedFiles(this, this.#process)
  }

  /** Operations begun so far, by all processes. */
  get operationCount(): number {
    return this.#operationCount
  }

  /** Writes that power cuts have left in part, so far. */
  get tornCount(): number {
    return this.#tornCount
  }

  /** A power cut: ends the process and loses what was not synced. */
  crash(): void {
    this.kill()
    const loss: Loss = {
      dice: this.#dice,
      survivalProbability: this.#dice.pick([0, 0, 0.1, 0.5, 0.9, 1]),
      damageProbability: this.#dice.pick([0, 0, 0.5]),
      onTorn: () => this.#tornCount++,
    }
    this.#root.loseUnsynced(loss)
  }

  /**
   * Ends the process as `kill -9` does: what it wrote stays visible, and no more durable than it was.
   * Of its operations under way any may still take effect.
   */
  kill(): void {
    this.#process++
    this.#faults = []
    for (const effect of this.#pending) if (this.#dice.chance(0.5)) ignoreFailure(effect)
    this.#pending.clear()
    const crash = this.#crashAt
    this.#crashAt = undefined
    crash?.done()
  }

  /**
   * Cuts the power, or ends only the process, when `operationCount` further operations have begun;
   * resolves at any end of the process, unless that is forgotten before.
   */
  crashAfter(operationCount: number, how: 'power cut' | 'kill' = 'power cut'): Promise<void> {
    return new Promise((done) => {
      this.#crashAt = { operationCount: this.#operationCount + operationCount, how, done }
    })
  }

  /** Lets one operation of the running process fail. */
  fail(fault: DiskFault): void {
    this.#faults.push({ fault, skipCount: fault.skipCount ?? 0 })
  }

  /** Operations that were to fail work again, and no crash is to come. */
  forgetFaults(): void {
    this.#faults = []
    this.#crashAt = undefined
  }

  /** Takes a snapshot of what is seen; what is returned sets the volume back to it, while no process runs. */
  snapshot(): () => void {
    const root = this.#root.copy()
    return () => void (this.#root = root)
  }

  /** From now on the volume has so much space; what it holds beyond that stays. */
  resize(capacityBytes: number): void {
    this.#capacityBytes = capacityBytes
  }

  /** Flips the lowest bit of one byte of a file, as a rotting disk does. */
  rot(path: string, position: number): void {
    this.content(path).rot(position)
  }

  /**
   * Performs one operation of a process: `effect` happens at one instant, some turns after the
   * call and some before the answer. When a fault strikes, `onFault` happens instead.
   */
  async operate<T>(
    process: number,
    operation: DiskOperation,
    path: string,
    effect: () => T,
    onFault?: () => void,
  ): Promise<T> {
    if (this.#delay !== undefined) {
      return this.#operateLater(this.#delay, { process, operation, path, effect, onFault })
    }
    await this.#turns()
    if (process === this.#process) this.#begin()
    if (process !== this.#process) return never()
    const fault = this.#takeFault(operation, path)
    if (fault !== undefined) {
      onFault?.()
      throw fault
    }
    const result = effect()
    await this.#turns()
    return process === this.#process ? result : never()
  }

  /** The same with the effect and the answer in one instant, when `delay` says so. */
  #operateLater<T>(delay: DiskDelay, call: DiskCall<T>): Promise<T> {
    if (call.process === this.#process) this.#begin()
    if (call.process !== this.#process) return never()
    return new Promise((resolve, reject) => {
      this.#pending.add(call.effect)
      delay(call.operation, call.path, () => {
        if (!this.#pending.delete(call.effect)) return
        const fault = this.#takeFault(call.operation, call.path)
        if (fault === undefined) return settle(call.effect, resolve, reject)
        call.onFault?.()
        reject(fault)
      })
    })
  }

  /** Tells whoever listens what has changed. */
  tell(effect: DiskEffect): void {
    this.#onEffect?.(effect)
  }

  directory(path: string): SimulatedDirectory {
    let directory = this.#root
    for (const name of namesOf(path)) {
      const next = directory.names.get(name)
      if (next === undefined) throw diskError('ENOENT', path)
      if (!(next instanceof SimulatedDirectory)) throw diskError('ENOTDIR', path)
      directory = next
    }
    return directory
  }

  content(path: string): SimulatedContent {
    const node = this.directory(parentOf(path)).names.get(nameOf(path))
    if (node === undefined) throw diskError('ENOENT', path)
    if (node instanceof SimulatedDirectory) throw diskError('EISDIR', path)
    return node
  }

  /** Writes what fits; the rest is refused as a full volume does, short. */
  write(content: SimulatedContent, bytes: Uint8Array, position: number): void {
    const growthBytes = roundUp(position + bytes.byteLength) - roundUp(content.sizeBytes)
    const availableBytes = this.space().availableBytes
    if (growthBytes <= availableBytes) return content.write(bytes, position)
    const fitting = Math.max(0, roundUp(content.sizeBytes) + availableBytes - position)
    content.write(bytes.subarray(0, fitting), position)
    throw diskError('ENOSPC', 'write')
  }

  /** A failed write leaves any beginning of itself. */
  writeTorn(content: SimulatedContent, bytes: Uint8Array, position: number): void {
    content.write(bytes.subarray(0, this.#dice.below(bytes.byteLength + 1)), position)
  }

  space(): DiskSpace {
    const usedBytes = usedBytesBelow(this.#root)
    const availableBytes = Math.max(0, this.#capacityBytes - usedBytes)
    return { totalBytes: this.#capacityBytes, availableBytes }
  }

  #begin(): void {
    this.#operationCount++
    const planned = this.#crashAt
    if (planned === undefined || this.#operationCount <= planned.operationCount) return
    if (planned.how === 'kill') this.kill()
    else this.crash()
  }

  #takeFault(operation: DiskOperation, path: string): Error | undefined {
    for (const [index, waiting] of this.#faults.entries()) {
      const { fault } = waiting
      if (fault.operation !== operation || !path.includes(fault.path ?? '')) continue
      if (waiting.skipCount-- > 0) continue
      this.#faults.splice(index, 1)
      this.#onFault?.(operation, path)
      return diskError(fault.code, path)
    }
    return undefined
  }

  async #turns(): Promise<void> {
    for (let rest = this.#dice.below(TURN_COUNT_MAX) + 1; rest > 0; rest--) await Promise.resolve()
  }
}

interface PlannedCrash {
  /** Since the disk was made. */
  readonly operationCount: number
  readonly how: 'power cut' | 'kill'
  readonly done: () => void
}

interface DiskCall<T> {
  readonly process: number
  readonly operation: DiskOperation
  readonly path: string
  readonly effect: () => T
  readonly onFault: (() => void) | undefined
}

function settle<T>(
  effect: () => T,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  try {
    resolve(effect())
  } catch (error) {
    reject(error)
  }
}

function ignoreFailure(effect: () => unknown): void {
  try {
    effect()
  } catch {
    // The process that would have heard of it has ended.
  }
}

class SimulatedFiles implements Files {
  readonly #disk: SimulatedDisk
  readonly #process: number

  constructor(disk: SimulatedDisk, process: number) {
    this.#disk = disk
    this.#process = process
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.#operate('open', path, () => {
      const directory = this.#disk.directory(parentOf(path))
      if (mode === 'create') {
        if (directory.names.has(nameOf(path))) throw diskError('EEXIST', path)
        directory.change({ added: { name: nameOf(path), node: new SimulatedContent() } })
        this.#disk.tell({ kind: 'create', path })
      }
      return new SimulatedFile(this.#disk, this.#process, path, this.#disk.content(path), mode)
    })
  }

  list(directory: string): Promise<string[]> {
    return this.#operate('list', directory, () => [...this.#disk.directory(directory).names.keys()])
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate('rename', to, () => {
      const [source, target] = [parentOf(from), parentOf(to)].map((at) => this.#disk.directory(at))
      const node = source?.names.get(nameOf(from))
      if (node === undefined) throw diskError('ENOENT', from)
      const added = { name: nameOf(to), node }
      if (source === target) return source?.change({ removed: nameOf(from), added })
      // Two directories are two changes: a power cut may keep either.
      target?.change({ added })
      source?.change({ removed: nameOf(from) })
    })
  }

  remove(path: string): Promise<void> {
    return this.#operate('remove', path, () => {
      this.#disk.content(path)
      this.#disk.directory(parentOf(path)).change({ removed: nameOf(path) })
      this.#disk.tell({ kind: 'remove', path })
    })
  }

  makeDirectory(path: string): Promise<void> {
    return this.#operate('makeDirectory', path, () => {
      const names = namesOf(path)
      for (let depth = 1; depth <= names.length; depth++) {
        const parent = this.#disk.directory(`/${names.slice(0, depth - 1).join('/')}`)
        const name = names[depth - 1] ?? ''
        if (!parent.names.has(name))
          parent.change({ added: { name, node: new SimulatedDirectory() } })
      }
      this.#disk.directory(path)
    })
  }

  syncDirectory(path: string): Promise<void> {
    const covered = this.#find(path)?.unsyncedChanges() ?? []
    return this.#operate('syncDirectory', path, () => {
      const directory = this.#disk.directory(path)
      directory.makeDurable(covered)
      this.#disk.tell({ kind: 'syncDirectory', path, names: directory.durableNames() })
    })
  }

  space(path: string): Promise<DiskSpace> {
    return this.#operate('list', path, () => this.#disk.space())
  }

  #find(path: string): SimulatedDirectory | undefined {
    try {
      return this.#disk.directory(path)
    } catch {
      return undefined
    }
  }

  #operate<T>(operation: DiskOperation, path: string, effect: () => T): Promise<T> {
    return this.#disk.operate(this.#process, operation, path, effect)
  }
}

class SimulatedFile implements File {
  readonly #disk: SimulatedDisk
  readonly #process: number
  readonly #path: string
  readonly #content: SimulatedContent
  readonly #mode: OpenMode
  #closed = false

  constructor(
    disk: SimulatedDisk,
    process: number,
    path: string,
    content: SimulatedContent,
    mode: OpenMode,
  ) {
    this.#disk = disk
    this.#process = process
    this.#path = path
    this.#content = content
    this.#mode = mode
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#operate('read', () => this.#content.read(target, position))
  }

  write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    const join = () => {
      if (this.#mode === 'read') throw diskError('EBADF', this.#path)
      return Buffer.concat(pieces, totalLength(pieces))
    }
    return this.#operate(
      'write',
      () => {
        const bytes = join()
        this.#disk.write(this.#content, bytes, position)
        this.#disk.tell({ kind: 'write', path: this.#path, position, bytes })
      },
      () => this.#disk.writeTorn(this.#content, join(), position),
    )
  }

  sync(): Promise<void> {
    const covered = this.#content.unsyncedWrites()
    return this.#operate(
      'sync',
      () => {
        this.#content.makeDurable(covered)
        this.#disk.tell({ kind: 'sync', path: this.#path, covered })
      },
      () => this.#content.forget(covered),
    )
  }

  sizeBytes(): Promise<number> {
    return this.#operate('read', () => this.#content.sizeBytes)
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  #operate<T>(operation: DiskOperation, effect: () => T, onFault?: () => void): Promise<T> {
    if (this.#closed) return Promise.reject(diskError('EBADF', this.#path))
    return this.#disk.operate(this.#process, operation, this.#path, effect, onFault)
  }
}

function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated disk, ${path}`), { code })
}

function usedBytesBelow(directory: SimulatedDirectory): number {
  let usedBytes = 0
  for (const node of directory.names.values()) {
    usedBytes += node instanceof SimulatedDirectory ? usedBytesBelow(node) : roundUp(node.sizeBytes)
  }
  return usedBytes
}

function roundUp(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES
}

/** What a process that has ended waits for. */
function never<T>(): Promise<T> {
  return new Promise(() => {})
}
