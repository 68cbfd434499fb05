/**
 * Credentials in files that are replaced from time to time, as Kubernetes does with a mounted
 * secret.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { CredentialSource, TlsCredentials } from './credentials.ts'
import { tlsOptions } from './credentials.ts'
import type { CredentialFiles } from './local-certificates.ts'

/** Files are read again this often; watching them misses what is replaced by a link. */
const LOOK_MS = 10_000

export class FileCredentials implements CredentialSource {
  readonly #files: CredentialFiles
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners: ((credentials: TlsCredentials) => void)[] = []
  #current: TlsCredentials
  #timer: Timer | undefined

  private constructor(
    files: CredentialFiles,
    clock: Clock,
    logger: Logger,
    current: TlsCredentials,
  ) {
    this.#files = files
    this.#clock = clock
    this.#logger = logger
    this.#current = current
    this.#lookLater()
  }

  static async open(
    files: CredentialFiles,
    clock: Clock,
    logger: Logger,
  ): Promise<FileCredentials> {
    return new FileCredentials(files, clock, logger, await read(files))
  }

  current(): TlsCredentials {
    return this.#current
  }

  onChange(listener: (credentials: TlsCredentials) => void): void {
    this.#listeners.push(listener)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #lookLater(): void {
    this.#timer = this.#clock.schedule(LOOK_MS, () => void this.#look())
  }

  async #look(): Promise<void> {
    try {
      const found = await read(this.#files)
      if (!isSame(found, this.#current)) this.#change(found)
    } catch (error) {
      // Half replaced, or damaged: what was read before is still good.
      this.#logger.warn('New credentials are not taken', { why: (error as Error).message })
    }
    this.#lookLater()
  }

  #change(credentials: TlsCredentials): void {
    this.#current = credentials
    for (const listener of this.#listeners) listener(credentials)
    this.#logger.info('New credentials are taken')
  }
}

/** Reads the files; rejects unless key and certificate belong together. */
async function read(files: CredentialFiles): Promise<TlsCredentials> {
  const [key, certificate, authority] = await Promise.all(
    [files.key, files.certificate, files.authority].map((path) => readFile(path, 'utf8')),
  )
  const credentials = { key: key!, certificate: certificate!, authority: authority! }
  createSecureContext(tlsOptions(credentials))
  return credentials
}

function isSame(a: TlsCredentials, b: TlsCredentials): boolean {
  return a.key === b.key && a.certificate === b.certificate && a.authority === b.authority
}
