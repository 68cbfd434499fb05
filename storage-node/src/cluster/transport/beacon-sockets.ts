/**
 * Beacons over connections of their own, which a thread of its own can have.
 *
 * What cannot leave at once is dropped: a beacon that waits is worth less than the next one.
 *
 * @module
 */

import type { Socket } from 'node:net'
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { bytes, decode, struct } from '../../wire/peer/codec.ts'
import { encodeFrame, FRAME_BYTES_MAX, plainHead } from '../../wire/peer/frames.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import type { BeaconChannel } from './beacon-channel.ts'
import { BEACON_BYTES_MAX } from './beacon-channel.ts'
import { FileCredentials } from './credential-files.ts'
import type { AgreedSocket, OwnName } from './handshake.ts'
import type { CredentialFiles } from './local-certificates.ts'
import type { AdmissionOptions } from './peer-admission.ts'
import { PeerAdmission } from './peer-admission.ts'
import type { ListenAddress, SocketParts } from './peer-sockets.ts'
import { dial, PeerListener } from './peer-sockets.ts'
import { QuietLog } from '../quiet-log.ts'

/** Between two attempts to connect to a store. */
const REST_MS = 200
/** A connection that has brought nothing for so long, though it was sent something, is dead. */
const SILENCE_MS_MAX = 2000

const beacon = struct({ bytes: bytes(BEACON_BYTES_MAX) })

/** What a thread is given to open its sockets: nothing but values. */
export interface BeaconSocketsSettings {
  readonly self: OwnName
  /** Undefined: without TLS, on one machine only. */
  readonly credentials: CredentialFiles | undefined
  readonly listen: ListenAddress
}

/** The rest of it, which a thread has itself. */
export interface BeaconSocketsParts extends Omit<AdmissionOptions, 'self' | 'region'> {
  readonly clock: Clock
  readonly logger: Logger
  readonly addressOf: (store: StoreId) => string | undefined
}

/** Opens the sockets from settings; the credentials are read again when they change. */
export async function openBeaconSockets(
  { self, credentials, listen }: BeaconSocketsSettings,
  parts: BeaconSocketsParts,
): Promise<BeaconSockets> {
  const { clock, logger, addressOf } = parts
  return BeaconSockets.open({
    ...{ self, clock, logger, listen, addressOf },
    credentials: credentials && (await FileCredentials.open(credentials, clock, logger)),
    admission: new PeerAdmission({ ...parts, self: self.store, region: self.region }),
  })
}

export interface BeaconSocketsOptions extends SocketParts {
  readonly listen: ListenAddress
  /** Where a store's beacons are taken, host:port. */
  readonly addressOf: (store: StoreId) => string | undefined
}

type BeaconListener = (from: StoreId, bytes: Uint8Array) => void

export class BeaconSockets implements BeaconChannel {
  readonly #options: BeaconSocketsOptions
  readonly #refusals: QuietLog
  readonly #connections = new Map<StoreId, BeaconConnection>()
  readonly #restUntilMs = new Map<StoreId, number>()
  #listener: PeerListener | undefined
  #onBeacon: BeaconListener = () => {}
  #isClosed = false

  private constructor(options: BeaconSocketsOptions) {
    this.#options = options
    this.#refusals = new QuietLog(options.clock, options.logger)
  }

