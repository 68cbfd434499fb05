/**
 * What simulated clients do in a bucket that keeps versions, and what must come of it: a version whose
 * put was acknowledged reads as it was written and is listed until somebody asks for its deletion, and
 * never again once that was acknowledged.
 *
 * @module
 */

import type { SeededRandom } from '../crash/seeded-random.ts'
import type { Calls } from './calls.ts'
import type { Outcome } from './checkers/history.ts'
import { blocksIn } from './contents.ts'
import type { Machine } from './machine.ts'
import type { Accuse } from './watches/log-watch.ts'

export const VERSIONED_BUCKET = 'versioned'
const KEY_COUNT = 2

/** A version that a client was told of. */
interface KnownVersion {
  readonly key: string
  readonly versionId: string
  readonly block: number
  /** Who put it; nobody else deletes it. */
  readonly client: number
  /** `deleting`: somebody has asked for it, and may not know what came of it. */
  state: 'kept' | 'deleting' | 'deleted'
}

/** All that any client of a run was told of. */
export type VersionBook = KnownVersion[]

export interface VersionedKeysParts {
  readonly client: number
  readonly random: SeededRandom
  readonly book: VersionBook
  readonly accuse: Accuse
  newBlock(): { readonly block: number; readonly bytes: Uint8Array }
  ask<T>(machine: Machine, act: (calls: Calls) => Promise<T>): Promise<Outcome<T>>
}

/** One client's part in it. */
export class VersionedKeys {
  readonly #parts: VersionedKeysParts

  constructor(parts: VersionedKeysParts) {
    this.#parts = parts
  }

  /** One call. */
  turn(machine: Machine): Promise<void> {
    const { random } = this.#parts
    const key = `v${random.below(KEY_COUNT)}`
    const turn = random.below(100)
    if (turn < 40) return this.#put(machine, key)
    if (turn < 50) return this.#delete(machine, key)
    if (turn < 70) return this.#deleteVersion(machine, key)
    if (turn < 80) return this.#list(machine)
    return this.#readOne(machine)
  }

  /** Reads every version that anybody was told of, and lists them all. */
  async readEverything(machine: Machine): Promise<void> {
    for (const version of this.#parts.book) await this.#read(machine, version)
    await this.#list(machine)
  }

  async #put(machine: Machine, key: string): Promise<void> {
    const { book, client, newBlock, ask } = this.#parts
    const { block, bytes } = newBlock()
    const put = await ask(machine, (calls) => calls.putVersion(VERSIONED_BUCKET, key, bytes))
    if (put.kind === 'done') book.push({ key, versionId: put.value, block, client, state: 'kept' })
  }

  async #delete(machine: Machine, key: string): Promise<void> {
    await this.#parts.ask(machine, (calls) => calls.delete(VERSIONED_BUCKET, key))
  }

  /** Of this client's own, and never its latest: so there always is a newer one. */
  async #deleteVersion(machine: Machine, key: string): Promise<void> {
    const { random, book, client, ask } = this.#parts
    const own = book.filter((version) => version.client === client && version.key === key)
    const older = own.slice(0, -1).filter(({ state }) => state === 'kept')
    if (older.length === 0) return
    const version = random.pick(older)
    version.state = 'deleting'
    const { versionId } = version
    const deleted = await ask(machine, (calls) => {
      return calls.deleteVersion(VERSIONED_BUCKET, key, versionId)
    })
    if (deleted.kind === 'done') version.state = 'deleted'
  }

  async #readOne(machine: Machine): Promise<void> {
    const { random, book } = this.#parts
    if (book.length > 0) await this.#read(machine, random.pick(book))
  }

  async #read(machine: Machine, version: KnownVersion): Promise<void> {
    const { key, versionId, block } = version
    const { state: before } = version
    const read = await this.#parts.ask(machine, (calls) => {
      return calls.getVersion(VERSIONED_BUCKET, key, versionId)
    })
    if (read.kind === 'unknown') return
    if (read.kind === 'refused') {
      const isGone = read.code === 'NoSuchVersion' && version.state !== 'kept'
      if (!isGone) this.#accuse('I11', version, `is refused with ${read.code}`)
    } else if (before === 'deleted') this.#accuse('resurrection', version, 'is read')
    else if (blocksIn(read.value)?.join() !== String(block)) {
      this.#accuse('B6', version, `reads as ${blocksIn(read.value)?.join()}`)
    }
  }

  /** What was deleted or put while the list was made may be in it or not. */
  async #list(machine: Machine): Promise<void> {
    const { book, ask, accuse } = this.#parts
    const before = book.map((version) => ({ version, state: version.state }))
    const listed = await ask(machine, (calls) => calls.listVersions(VERSIONED_BUCKET))
    if (listed.kind !== 'done') return
    const shown = new Set(listed.value)
    if (shown.size < listed.value.length) accuse('I17', 'A list shows a version twice')
    for (const { version, state } of before) {
      const isShown = shown.has(version.versionId)
      if (state === 'deleted' && isShown) this.#accuse('resurrection', version, 'is listed')
      if (version.state === 'kept' && !isShown) this.#accuse('I17', version, 'is not listed')
    }
  }

  #accuse(rule: string, { key, versionId, state }: KnownVersion, what: string): void {
    this.#parts.accuse(rule, `version ${versionId} of ${key}, which is ${state}, ${what}`)
  }
}
