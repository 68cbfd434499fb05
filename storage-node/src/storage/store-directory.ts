/**
 * A store's directory: who the store is, that only one process uses it, and what it remembers apart
 * from its journal (replication.md 2, 2.5 step 1).
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import type { Fatal } from '../base/crash.ts'
import { makeDurableDirectory, replaceFile } from '../base/durable-files.ts'
import { hasErrorCode, readWholeFile, type Files } from '../base/files.ts'
import type { Random } from '../base/random.ts'
import type { Incarnation, StoreId } from '../contract/identifiers.ts'
import { decodeStoreId, STORE_ID_BYTES } from '../wire/stored/store-id.ts'
import {
  decodeStoreIdentity,
  encodeStoreIdentity,
  STORE_FORMAT_VERSION,
  type StoreIdentity,
} from '../wire/stored/store-identity.ts'
import { StoredFormatError } from '../wire/stored/stored-format-error.ts'
import { parseFailures, writeFailures, type StoreFailure } from './store-failures.ts'
import type { LockStore, StoreLock } from './store-lock.ts'
import { StoreDamagedError, StoreFormatNewerError, StoreInUseError } from './store-open-error.ts'
import { createWatermark, Watermark } from './watermark.ts'

export interface StoreDirectoryOptions {
  readonly files: Files
  /** Absolute; made when it is not there. */
  readonly directory: string
  readonly lock: LockStore
  readonly random: Random
  readonly clock: Clock
  readonly fatal: Fatal
}

/** What a store has once it was formatted; without STORE they are a damaged store's. */
const CONTENT_NAMES = ['journal', 'state', 'segments']

/** Why the store must never be served again, in words (D2, D3). */
const CONDEMNED = 'CONDEMNED'

/** The directory of a store that this process holds. */
export class StoreDirectory {
  readonly storeId: StoreId
  readonly incarnation: Incarnation
  /** The last journal group that was synced for sure, as found at the start (D3). */
  readonly watermark: number
  /** Failures of the disk within the last day, oldest first (2.6). */
  readonly failures: readonly StoreFailure[]
  readonly #options: StoreDirectoryOptions
  readonly #lock: StoreLock
  readonly #watermark: Watermark

  private constructor(
    options: StoreDirectoryOptions,
    identity: StoreIdentity,
    lock: StoreLock,
    watermark: Watermark,
    failures: readonly StoreFailure[],
  ) {
    this.#options = options
    this.storeId = identity.storeId
    this.incarnation = identity.incarnation
    this.#lock = lock
    this.#watermark = watermark
    this.watermark = watermark.group
    this.failures = failures
  }

  /**
   * Takes the lock before anything is read or counted, formats an empty directory, and counts this
   * start. Throws a `StoreOpenError` that says why not.
   */
  static async open(options: StoreDirectoryOptions): Promise<StoreDirectory> {
    const { directory, lock } = options
    await makeDurableDirectory(options.files, directory)
    const held = await lock(`${directory}/LOCK`)
    if (held === undefined) throw new StoreInUseError(directory)
    try {
      await refuseCondemned(options)
      const found = await readIdentity(options)
      const identity = found ?? (await format(options))
      const watermark = await openWatermark(options, identity.storeId)
      const failures = await readFailures(options)
      return new StoreDirectory(
        options,
        await countStart(options, identity),
        held,
        watermark,
        failures,
      )
    } catch (error) {
      await held.release()
      throw error
    }
  }

  get journalDirectory(): string {
    return `${this.#options.directory}/journal`
  }

  get stateDirectory(): string {
    return `${this.#options.directory}/state`
  }

  get segmentsDirectory(): string {
    return `${this.#options.directory}/segments`
  }

  /** Keeps the watermark behind the journal's last synced group, a second at most. */
  followJournal(syncedGroup: () => number): void {
    this.#watermark.follow(syncedGroup)
  }

