/**
 * The file of a config store: its first group holds every record, each further one what changed.
 *
 * A start writes the file anew before anybody relies on what it read: what a killed process left in
 * the page cache is then durable too (as J2 for the journal). After a failed write the file is
 * written anew as well, never appended to: only what was acknowledged is known to be in it.
 *
 * @module
 */

import { replaceFile } from '../../base/durable-files.ts'
import { hasErrorCode, readWholeFile, type File, type Files } from '../../base/files.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import {
  CONFIG_BLOCK_BYTES,
  decodeConfigGroup,
  encodeConfigGroup,
  type ReadConfigGroup,
} from '../../wire/stored/config-records.ts'
import { StoredFormatError } from '../../wire/stored/stored-format-error.ts'
import { ConfigTable } from './config-table.ts'

/** The file cannot be trusted: a part that was once durable is damaged. */
export class ConfigFileDamagedError extends Error {
  override readonly name = 'ConfigFileDamagedError'
}

/** Appended to until it is this much larger than a new one would be. */
const GROWTH_BYTES_MAX = 4 * 1024 ** 2

export class ConfigFile {
  readonly #files: Files
  readonly #path: string
  /** Open while it ends with an acknowledged group. */
  #file: File | undefined
  #endBytes = 0
  #appendedBytes = 0
  #number: number

  private constructor(files: Files, path: string, number: number) {
    this.#files = files
    this.#path = path
    this.#number = number
  }

  /** Reads the records; none where there is no file. */
  static async open(files: Files, path: string): Promise<[ConfigFile, ConfigTable]> {
    const groups = readGroups(await readIfPresent(files, path), path)
    const table = ConfigTable.empty()
    for (const { changes, revision } of groups) {
      for (const change of changes) table.restore(change, revision)
    }
    const file = new ConfigFile(files, path, groups.at(-1)?.number ?? 0)
    await file.#rewrite(table)
    return [file, table]
  }

  /** Makes durable what has changed in `table` since it was forked. On rejection nobody knows. */
  async append(table: ConfigTable): Promise<void> {
    if (this.#file === undefined || this.#appendedBytes >= GROWTH_BYTES_MAX) {
      return this.#rewrite(table)
    }
    const { changes, revision } = table
    const bytes = encodeConfigGroup({ number: ++this.#number, revision, changes })
    try {
      await this.#file.write([bytes], this.#endBytes)
      await this.#file.sync()
    } catch (error) {
      await this.close()
      throw error
    }
    this.#endBytes += bytes.byteLength
    this.#appendedBytes += bytes.byteLength
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #rewrite(table: ConfigTable): Promise<void> {
    await this.close()
    const { revision } = table
    const changes = table.snapshot()
    const bytes = encodeConfigGroup({ number: ++this.#number, revision, changes })
    await replaceFile(this.#files, this.#path, bytes)
    this.#file = await this.#files.open(this.#path, 'write')
    this.#endBytes = bytes.byteLength
    this.#appendedBytes = 0
  }
}

async function readIfPresent(files: Files, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readWholeFile(files, path)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The first group is written whole under another name, so only the last of the others can be torn. */
function readGroups(bytes: Uint8Array | undefined, path: string): ReadConfigGroup[] {
  if (bytes === undefined) return []
  const groups: ReadConfigGroup[] = []
  let at = 0
  for (; at < bytes.byteLength; at += groups.at(-1)?.sizeBytes ?? 0) {
    const group = tryGroup(bytes.subarray(at))
    const previous = groups.at(-1)
    if (group === undefined || (previous && group.number !== previous.number + 1)) break
    groups.push(group)
  }
  if (groups.length === 0 || hasGroupBehind(bytes, at)) {
    throw new ConfigFileDamagedError(`Cannot read ${path}: it is damaged at byte ${at}`)
  }
  return groups
}

/** Groups are synced one after the other: a whole one behind a bad one says that the bad one was whole. */
function hasGroupBehind(bytes: Uint8Array, bad: number): boolean {
  for (let at = bad + CONFIG_BLOCK_BYTES; at < bytes.byteLength; at += CONFIG_BLOCK_BYTES) {
    if (tryGroup(bytes.subarray(at)) !== undefined) return true
  }
  return false
}

function tryGroup(bytes: Uint8Array): ReadConfigGroup | undefined {
  try {
    return decodeConfigGroup(bytes)
  } catch (error) {
    if (error instanceof StoredFormatError || error instanceof ProtocolError) return undefined
    throw error
  }
}
