/**
 * Follows the objects of a selection: a list in pages, then a watch with bookmarks.
 *
 * A watch that ends, breaks or falls silent goes on where it was; one whose place is forgotten there
 * (410) begins with a new list. What is told may be late or told twice, never out of order for one
 * object.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { KubernetesStatusError, type ApiClient, type OpenAnswer } from './api-client.ts'
import type { KubernetesObject } from '../contract/kubernetes-object.ts'
import type { ObjectList, ObjectSelection, WatchEvent } from './objects.ts'

export interface ReflectorListener {
  changed(object: KubernetesObject): void
  removed(object: KubernetesObject): void
  /** Everything that there was has been told; also after each later list. */
  listed?(): void
}

export interface ReflectorOptions {
  readonly api: ApiClient
  readonly clock: Clock
  readonly logger: Logger
  readonly selection: ObjectSelection
  readonly listener: ReflectorListener
}

const PAGE_OBJECT_COUNT = 500
/** The server ends a watch after so long, and ours begins the next. */
const WATCH_SECONDS = 300
/** Bookmarks come about every minute: a watch that is silent for longer has lost its connection. */
const SILENCE_MS_MAX = 90_000
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 10_000
/** A single event; objects have at most 1.5 MiB. */
const LINE_CHARS_MAX = 8 * 1024 ** 2

/** How a watch ended. */
type WatchEnd = 'ended' | 'gone'

export class Reflector {
  readonly #options: ReflectorOptions
  readonly #objects = new Map<string, KubernetesObject>()
  /** Where the next watch begins; undefined: a list is needed. */
  #resourceVersion: string | undefined
  #retryMs = RETRY_MS_MIN
  #timer: Timer | undefined
  #watch: OpenAnswer | undefined
  #isStopped = false

  constructor(options: ReflectorOptions) {
    this.#options = options
    void this.#follow()
  }

  /** What is known now. */
  objects(): readonly KubernetesObject[] {
    return [...this.#objects.values()]
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#watch?.abort()
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      try {
        this.#resourceVersion ??= await this.#list()
        const end = await this.#watchFrom(this.#resourceVersion)
        if (end === 'gone') this.#resourceVersion = undefined
      } catch (error) {
        if (this.#isStopped) return
        if (error instanceof KubernetesStatusError && error.status === 410) {
          this.#resourceVersion = undefined
        }
        this.#options.logger.warn('Kubernetes is not followed', { why: (error as Error).message })
      }
      if (!this.#isStopped) await this.#rest()
    }
  }

  /** Longer each time until a list succeeds or a watch brings something. */
  #rest(): Promise<void> {
    const waitMs = this.#retryMs
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX)
    return new Promise((resolve) => {
      this.#timer = this.#options.clock.schedule(waitMs, resolve)
    })
  }

  /** Takes over a whole list; returns the version that it is of. */
  async #list(): Promise<string> {
    const found = new Map<string, KubernetesObject>()
    let page: ObjectList | undefined
    do {
      const next = page?.metadata.continue
      const path = pathOf(this.#options.selection, {
        limit: String(PAGE_OBJECT_COUNT),
        ...(next && { continue: next }),
      })
      page = (await this.#options.api.call('GET', path)) as ObjectList
      for (const object of page.items) found.set(keyOf(object), object)
    } while (page.metadata.continue)
    for (const [key, object] of this.#objects) if (!found.has(key)) this.#remove(object)
    for (const object of found.values()) this.#take(object)
    this.#options.listener.listed?.()
    this.#retryMs = RETRY_MS_MIN
    return page.metadata.resourceVersion
  }

  async #watchFrom(resourceVersion: string): Promise<WatchEnd> {
    const { api, clock, selection } = this.#options
    const watch = await api.watch(
      pathOf(selection, {
        ...{ watch: '1', allowWatchBookmarks: 'true', resourceVersion },
        timeoutSeconds: String(WATCH_SECONDS),
      }),
    )
    this.#watch = watch
    if (this.#isStopped) watch.abort()
    let silence = clock.schedule(SILENCE_MS_MAX, () => watch.abort())
    const heard = () => {
      this.#retryMs = RETRY_MS_MIN
      silence.cancel()
      silence = clock.schedule(SILENCE_MS_MAX, () => watch.abort())
    }
    try {
      return await this.#readLines(watch, heard)
    } finally {
      silence.cancel()
      this.#watch = undefined
    }
  }

  #readLines({ body, abort }: OpenAnswer, heard: () => void): Promise<WatchEnd> {
    return new Promise((resolve) => {
      let rest = ''
      body.setEncoding('utf8')
      body.on('data', (text: string) => {
        heard()
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        const isGone = lines.some((line) => this.#onLine(line) === 'gone')
        if (isGone) resolve('gone')
        if (isGone || rest.length > LINE_CHARS_MAX) abort()
      })
      // A broken connection is no more than an end: the next watch goes on from here.
      body.on('error', () => resolve('ended'))
      body.on('close', () => resolve('ended'))
    })
  }

  #onLine(line: string): WatchEnd | undefined {
    const event = parseEvent(line)
    if (event === undefined) return 'gone'
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#take(event.object)
        break
      case 'DELETED':
        this.#remove(event.object)
        break
      case 'BOOKMARK':
        break
      case 'ERROR':
        // Mostly 410; whatever it is, a list makes it good.
        return 'gone'
      default:
        unreachable(event.type)
    }
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion
    return undefined
  }

  #take(object: KubernetesObject): void {
    const key = keyOf(object)
    const known = this.#objects.get(key)?.metadata.resourceVersion
    this.#objects.set(key, object)
    if (known !== object.metadata.resourceVersion) this.#options.listener.changed(object)
  }

  #remove(object: KubernetesObject): void {
    this.#objects.delete(keyOf(object))
    this.#options.listener.removed(object)
  }
}

/** Objects of all namespaces may have the same name. */
function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`
}

function pathOf(selection: ObjectSelection, query: Record<string, string>): string {
  const { path, labelSelector, fieldSelector } = selection
  const parameters = new URLSearchParams({
    ...query,
    ...(labelSelector && { labelSelector }),
    ...(fieldSelector && { fieldSelector }),
  })
  return `${path}?${parameters}`
}

/** Undefined for a line that is no event: what it should have told is in the next list. */
function parseEvent(line: string): WatchEvent | undefined {
  try {
    return JSON.parse(line) as WatchEvent
  } catch {
    return undefined
  }
}
