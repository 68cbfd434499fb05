/**
 * Passes connections on between storage nodes, and can hold up or reset what goes from one to
 * another.
 *
 * It listens at the alias of each, and connects on from the alias of whoever connected: the
 * receiver's rules see who it is.
 *
 * @module
 */

import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** An end of a connection, as the proxy knows it. */
export interface ProxyPlace {
  readonly name: string
  readonly address: string
  readonly alias: string
}

/** How long bytes from one to the other are held up. */
export interface Delay {
  readonly from: string
  readonly to: string
  readonly delayMs: number
}

/** Of bytes that wait for the receiver or their time. */
const WAITING_BYTES_MAX = 4 * 1024 ** 2

interface Pair {
  readonly from: string
  readonly to: string
}

export class Proxy {
  readonly #places: readonly ProxyPlace[]
  readonly #servers: Server[] = []
  readonly #connections = new Map<Socket, Pair>()
  #delays: readonly Delay[] = []

  private constructor(places: readonly ProxyPlace[]) {
    this.#places = places
  }

  static async listen(places: readonly ProxyPlace[], ports: readonly number[]): Promise<Proxy> {
    const proxy = new Proxy(places)
    for (const place of places) {
      for (const port of ports) await proxy.#listen(place, port)
    }
    return proxy
  }

  /** Holds up what is listed and nothing else. */
  delay(delays: readonly Delay[]): void {
    this.#delays = delays
  }

  /** Resets the connections between the two. */
  reset(one: string, other: string): void {
    for (const [socket, { from, to }] of this.#connections) {
      if ((from === one && to === other) || (from === other && to === one)) socket.resetAndDestroy()
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#connections.keys()) socket.destroy()
    for (const server of this.#servers) {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }

  async #listen(to: ProxyPlace, port: number): Promise<void> {
    const server = createServer({ noDelay: true }, (incoming) => this.#accept(incoming, to, port))
    this.#servers.push(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, to.alias, resolve)
    })
  }

  #accept(incoming: Socket, to: ProxyPlace, port: number): void {
    const from = this.#places.find(({ address }) => address === incoming.remoteAddress)
    if (from === undefined) return void incoming.destroy()
    const outgoing = connect({ host: to.address, port, localAddress: from.alias, noDelay: true })
    this.#carry(incoming, outgoing, { from: from.name, to: to.name })
    this.#carry(outgoing, incoming, { from: to.name, to: from.name })
  }

  /** Passes on what `source` receives, and its end. */
  #carry(source: Socket, target: Socket, pair: Pair): void {
    this.#connections.set(source, pair)
    const waiting = new WaitingBytes(source, target)
    source.on('data', (bytes) => waiting.add(bytes, this.#delayOf(pair)))
    source.on('error', () => target.resetAndDestroy())
    source.on('end', () => waiting.end())
    source.on('close', () => {
      this.#connections.delete(source)
      waiting.end()
    })
  }

  #delayOf({ from, to }: Pair): number {
    return this.#delays.find((delay) => delay.from === from && delay.to === to)?.delayMs ?? 0
  }
}

/** Bytes of one direction of a connection that are on their way. */
class WaitingBytes {
  readonly #source: Socket
  readonly #target: Socket
  readonly #pieces: { readonly bytes: Uint8Array; readonly dueMs: number }[] = []
  #byteCount = 0
  #isEnded = false
  #timer: NodeJS.Timeout | undefined

  constructor(source: Socket, target: Socket) {
    this.#source = source
    this.#target = target
    target.on('drain', () => this.#goOn())
  }

  add(bytes: Uint8Array, delayMs: number): void {
    this.#pieces.push({ bytes, dueMs: performance.now() + delayMs })
    this.#byteCount += bytes.byteLength
    this.#pass()
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true
    this.#pass()
  }

  /** Passes on what is due. Nothing overtakes: what came before a delay was told goes first. */
  #pass(): void {
    if (this.#timer !== undefined) return
    for (;;) {
      const [first] = this.#pieces
      if (first === undefined) break
      const leftMs = first.dueMs - performance.now()
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#resume(), leftMs)
        break
      }
      this.#pieces.shift()
      this.#byteCount -= first.bytes.byteLength
      this.#target.write(first.bytes)
    }
    if (this.#isEnded && this.#pieces.length === 0) this.#target.end()
    this.#goOn()
  }

  #resume(): void {
    this.#timer = undefined
    this.#pass()
  }

  /** The sender waits as long as too much is on its way. */
  #goOn(): void {
    const waiting = this.#byteCount + this.#target.writableLength
    if (waiting > WAITING_BYTES_MAX) this.#source.pause()
    else this.#source.resume()
  }
}
