/**
 * The accounts of a local region: a file in its data directory, read at start and again when it is
 * changed, and the key that security tokens are sealed with.
 *
 * @module
 */

import { join } from 'node:path'
import { asBuffer } from './base/bytes.ts'
import type { Clock, Timer } from './base/clock.ts'
import type { Files } from './base/files.ts'
import { hasErrorCode, readWholeFile } from './base/files.ts'
import type { Logger } from './base/logger.ts'
import type { Random } from './base/random.ts'
import type { GivenAccessKey } from './config.ts'
import { DataDirectoryError } from './local-directory.ts'
import type { AccountUid } from './model/identifiers.ts'
import { AccountDirectory } from './services/account-directory.ts'
import { readAccounts } from './wire/accounts-document.ts'

const ACCOUNTS_FILE = 'accounts.json'
const READ_INTERVAL_MS = 1_000

export interface LocalAccountsParts {
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly dataDirectory: string
  /** The region's own account, and its key pair. */
  readonly account: AccountUid
  readonly accessKey: GivenAccessKey
  readonly tokenKey: Uint8Array
}

/** The accounts, kept up with the file. */
export class LocalAccounts {
  readonly directory: AccountDirectory
  readonly #parts: LocalAccountsParts
  /** As it was read last; undefined: it was not there. */
  #text: string | undefined
  /** What was told last to be wrong. */
  #told = ''
  #timer: Timer | undefined
  #isStopped = false

  /** Reads the file, if there is one. Rejects with a `DataDirectoryError` that tells every mistake. */
  static async open(parts: LocalAccountsParts): Promise<LocalAccounts> {
    const accounts = new LocalAccounts(parts)
    const mistakes = await accounts.#read()
    if (mistakes.length > 0) {
      throw new DataDirectoryError(`Cannot read ${accounts.#path}: ${mistakes.join('; ')}`)
    }
    accounts.#readLater()
    return accounts
  }

  private constructor(parts: LocalAccountsParts) {
    this.#parts = parts
    const { random, tokenKey, account, accessKey } = parts
    const ownKeys = [{ ...accessKey, account, enabled: true }]
    this.directory = new AccountDirectory({ random, tokenKey, ownKeys })
  }

  /** Reads no more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  get #path(): string {
    return join(this.#parts.dataDirectory, ACCOUNTS_FILE)
  }

  #readLater(): void {
    if (this.#isStopped) return
    this.#timer = this.#parts.clock.schedule(READ_INTERVAL_MS, () => void this.#readAgain())
  }

  /** What is wrong is told once; until it is put right, what was read before holds. */
  async #readAgain(): Promise<void> {
    const { logger } = this.#parts
    const before = this.#text
    const found = await this.#read().catch((error: unknown) => [String(error)])
    const mistakes = found.join('; ')
    if (mistakes !== '' && mistakes !== this.#told) {
      logger.error('The accounts are not changed', { file: this.#path, mistakes })
    } else if (this.#text !== before) logger.info('The accounts are read again')
    this.#told = mistakes
    this.#readLater()
  }

  /** Returns what is wrong with the file, if it has changed. */
  async #read(): Promise<readonly string[]> {
    const { account } = this.#parts
    const text = await this.#readText()
    if (text === this.#text) return []
    this.#text = text
    if (text === undefined) {
      this.directory.replace([])
      return []
    }
    const outcome = readAccounts(text, account)
    if (outcome.kind === 'mistaken') return outcome.mistakes
    this.directory.replace(outcome.accounts)
    return []
  }

  /** Undefined: there is no file. One that is empty is about to be written. */
  async #readText(): Promise<string | undefined> {
    try {
      return asBuffer(await readWholeFile(this.#parts.files, this.#path)).toString()
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return undefined
      throw error
    }
  }
}
