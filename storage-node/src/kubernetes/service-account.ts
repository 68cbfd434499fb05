/**
 * How a process in a pod reaches the API server: what Kubernetes projects into it.
 *
 * @module
 */

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ApiClientOptions } from './api-client.ts'

/** Where Kubernetes says it is, and where it puts a pod's credentials. */
export interface PodSurroundings {
  readonly serviceHost: string
  readonly servicePort: string
  /** Default: where every cluster has it. */
  readonly directory?: string
}

const DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Everything but the clock. Files are looked at before each request: tokens live for an hour. */
export function serviceAccount(pod: PodSurroundings): Omit<ApiClientOptions, 'clock'> {
  const { serviceHost, servicePort, directory = DIRECTORY } = pod
  const host = serviceHost.includes(':') ? `[${serviceHost}]` : serviceHost
  const token = new ReplacedFile(join(directory, 'token'))
  const authority = new ReplacedFile(join(directory, 'ca.crt'))
  return {
    server: `https://${host}:${servicePort}`,
    token: () => token.text(),
    authority: () => authority.text(),
  }
}

/** A file that is replaced from time to time, read again only then. */
class ReplacedFile {
  readonly #path: string
  #writtenMs = -1
  #text = ''

  constructor(path: string) {
    this.#path = path
  }

  async text(): Promise<string> {
    const { mtimeMs } = await stat(this.#path)
    if (mtimeMs !== this.#writtenMs) {
      this.#text = (await readFile(this.#path, 'utf8')).trim()
      this.#writtenMs = mtimeMs
    }
    return this.#text
  }
}
