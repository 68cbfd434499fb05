/**
 * The first words over a socket: each side says who it is and whether it takes the other.
 *
 * Until then only small frames are read, and nothing waits for longer than a few seconds.
 *
 * @module
 */

import type { Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { releaseBytes } from '../../base/release-bytes.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import { decode } from '../../wire/peer/codec.ts'
import type { Frame } from '../../wire/peer/frame-reader.ts'
import { FrameReader } from '../../wire/peer/frame-reader.ts'
import { encodeFrame, NO_PROTOCOL, plainHead } from '../../wire/peer/frames.ts'
import type { Hello, HelloRefusal, Lane } from '../../wire/peer/hello.ts'
import {
  commonProtocol,
  hello,
  NOTHING_KNOWN,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  refusal,
} from '../../wire/peer/hello.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import { certificateName } from './credentials.ts'
import type { PeerAdmission } from './peer-admission.ts'

const HANDSHAKE_MS_MAX = 5000

/** Who this side is. */
export type OwnName = Pick<Hello, 'region' | 'store' | 'incarnation' | 'nonce' | 'zone'>

export interface HandshakeParts {
  readonly self: OwnName
  readonly clock: Clock
  readonly admission: PeerAdmission
}

/** A socket over which both sides have agreed to talk. */
export interface AgreedSocket {
  readonly socket: Socket
  readonly reader: FrameReader
  readonly protocol: number
  readonly peer: Hello
}

/** One side does not want the other. */
export class PeerRefusedError extends Error {
  override readonly name = 'PeerRefusedError'
  readonly refusal: HelloRefusal

  constructor(refusal: HelloRefusal, message = refusal.why) {
    super(message)
    this.refusal = refusal
  }
}

/** Met in a life that is new to this side, a store was told too little: what is known of the one before (D3). */
export class OutdatedHelloError extends Error {
  override readonly name = 'OutdatedHelloError'
}

/**
 * Greets as the side that has connected; the other side must be `store`. Rejects with `OutdatedHelloError` when it has
 * to be greeted once more.
 */
export async function greet(
  socket: Socket,
  lane: Lane,
  store: StoreId,
  parts: HandshakeParts,
): Promise<AgreedSocket> {
  const { admission, clock } = parts
  return within(socket, clock, async (first) => {
    const { incarnation } = admission.known(store)
    socket.write(helloFrame(parts, lane, store))
    const frame = await first.frame()
    if (frame.kind === 'refusal') throw refused(socket, store, decode(refusal, frame), parts)
    const peer = readHello(frame)
    if (peer.store !== store) throw unlike(store, peer.store)
    const agreed = await agree(first, peer, lane, parts)
    if (admission.known(store).incarnation === incarnation) return agreed
    throw new OutdatedHelloError(`Store ${store} has started again`)
  })
}

/** Answers a greeting as the side that was connected to. */
export async function welcome(socket: Socket, parts: HandshakeParts): Promise<AgreedSocket> {
  return within(socket, parts.clock, async (first) => {
    try {
      const peer = readHello(await first.frame())
      const agreed = await agree(first, peer, peer.lane, parts)
      // Once it is admitted: from then on the life that was met before is an earlier one.
      socket.write(helloFrame(parts, peer.lane, peer.store))
      return agreed
    } catch (error) {
      const isRefused = error instanceof PeerRefusedError
      if (isRefused) socket.end(refusalFrame(error.refusal))
      throw error
    }
  })
}

async function agree(
  first: FirstFrame,
  peer: Hello,
  lane: Lane,
  { admission }: HandshakeParts,
): Promise<AgreedSocket> {
  const { socket, reader } = first
  const why = await admission.admit(peer, certificateName(socket))
  if (why !== undefined) throw new PeerRefusedError(why)
  if (peer.lane !== lane) {
    const reason = `Lane must be '${lane}', is '${peer.lane}'`
    throw new PeerRefusedError({ why: reason, known: NOTHING_KNOWN })
  }
  const protocol = commonProtocol(peer, ownProtocols) ?? PROTOCOL_VERSION
  return { socket, reader, protocol, peer }
}

const ownProtocols = { protocolMin: PROTOCOL_VERSION_MIN, protocolMax: PROTOCOL_VERSION }

function helloFrame({ self, admission }: HandshakeParts, lane: Lane, to: StoreId): Buffer {
  const said = { ...self, ...ownProtocols, lane, to, known: admission.known(to) }
  return encodeFrame(plainHead('hello', NO_PROTOCOL), hello, said)
}

function refusalFrame({ why, known }: HelloRefusal): Buffer {
  return encodeFrame(plainHead('refusal', NO_PROTOCOL), refusal, { why: why.slice(0, 256), known })
}

/** The other side's words, which may be the end of this store. */
function refused(
  socket: Socket,
  store: StoreId,
  said: HelloRefusal,
  { admission }: HandshakeParts,
): PeerRefusedError {
  admission.hearRefusal(said, store, certificateName(socket))
  return new PeerRefusedError(said, `Refused there: ${said.why}`)
}

function unlike(wanted: StoreId, found: StoreId): PeerRefusedError {
  return new PeerRefusedError({ why: `Store must be ${wanted}, is ${found}`, known: NOTHING_KNOWN })
}

function readHello(frame: Frame): Hello {
  if (frame.kind !== 'hello') throw new ProtocolError('The first frame must be a Hello')
  return decode(hello, frame)
}

/** Runs one handshake; whatever goes wrong ends the socket. */
async function within(
  socket: Socket,
  clock: Clock,
  handshake: (first: FirstFrame) => Promise<AgreedSocket>,
): Promise<AgreedSocket> {
  const first = new FirstFrame(socket)
  const timer = clock.schedule(HANDSHAKE_MS_MAX, () =>
    first.giveUp(new Error(`No Hello within ${HANDSHAKE_MS_MAX} ms`)),
  )
  try {
    return await handshake(first)
  } catch (error) {
    // A refusal that was written still leaves; the other side closes, or is cut off.
    if (socket.writableEnded) clock.schedule(HANDSHAKE_MS_MAX, () => socket.destroy())
    else socket.destroy()
    throw error
  } finally {
    timer.cancel()
    first.stop()
  }
}

/** Waits for the first frame of a socket. */
class FirstFrame {
  readonly socket: Socket
  readonly reader = new FrameReader(releaseBytes)
  readonly #frame: Promise<Frame>
  #settle: { resolve(frame: Frame): void; reject(error: Error): void } | undefined

  constructor(socket: Socket) {
    this.socket = socket
    this.#frame = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Whoever waits sees the rejection; nobody may wait any more when it comes.
    this.#frame.catch(() => undefined)
    socket.on('data', this.#onData)
    socket.on('error', this.#onEnd)
    socket.on('close', this.#onEnd)
  }

  frame(): Promise<Frame> {
    return this.#frame
  }

  giveUp(error: Error): void {
    this.#settle?.reject(error)
  }

  /** Leaves the socket to whoever comes next; nothing is read before that. */
  stop(): void {
    this.socket.off('data', this.#onData)
    this.socket.off('close', this.#onEnd)
    this.socket.off('error', this.#onEnd)
    // An error without a listener would end the process.
    this.socket.on('error', () => undefined)
  }

  readonly #onData = (chunk: Buffer) => {
    this.reader.push(chunk)
    try {
      const received = this.reader.next()
      if (received?.stage === 'bulkComes') throw new ProtocolError('A Hello has no bulk')
      if (received === undefined) return
      // What follows is of the protocol that is agreed on, and waits until that is known.
      this.socket.pause()
      this.#settle?.resolve(received.frame)
    } catch (error) {
      this.#settle?.reject(error as Error)
    }
  }

  readonly #onEnd = (error?: Error | boolean) => {
    const why = error instanceof Error ? error : new Error('The connection has ended')
    this.#settle?.reject(why)
  }
}
