/**
 * A Kubernetes API server in memory, over real sockets, for tests: lists in pages, watches with
 * bookmarks, versions that conflict, and all that goes wrong with them.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { sleep, type Clock } from '../base/clock.ts'
import { FakeObjects, type FakeRule } from './fake-objects.ts'
import type { KubernetesObject } from '../contract/kubernetes-object.ts'
import type { WatchEvent } from './objects.ts'

/** What happens to the next request that it fits. */
export interface FakeFault {
  readonly method: string
  /** Part of the path. Default: all. */
  readonly path?: string
  /** A watch, or anything but a watch. Default: both. */
  readonly isWatch?: boolean
  readonly effect:
    | { readonly kind: 'status'; readonly status: number }
    /** The connection is reset before anything happens. */
    | { readonly kind: 'reset' }
    /** The request takes effect, and the connection is reset. */
    | { readonly kind: 'loseAnswer' }
    /** The request takes effect so much later; its answer is not lost. */
    | { readonly kind: 'delay'; readonly ms: number }
    /** Somebody else writes to the object just before. */
    | { readonly kind: 'conflict' }
}

interface Watch {
  readonly answer: ServerResponse
  readonly collection: string
  readonly query: URLSearchParams
}

export class FakeApiServer {
  readonly objects: FakeObjects
  readonly #clock: Clock
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #watches = new Set<Watch>()
  #faults: FakeFault[] = []
  #isMute = false
  listCount = 0

  private constructor(clock: Clock, rule: FakeRule) {
    this.#clock = clock
    this.objects = new FakeObjects(rule, (event, collection) => this.#tell(event, collection))
    this.#server = createServer((request, answer) => void this.#serve(request, answer))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  /** `rule` says what is wrong with a new object behind an old one, as rules of a definition do. */
  static async open(clock: Clock, rule: FakeRule = () => undefined): Promise<FakeApiServer> {
    const server = new FakeApiServer(clock, rule)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  fail(fault: FakeFault): void {
    this.#faults.push(fault)
  }

  /** Ends every watch, properly or by a reset. */
  endWatches(how: 'end' | 'reset'): void {
    for (const { answer } of this.#watches) {
      if (how === 'end') answer.end()
      else answer.socket?.resetAndDestroy()
    }
    this.#watches.clear()
  }

  /** Tells every watch how far it is. */
  sendBookmarks(): void {
    const metadata = { name: '', resourceVersion: String(this.objects.revision) }
    const object = { apiVersion: '', kind: '', metadata }
    for (const { answer } of this.#watches) sendLine(answer, { type: 'BOOKMARK', object })
  }

  /** Watches bring nothing any more, as through a connection that died without a word. */
  set isMute(isMute: boolean) {
    this.#isMute = isMute
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url)
    const body = await readBody(request)
    const isWatch = url.searchParams.has('watch')
    const effect = this.#takeFault(request.method ?? '', url.pathname, isWatch)
    switch (effect?.kind) {
      case 'reset':
        return void request.socket.resetAndDestroy()
      case 'status':
        return send(answer, effect.status, { kind: 'Status', message: 'Injected' })
      case 'delay':
        await sleep(this.#clock, effect.ms)
        break
      case 'conflict':
        this.objects.touch(url.pathname)
        break
      default:
        break
    }
    if (isWatch) return this.#watch(url, answer)
    if (request.method === 'GET' && !url.pathname.endsWith('/status')) this.listCount++
    const { status, value } = this.objects.perform(request.method ?? '', url, body)
    if (effect?.kind === 'loseAnswer') return void request.socket.resetAndDestroy()
    send(answer, status, value)
  }

  #takeFault(method: string, path: string, isWatch: boolean): FakeFault['effect'] | undefined {
    const index = this.#faults.findIndex(
      (fault) =>
        fault.method === method &&
        path.includes(fault.path ?? '') &&
        (fault.isWatch === undefined || fault.isWatch === isWatch),
    )
    return index === -1 ? undefined : this.#faults.splice(index, 1)[0]?.effect
  }

  #watch(url: URL, answer: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion') ?? 0)
    const missed = this.objects.eventsSince(from, url.pathname)
    answer.writeHead(200, { 'content-type': 'application/json' })
    answer.flushHeaders()
    if (missed === undefined) {
      const object = { apiVersion: 'v1', kind: 'Status', metadata: { name: '' }, code: 410 }
      sendLine(answer, { type: 'ERROR', object })
      return void answer.end()
    }
    const watch = { answer, collection: url.pathname, query: url.searchParams }
    this.#watches.add(watch)
    answer.on('close', () => this.#watches.delete(watch))
    for (const event of missed) this.#tellOne(watch, event)
  }

  #tell(event: WatchEvent, collection: string): void {
    if (this.#isMute) return
    for (const watch of this.#watches) {
      if (watch.collection === collection) this.#tellOne(watch, event)
    }
  }

  #tellOne({ answer, query }: Watch, event: WatchEvent): void {
    if (isSelected(event.object, query)) sendLine(answer, event)
  }
}

/** Whether a list or a watch with such parameters shows the object. */
function isSelected({ metadata }: KubernetesObject, query: URLSearchParams): boolean {
  const [label, value] = query.get('labelSelector')?.split('=') ?? []
  const [field, name] = query.get('fieldSelector')?.split('=') ?? []
  return (
    (label === undefined || metadata.labels?.[label] === value) &&
    (field !== 'metadata.name' || metadata.name === name)
  )
}

function sendLine(answer: ServerResponse, event: WatchEvent): void {
  answer.write(`${JSON.stringify(event)}\n`)
}

function send(answer: ServerResponse, status: number, value: unknown): void {
  answer.writeHead(status, { 'content-type': 'application/json' })
  answer.end(JSON.stringify(value))
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const text = Buffer.concat(pieces).toString()
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}
