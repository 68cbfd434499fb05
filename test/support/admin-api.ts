/**
 * A client of the admin API, with any certificate.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { Agent, request as openRequest } from 'node:https'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLocalCertificates } from '../../storage-node/src/testing.ts'
import type { CredentialSource } from '../../storage-node/src/testing.ts'

export type Credentials = ReturnType<CredentialSource['current']>

export interface AdminAnswer {
  readonly status: number
  /** Undefined: there is none. */
  readonly body: unknown
}

/** Certificates of one authority, each for a name in the region. */
export async function makeCredentials(
  region: string,
  names: readonly string[],
): Promise<Record<string, Credentials>> {
  const directory = await mkdtemp(join(tmpdir(), 'granary-admin-'))
  try {
    const files = await makeLocalCertificates({ directory, region, names })
    const made = [...files].map(async ([name, { key, certificate, authority }]) => {
      const texts = [key, certificate, authority].map((path) => readFile(path, 'utf8'))
      const [keyText = '', certificateText = '', authorityText = ''] = await Promise.all(texts)
      const credentials = { key: keyText, certificate: certificateText, authority: authorityText }
      return [name, credentials] as const
    })
    return Object.fromEntries(await Promise.all(made))
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Credentials that are replaced when a test says so. */
export class GivenCredentials implements CredentialSource {
  readonly #listeners: ((credentials: Credentials) => void)[] = []
  #current: Credentials

  constructor(current: Credentials) {
    this.#current = current
  }

  current(): Credentials {
    return this.#current
  }

  onChange(listener: (credentials: Credentials) => void): void {
    this.#listeners.push(listener)
  }

  replace(credentials: Credentials): void {
    this.#current = credentials
    for (const listener of this.#listeners) listener(credentials)
  }

  stop(): void {}
}

/** Asks one admin API with one certificate, over one connection after the other. */
export class AdminClient {
  readonly #port: number
  readonly #agent: Agent

  /** Undefined: without a certificate; the authority is believed all the same. */
  constructor(port: number, credentials: Partial<Credentials> & Pick<Credentials, 'authority'>) {
    const { key, certificate: cert, authority: ca } = credentials
    this.#port = port
    this.#agent = new Agent({
      keepAlive: true,
      ...{ key, cert, ca, checkServerIdentity: () => undefined },
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Rejects where the connection is cut. A text or bytes are sent as they are. */
  ask(method: string, path: string, body?: object | string | Uint8Array): Promise<AdminAnswer> {
    const isPlain = typeof body === 'string' || body instanceof Uint8Array
    const bytes = body === undefined || isPlain ? body : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method, path, agent: this.#agent }
      const request = openRequest(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece) => (text += String(piece)))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0 } = response
          resolve({ status, body: text === '' ? undefined : (JSON.parse(text) as unknown) })
        })
      })
      request.on('error', reject)
      request.end(bytes)
    })
  }
}