  static async open(options: BeaconSocketsOptions): Promise<BeaconSockets> {
    const sockets = new BeaconSockets(options)
    sockets.#listener = await PeerListener.open(options, options.listen, (agreed) =>
      sockets.#adopt(agreed),
    )
    return sockets
  }

  /** The port that others connect to. */
  get port(): number {
    return this.#listener?.port ?? 0
  }

  onBeacon(listener: BeaconListener): void {
    this.#onBeacon = listener
  }

  send(to: StoreId, bytes: Uint8Array): void {
    assert(bytes.byteLength <= BEACON_BYTES_MAX, 'a beacon is within its limit')
    if (this.#isClosed) return
    const connection = this.#connections.get(to)
    if (connection === undefined) return void this.#connect(to, bytes)
    connection.send(bytes)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#options.credentials?.stop()
    for (const connection of this.#connections.values()) connection.close()
    await this.#listener?.close()
  }

  /** The beacon that had to wait goes first: a store that starts is not known before its first one. */
  async #connect(to: StoreId, first: Uint8Array): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs()
    const address = this.#options.addressOf(to)
    if (address === undefined || nowMs < (this.#restUntilMs.get(to) ?? 0)) return
    // Until this attempt has come to an end, and for a while after it has failed.
    this.#restUntilMs.set(to, Infinity)
    try {
      this.#adopt(await dial(address, 'beacon', to, this.#options))
      this.#connections.get(to)?.send(first)
    } catch (error) {
      if ((error as Error).name === 'PeerRefusedError') {
        const { message } = error as Error
        this.#refusals.warn('Beacons of a storage node are not to be had', { address }, message)
      }
    }
    this.#restUntilMs.set(to, this.#options.clock.monotonicMs() + REST_MS)
  }

  /** The latest connection holds: whoever made it has given up an earlier one. */
  #adopt(agreed: AgreedSocket): void {
    const { store, lane } = agreed.peer
    if (this.#isClosed || agreed.socket.destroyed || lane !== 'beacon') {
      agreed.socket.destroy()
      return
    }
    const connection = new BeaconConnection(agreed, this.#options.clock, {
      onBeacon: (bytes) => this.#onBeacon(store, bytes),
      onClosed: (closed, why) => this.#onClosed(store, closed, why),
    })
    const previous = this.#connections.get(store)
    this.#connections.set(store, connection)
    previous?.retire()
    connection.open()
  }

  #onClosed(store: StoreId, connection: BeaconConnection, why: Error | undefined): void {
    if (this.#connections.get(store) === connection) this.#connections.delete(store)
    if (!(why instanceof ProtocolError)) return
    this.#refusals.warn('Beacons do not keep to the protocol', { store }, why.message)
  }
}

interface BeaconEvents {
  readonly onBeacon: (bytes: Uint8Array) => void
  readonly onClosed: (connection: BeaconConnection, why: Error | undefined) => void
}

class BeaconConnection {
  readonly #agreed: AgreedSocket
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #events: BeaconEvents
  /** When the first beacon was sent since something was heard. */
  #unheardSinceMs: number | undefined
  #isClosed = false

  constructor(agreed: AgreedSocket, clock: Clock, events: BeaconEvents) {
    this.#agreed = agreed
    this.#socket = agreed.socket
    this.#clock = clock
    this.#events = events
    agreed.reader.agree(agreed.protocol, FRAME_BYTES_MAX)
  }

  open(): void {
    this.#socket.on('error', (error) => this.close(error))
    this.#socket.on('close', () => this.close())
    this.#socket.on('data', (chunk: Buffer) => {
      this.#unheardSinceMs = undefined
      this.#agreed.reader.push(chunk)
      this.#read()
    })
    this.#read()
    this.#socket.resume()
  }

  send(bytes: Uint8Array): void {
    const nowMs = this.#clock.monotonicMs()
    this.#unheardSinceMs ??= nowMs
    if (nowMs - this.#unheardSinceMs > SILENCE_MS_MAX) return this.close()
    if (this.#socket.writableNeedDrain) return
    this.#socket.write(encodeFrame(plainHead('beacon', this.#agreed.protocol), beacon, { bytes }))
  }

  /** Another connection has taken this one's place; what is under way may still arrive. */
  retire(): void {
    this.#socket.end()
  }

  close(why?: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.destroy()
    this.#events.onClosed(this, why)
  }

  #read(): void {
    try {
      while (!this.#isClosed) {
        const received = this.#agreed.reader.next()
        if (received === undefined) return
        if (received.stage === 'bulkComes' || received.frame.kind !== 'beacon') {
          throw new ProtocolError(`A frame of kind '${received.frame.kind}' is no beacon`)
        }
        this.#events.onBeacon(decode(beacon, received.frame).bytes)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.close(error)
    }
  }
}
