/**
 * Makes sockets to other storage nodes and takes theirs, both through the handshake.
 *
 * @module
 */

import { createServer as createPlainServer, connect as connectPlain } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import type { Server as TlsServer } from 'node:tls'
import type { Logger } from '../../base/logger.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { Lane } from '../../wire/peer/hello.ts'
import type { CredentialSource } from './credentials.ts'
import { tlsOptions } from './credentials.ts'
import type { AgreedSocket, HandshakeParts } from './handshake.ts'
import { greet, OutdatedHelloError, welcome } from './handshake.ts'
import { QuietLog } from '../quiet-log.ts'

const CONNECT_MS_MAX = 5000
const KEEP_ALIVE_MS = 30_000
/** Sockets whose other side has not said who it is: more are not taken. */
const STRANGER_COUNT_MAX = 256
/** Object bytes come in large pieces: a small mark would stop the sender after each. */
const WRITE_MARK_BYTES = 256 * 1024

export interface SocketParts extends HandshakeParts {
  readonly logger: Logger
  /** Undefined: without TLS, on one machine only. */
  readonly credentials: CredentialSource | undefined
}

export interface ListenAddress {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** Connects to `address` (host:port), where `store` must be. */
export async function dial(
  address: string,
  lane: Lane,
  store: StoreId,
  parts: SocketParts,
): Promise<AgreedSocket> {
  try {
    return await dialOnce(address, lane, store, parts)
  } catch (error) {
    if (!(error instanceof OutdatedHelloError)) throw error
    return dialOnce(address, lane, store, parts)
  }
}

async function dialOnce(
  address: string,
  lane: Lane,
  store: StoreId,
  parts: SocketParts,
): Promise<AgreedSocket> {
  const socket = open(address, parts.credentials)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  await connected(socket, parts)
  return greet(socket, lane, store, parts)
}

function open(address: string, credentials: CredentialSource | undefined): Socket {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const target = {
    ...{ host, port: Number(address.slice(colon + 1)) },
    writableHighWaterMark: WRITE_MARK_BYTES,
  }
  if (credentials === undefined) return connectPlain(target)
  // The certificate is for a storage node, not for a host: admission compares it with the Hello.
  const checkServerIdentity = () => undefined
  return connectTls({ ...target, ...tlsOptions(credentials.current()), checkServerIdentity })
}

function connected(socket: Socket, { clock, credentials }: SocketParts): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (settle: () => void) => {
      timer.cancel()
      socket.off('error', fail)
      settle()
    }
    const fail = (error: Error) => {
      socket.on('error', () => undefined)
      socket.destroy()
      give(() => reject(error))
    }
    const timer = clock.schedule(CONNECT_MS_MAX, () =>
      fail(new Error(`No connection within ${CONNECT_MS_MAX} ms`)),
    )
    socket.on('error', fail)
    socket.once(credentials === undefined ? 'connect' : 'secureConnect', () => give(resolve))
  })
}

/** Takes the connections of other storage nodes. */
export class PeerListener {
  readonly #parts: SocketParts
  readonly #server: Server | TlsServer
  readonly #onAgreed: (agreed: AgreedSocket) => void
  readonly #refusals: QuietLog
  /** Those that have not said who they are. */
  readonly #strangers = new Set<Socket>()

  private constructor(parts: SocketParts, onAgreed: (agreed: AgreedSocket) => void) {
    this.#parts = parts
    this.#onAgreed = onAgreed
    this.#refusals = new QuietLog(parts.clock, parts.logger)
    this.#server = this.#makeServer()
    this.#server.on('connection', (socket) => this.#onConnection(socket))
  }

  static async open(
    parts: SocketParts,
    { host, port }: ListenAddress,
    onAgreed: (agreed: AgreedSocket) => void,
  ): Promise<PeerListener> {
    const listener = new PeerListener(parts, onAgreed)
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject)
      listener.#server.listen(port, host, () => {
        listener.#server.off('error', reject)
        resolve()
      })
    })
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes no more connections; those that are agreed on stay with whoever has them. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#strangers) socket.destroy()
    await closed
  }

  #makeServer(): Server | TlsServer {
    const { credentials } = this.#parts
    const options = { noDelay: true, highWaterMark: WRITE_MARK_BYTES }
    if (credentials === undefined) {
      return createPlainServer(options, (socket) => void this.#welcome(socket))
    }
    const server = createTlsServer(
      { ...options, ...tlsOptions(credentials.current()), handshakeTimeout: CONNECT_MS_MAX },
      (socket) => void this.#welcome(socket),
    )
    server.on('tlsClientError', (error, socket) => {
      this.#refuse(socket, `TLS failed: ${error.message}`)
    })
    credentials.onChange((changed) => server.setSecureContext(tlsOptions(changed)))
    return server
  }

  #onConnection(socket: Socket): void {
    if (this.#strangers.size >= STRANGER_COUNT_MAX) {
      this.#refuse(socket, 'Too many connections have not said who they are')
      socket.destroy()
      return
    }
    this.#strangers.add(socket)
    socket.on('close', () => this.#strangers.delete(socket))
  }

  async #welcome(socket: Socket): Promise<void> {
    const address = socket.remoteAddress
    try {
      socket.setKeepAlive(true, KEEP_ALIVE_MS)
      const agreed = await welcome(socket, this.#parts)
      this.#acquainted(socket)
      this.#onAgreed(agreed)
    } catch (error) {
      this.#refuse({ remoteAddress: address }, (error as Error).message)
    }
  }

  /** The set has the sockets below TLS, which have the same other end. */
  #acquainted(socket: Socket): void {
    for (const stranger of this.#strangers) {
      const isSame =
        stranger.remotePort === socket.remotePort && stranger.remoteAddress === socket.remoteAddress
      if (isSame) this.#strangers.delete(stranger)
    }
  }

  #refuse({ remoteAddress }: Pick<Socket, 'remoteAddress'>, why: string): void {
    this.#refusals.warn('A connection is refused', { address: remoteAddress ?? 'unknown' }, why)
  }
}
