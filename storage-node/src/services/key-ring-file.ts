/**
 * The region's key ring in a file that is replaced from time to time, as Kubernetes does with a mounted
 * secret.
 *
 * @module
 */

import { asBuffer } from '../base/bytes.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Files } from '../base/files.ts'
import { readWholeFile } from '../base/files.ts'
import type { Logger } from '../base/logger.ts'
import type { KeyRing } from '../wire/key-ring.ts'
import { readKeyRing } from '../wire/key-ring.ts'

const LOOK_MS = 5_000

export interface KeyRingFileParts {
  readonly files: Files
  readonly clock: Clock
  readonly logger: Logger
  readonly path: string
}

/** There is none, or it says what no key ring may. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError'
}

export class KeyRingFile {
  readonly #parts: KeyRingFileParts
  #text: string
  #ring: KeyRing
  #timer: Timer | undefined
  #isStopped = false

  /** Rejects with a `KeyRingError` that tells every mistake. */
  static async open(parts: KeyRingFileParts): Promise<KeyRingFile> {
    const text = await readText(parts)
    return new KeyRingFile(parts, text, ringOf(parts.path, text))
  }

  private constructor(parts: KeyRingFileParts, text: string, ring: KeyRing) {
    this.#parts = parts
    this.#text = text
    this.#ring = ring
    this.#lookLater()
  }

  /** As it was read last. */
  get ring(): KeyRing {
    return this.#ring
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #lookLater(): void {
    if (this.#isStopped) return
    this.#timer = this.#parts.clock.schedule(LOOK_MS, () => void this.#look())
  }

  /** Half replaced, or mistaken: what was read before is still good. */
  async #look(): Promise<void> {
    const { logger, path } = this.#parts
    try {
      const text = await readText(this.#parts)
      if (text !== this.#text) {
        this.#ring = ringOf(path, text)
        this.#text = text
        logger.info('A new key ring is taken', {
          keys: this.#ring.keys.map(({ id }) => id).join(' '),
        })
      }
    } catch (error) {
      logger.warn('A new key ring is not taken', { why: (error as Error).message })
    }
    this.#lookLater()
  }
}

async function readText({ files, path }: KeyRingFileParts): Promise<string> {
  try {
    return asBuffer(await readWholeFile(files, path)).toString()
  } catch (cause) {
    throw new KeyRingError(`Cannot read ${path}`, { cause })
  }
}

function ringOf(path: string, text: string): KeyRing {
  const outcome = readKeyRing(text)
  if (outcome.kind === 'read') return outcome.ring
  throw new KeyRingError(`${path} holds no key ring: ${outcome.mistakes.join('; ')}`)
}
