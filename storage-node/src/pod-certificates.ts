/**
 * The certificates that clients of a pod are shown, chosen by the name that they ask for.
 *
 * They lie in directories that Kubernetes replaces as a whole. A new one is for new connections;
 * nothing is interrupted. What is missing or damaged leaves what was there before, and the other hosts.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecureContext } from 'node:tls'
import { createSecureContext } from 'node:tls'
import type { TlsIdentity } from './api/http-server.ts'
import type { Clock, Timer } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { RegionEndpoints, ServedHosts } from './contract/storage-node-pod.ts'

/** Watching files misses what is replaced by a link. */
const LOOK_MS = 10_000

interface Shown {
  readonly served: ServedHosts
  /** What the context was made of, PEM. */
  pair: { readonly cert?: string; readonly key?: string }
  /** Undefined: there is none yet. */
  context: SecureContext | undefined
  /** What was told last to be wrong. */
  told: string
}

export class PodCertificates {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #external: readonly Shown[]
  readonly #internal: Shown
  #onReplaced: (identity: TlsIdentity) => void = () => {}
  #timer: Timer | undefined
  #isStopped = false

  private constructor({ internal, external }: RegionEndpoints, clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
    this.#internal = nothingShown(internal)
    this.#external = external.map(nothingShown)
  }

  /** Reads them, as far as they are there. */
  static async open(
    endpoints: RegionEndpoints,
    clock: Clock,
    logger: Logger,
  ): Promise<PodCertificates> {
    const certificates = new PodCertificates(endpoints, clock, logger)
    await certificates.#look()
    return certificates
  }

  /**
   * A name that no certificate is for, or none at all, gets the one for the inside of the cluster.
   * `onReplaced` hears of a newer one of these.
   */
  identity(onReplaced: (identity: TlsIdentity) => void): TlsIdentity {
    this.#onReplaced = onReplaced
    return {
      ...this.#internal.pair,
      SNICallback: (name, choose) => {
        const context = this.contextOf(name)
        if (context === undefined) return choose(new Error(`There is no certificate for ${name}`))
        choose(null, context)
      },
    }
  }

  contextOf(name: string): SecureContext | undefined {
    const shown = this.#external.find(({ served }) => isServed(name.toLowerCase(), served))
    return (shown ?? this.#internal).context
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #look(): Promise<void> {
    for (const shown of [this.#internal, ...this.#external]) await this.#read(shown)
    if (this.#isStopped) return
    this.#timer = this.#clock.schedule(LOOK_MS, () => void this.#look())
  }

  async #read(shown: Shown): Promise<void> {
    const { certificates } = shown.served
    if (certificates === null) return
    try {
      // In turn: of two that are missing always the same one is told.
      const cert = await readFile(join(certificates, 'tls.crt'), 'utf8')
      const key = await readFile(join(certificates, 'tls.key'), 'utf8')
      if (shown.pair.cert !== cert || shown.pair.key !== key) {
        shown.context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' })
        shown.pair = { cert, key }
        if (shown === this.#internal) this.#onReplaced(shown.pair)
        this.#logger.info('A certificate is shown to clients', { certificates })
      }
      shown.told = ''
    } catch (error) {
      // Half replaced, damaged or not there yet; the text of OpenSSL has no word of the key.
      const why = (error as Error).message
      if (why !== shown.told) this.#logger.warn('A certificate is not taken', { certificates, why })
      shown.told = why
    }
  }
}

function nothingShown(served: ServedHosts): Shown {
  return { served, pair: {}, context: undefined, told: '' }
}

/** An endpoint itself, or a bucket's name in front of it. */
function isServed(name: string, { hosts }: ServedHosts): boolean {
  return hosts.some((host) => name === host || name.endsWith(`.${host}`))
}
