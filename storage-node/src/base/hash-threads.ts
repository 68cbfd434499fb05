/**
 * Body digests computed by worker threads, so that the main thread goes on serving.
 *
 * Slabs are shared with the threads and not copied; bytes outside of shared memory are copied once.
 * One body stays on one thread: MD5 is serial.
 *
 * @module
 */

import { Worker } from 'node:worker_threads'
import { assert, unreachable } from './assert.ts'
import type { BodyHasher, BodyHashers, SectionHasher } from './body-hasher.ts'
import type { BodyChecksums } from './checksums.ts'
import type { Fatal } from './crash.ts'

/** What a hash thread is told. `bytes` of one body arrive in order. */
export type HashRequest =
  | { readonly kind: 'update'; readonly body: number; readonly bytes: Uint8Array }
  | { readonly kind: 'finish'; readonly body: number }
  | { readonly kind: 'abandon'; readonly body: number }
  | {
      readonly kind: 'sections'
      readonly body: number
      readonly bytes: Uint8Array
      readonly marks: readonly number[]
    }

/** What it answers: to each update the CRC-64 up to there or hashes, to each finish the checksums; in order. */
export type HashAnswer =
  | { readonly kind: 'updated'; readonly body: number; readonly crc64SoFar: bigint }
  | { readonly kind: 'hashed'; readonly body: number; readonly hashes: readonly string[] }
  | { readonly kind: 'finished'; readonly body: number; readonly checksums: BodyChecksums }

interface OpenBody {
  readonly updates: ((crc64SoFar: bigint) => void)[]
  readonly hashes: ((hashes: readonly string[]) => void)[]
  finish: ((checksums: BodyChecksums) => void) | undefined
  abandoned: boolean
}

/** A pool of hash threads, and one more for sections once somebody asks for them. */
export class HashThreads implements BodyHashers {
  readonly #threads: readonly HashThread[]
  readonly #startThread: () => HashThread
  #sections: HashThread | undefined

  /** `entry` is the program of a thread; a thread that dies is fatal: bodies would wait for ever. */
  constructor(entry: URL | string, threadCount: number, fatal: Fatal) {
    assert(threadCount >= 1, 'there is a hash thread')
    this.#startThread = () => new HashThread(entry, fatal)
    this.#threads = Array.from({ length: threadCount }, this.#startThread)
  }

  open(): BodyHasher {
    let idlest = this.#threads[0]
    for (const thread of this.#threads) {
      if (idlest === undefined || thread.bodyCount < idlest.bodyCount) idlest = thread
    }
    assert(idlest !== undefined, 'there is a hash thread')
    return idlest.open()
  }

  openSections(): SectionHasher {
    this.#sections ??= this.#startThread()
    return this.#sections.openSections()
  }

  /** Ends the threads; bodies under way are never answered. */
  async stop(): Promise<void> {
    const sections = this.#sections === undefined ? [] : [this.#sections]
    await Promise.all([...this.#threads, ...sections].map((thread) => thread.stop()))
  }
}

class HashThread {
  readonly #worker: Worker
  readonly #bodies = new Map<number, OpenBody>()
  #lastBody = 0
  #stopping = false

  constructor(entry: URL | string, fatal: Fatal) {
    this.#worker = new Worker(entry)
    this.#worker.on('message', (answer: HashAnswer) => this.#onAnswer(answer))
    this.#worker.on('error', (cause) => fatal(new Error('A hash thread failed', { cause })))
    this.#worker.on('exit', () => {
      if (!this.#stopping) fatal(new Error('A hash thread ended'))
    })
    this.#worker.unref()
  }

  get bodyCount(): number {
    return this.#bodies.size
  }

  open(): BodyHasher {
    const { body, state } = this.#add()
    return {
      update: (bytes) =>
        new Promise((resolve) => {
          state.updates.push(resolve)
          this.#send({ kind: 'update', body, bytes: shareable(bytes) })
        }),
      finish: () =>
        new Promise((resolve) => {
          state.finish = resolve
          this.#send({ kind: 'finish', body })
        }),
      abandon: () => this.#abandon(body, state),
    }
  }

  openSections(): SectionHasher {
    const { body, state } = this.#add()
    return {
      update: (bytes, marks) =>
        new Promise((resolve) => {
          state.hashes.push(resolve)
          this.#send({ kind: 'sections', body, bytes: shareable(bytes), marks })
        }),
      close: () => this.#abandon(body, state),
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#worker.terminate()
  }

  #add(): { readonly body: number; readonly state: OpenBody } {
    const body = ++this.#lastBody
    const state: OpenBody = { updates: [], hashes: [], finish: undefined, abandoned: false }
    this.#bodies.set(body, state)
    return { body, state }
  }

  #abandon(body: number, state: OpenBody): void {
    state.abandoned = true
    this.#send({ kind: 'abandon', body })
    this.#forget(body, state)
  }

  #send(request: HashRequest): void {
    this.#worker.postMessage(request)
  }

  #onAnswer(answer: HashAnswer): void {
    const state = this.#bodies.get(answer.body)
    assert(state !== undefined, 'a hash thread answers only what it was asked')
    switch (answer.kind) {
      case 'updated':
        state.updates.shift()?.(answer.crc64SoFar)
        break
      case 'hashed':
        state.hashes.shift()?.(answer.hashes)
        break
      case 'finished':
        this.#bodies.delete(answer.body)
        state.finish?.(answer.checksums)
        return
      default:
        unreachable(answer)
    }
    if (state.abandoned) this.#forget(answer.body, state)
  }

  /** An abandoned body stays until the thread has let go of its last bytes. */
  #forget(body: number, state: OpenBody): void {
    if (state.updates.length + state.hashes.length === 0) this.#bodies.delete(body)
  }
}

/** Posting a view of ordinary memory would copy all of the buffer behind it. */
function shareable(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? bytes : Uint8Array.prototype.slice.call(bytes)
}