  /** Leaves the FAILED mark that the next start finds; for the way out after D1. */
  async recordFailure(reason: string): Promise<void> {
    const { files, directory, clock } = this.#options
    const failure = { atMs: clock.nowMs(), reason }
    await replaceFile(files, failedPath(directory), writeFailures([...this.failures, failure]))
  }

  /** From now on no start serves the store. */
  async condemn(reason: string): Promise<void> {
    const { files, directory } = this.#options
    await replaceFile(files, `${directory}/${CONDEMNED}`, Buffer.from(reason))
  }

  /** When the store last synced its watermark, which it does every second. */
  get lastSyncMs(): number {
    return this.#watermark.syncedMs
  }

  /** Call it after the journal is closed. */
  async close(): Promise<void> {
    await this.#watermark.close()
    await this.#lock.release()
  }
}

async function refuseCondemned({ files, directory }: StoreDirectoryOptions): Promise<void> {
  const reason = await findFile(files, `${directory}/${CONDEMNED}`)
  if (reason !== undefined) throw new StoreDamagedError(directory, Buffer.from(reason).toString())
}

async function readIdentity(options: StoreDirectoryOptions): Promise<StoreIdentity | undefined> {
  const { files, directory } = options
  const bytes = await findFile(files, storePath(directory))
  if (bytes === undefined) {
    const names = await files.list(directory)
    const content = names.find((name) => CONTENT_NAMES.includes(name))
    if (content === undefined) return undefined
    throw new StoreDamagedError(directory, `there is "${content}", but STORE is missing`)
  }
  const identity = sound(directory, 'STORE', () => decodeStoreIdentity(bytes))
  if ('newerFormatVersion' in identity) {
    throw new StoreFormatNewerError(directory, identity.newerFormatVersion, STORE_FORMAT_VERSION)
  }
  return identity
}

/** STORE is written last: as long as it is missing, there is no store. */
async function format({ files, directory, random }: StoreDirectoryOptions): Promise<StoreIdentity> {
  const storeId = newStoreId(random)
  await createWatermark(files, watermarkPath(directory), storeId)
  return { formatVersion: STORE_FORMAT_VERSION, storeId, incarnation: 0 as Incarnation }
}

async function countStart(
  { files, directory }: StoreDirectoryOptions,
  identity: StoreIdentity,
): Promise<StoreIdentity> {
  const counted = { ...identity, incarnation: (identity.incarnation + 1) as Incarnation }
  await replaceFile(files, storePath(directory), encodeStoreIdentity(counted))
  return counted
}

async function openWatermark(options: StoreDirectoryOptions, storeId: StoreId): Promise<Watermark> {
  const { files, directory, clock, fatal } = options
  const path = watermarkPath(directory)
  try {
    return await Watermark.open({ files, path, storeId, clock, fatal })
  } catch (cause) {
    if (hasErrorCode(cause, 'ENOENT') || cause instanceof StoredFormatError) {
      throw new StoreDamagedError(directory, 'its watermark is missing or unreadable', { cause })
    }
    throw cause
  }
}

async function readFailures(options: StoreDirectoryOptions): Promise<StoreFailure[]> {
  const { files, directory, clock } = options
  const bytes = await findFile(files, failedPath(directory))
  return bytes === undefined ? [] : parseFailures(bytes, clock.nowMs())
}

async function findFile(files: Files, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readWholeFile(files, path)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function sound<T>(directory: string, name: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof StoredFormatError)) throw cause
    throw new StoreDamagedError(directory, `${name} cannot be read`, { cause })
  }
}

/** A random UUID (version 4). */
function newStoreId(random: Random): StoreId {
  const bytes = random.bytes(STORE_ID_BYTES)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return decodeStoreId(bytes)
}

function storePath(directory: string): string {
  return `${directory}/STORE`
}

function watermarkPath(directory: string): string {
  return `${directory}/watermark`
}

function failedPath(directory: string): string {
  return `${directory}/FAILED`
}
