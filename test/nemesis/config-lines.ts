/**
 * The way of each storage node to the config store: a Unix socket of its own that passes on, unless
 * the storage node is cut off.
 *
 * @module
 */

import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

export class ConfigLines {
  readonly #servers: Server[] = []
  readonly #sockets = new Map<Socket, string>()
  #cut: ReadonlySet<string> = new Set()

  /** `paths`: by the name of the storage node. */
  static async listen(paths: ReadonlyMap<string, string>, configSocket: string) {
    const lines = new ConfigLines()
    for (const [name, path] of paths) await lines.#listen(name, path, configSocket)
    return lines
  }

  /** Nothing passes to and from these; what is on its way arrives when they are no longer cut off. */
  cut(names: readonly string[]): void {
    this.#cut = new Set(names)
    for (const [socket, name] of this.#sockets) {
      if (this.#cut.has(name)) socket.pause()
      else socket.resume()
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy()
    for (const server of this.#servers) {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }

  async #listen(name: string, path: string, configSocket: string): Promise<void> {
    const server = createServer((incoming) => {
      const outgoing = connect(configSocket)
      this.#carry(name, incoming, outgoing)
      this.#carry(name, outgoing, incoming)
    })
    this.#servers.push(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  }

  #carry(name: string, source: Socket, target: Socket): void {
    this.#sockets.set(source, name)
    source.on('data', (bytes) => target.write(bytes))
    source.on('error', () => source.destroy())
    source.on('close', () => {
      this.#sockets.delete(source)
      target.destroy()
    })
    if (this.#cut.has(name)) source.pause()
  }
}
