/**
 * Serves a config store to the storage nodes of the same machine, over a Unix socket that only its
 * owner may open.
 *
 * @module
 */

import { chmod, unlink } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { AssertionError, unreachable } from '../../base/assert.ts'
import { hasErrorCode } from '../../base/files.ts'
import type { Logger } from '../../base/logger.ts'
import { decode, encode } from '../../wire/peer/codec.ts'
import {
  configReply,
  configRequest,
  type ConfigReply,
  type ConfigRequest,
} from '../../wire/peer/config-messages.ts'
import { ConfigStoreUnavailableError, type ConfigStore, type SwapOutcome } from '../config-store.ts'
import { frameMessage, MessageCutter } from './message-stream.ts'

/** A client that does not read what it watches is let go beyond this. */
const UNSENT_BYTES_MAX = 64 * 1024 ** 2
const SOCKET_MODE = 0o600

export class ConfigServer {
  readonly #store: ConfigStore
  readonly #logger: Logger
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(store: ConfigStore, logger: Logger) {
    this.#store = store
    this.#logger = logger
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** Listens at `path`, in a directory of its owner's; a process of before may have left it behind. */
  static async listen(store: ConfigStore, path: string, logger: Logger): Promise<ConfigServer> {
    await unlink(path).catch((error: unknown) => {
      if (!hasErrorCode(error, 'ENOENT')) throw error
    })
    const server = new ConfigServer(store, logger)
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject)
      server.#server.listen(path, resolve)
    })
    await chmod(path, SOCKET_MODE)
    return server
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let watches: readonly { stop(): void }[] = []
    const stopWatches = () => watches.forEach((watch) => watch.stop())
    const reply = (number: number, answer: ConfigReply) => send(socket, number, answer)
    const cutter = new MessageCutter((bytes) => {
      const { number, request } = decode(configRequest, { values: bytes, bulk: [] })
      if (request.kind === 'watch') {
        reply(number, { kind: 'watching' })
        // Asked again, it tells what is there once more.
        stopWatches()
        watches = this.#watch((change) => reply(0, change))
        return
      }
      void this.#answer(request).then((answer) => reply(number, answer))
    })
    socket.on('data', (bytes) => this.#take(socket, cutter, bytes))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#sockets.delete(socket)
      stopWatches()
    })
  }

  #watch(tell: (change: ConfigReply) => void): { stop(): void }[] {
    return [
      this.#store.watch((config) => tell({ kind: 'config', config })),
      this.#store.watchPlacement((map) => tell({ kind: 'placement', map })),
    ]
  }

  #take(socket: Socket, cutter: MessageCutter, bytes: Uint8Array): void {
    try {
      cutter.take(bytes)
    } catch (error) {
      this.#logger.warn('A config store client was let go', { why: (error as Error).message })
      socket.destroy()
    }
  }

  async #answer(request: Exclude<ConfigRequest, { kind: 'watch' }>): Promise<ConfigReply> {
    try {
      return await this.#perform(request)
    } catch (error) {
      const why = (error as Error).message
      if (error instanceof ConfigStoreUnavailableError) return { kind: 'unavailable', why }
      if (error instanceof AssertionError) return { kind: 'refused', why }
      throw error
    }
  }

  async #perform(request: Exclude<ConfigRequest, { kind: 'watch' }>): Promise<ConfigReply> {
    const store = this.#store
    switch (request.kind) {
      case 'get':
        return { kind: 'config', config: await store.get(request.partition) }
      case 'list':
        return { kind: 'configs', configs: await store.list() }
      case 'swap': {
        const { partition, expected, configuration } = request
        return outcomeReply(await store.swap(partition, expected, configuration))
      }
      case 'touch':
        return outcomeReply(await store.touch(request.partition, request.expected))
      case 'getPlacement':
        return { kind: 'placement', map: await store.getPlacement() }
      default:
        unreachable(request)
    }
  }
}

function outcomeReply(outcome: SwapOutcome): ConfigReply {
  return outcome.kind === 'won' ? { kind: 'won', config: outcome.config } : { kind: 'lost' }
}

function send(socket: Socket, number: number, reply: ConfigReply): void {
  if (socket.destroyed) return
  socket.write(frameMessage(encode(configReply, { number, reply }).values))
  if (socket.writableLength > UNSENT_BYTES_MAX) socket.destroy()
}
