/**
 * A connection to another storage node, after both sides have said who they are.
 *
 * It serves both directions: requests of this side are answered over it, and the other side's are
 * answered from here. What is outstanding is bounded by credits that answers return; when the
 * connection ends, whatever was outstanding fails.
 *
 * @module
 */

import type { Socket } from 'node:net'
import { unreachable } from '../../base/assert.ts'
import { totalLength } from '../../base/bytes.ts'
import type { SlabPool } from '../../base/slabs.ts'
import { CHUNK_SIZE_BYTES } from '../../model/identifiers.ts'
import { decode, struct, text } from '../../wire/peer/codec.ts'
import type { Frame, FrameReader } from '../../wire/peer/frame-reader.ts'
import type { FrameHead } from '../../wire/peer/frames.ts'
import { FRAME_BYTES_MAX, plainHead } from '../../wire/peer/frames.ts'
import type { Hello, Lane } from '../../wire/peer/hello.ts'
import { peerAnswer, peerMessage, peerRequest } from '../../wire/peer/message-codecs.ts'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '../../wire/peer/messages.ts'
import { ProtocolError } from '../../wire/peer/protocol-error.ts'
import { partitionOf } from '../../wire/peer/traffic.ts'
import { PeerFailure, PeerUnreachableError } from '../peer-network.ts'
import type { PeerHandler } from '../peer-network.ts'
import type { Landing } from './bulk-landing.ts'
import { needsSlabs, pooledLanding } from './bulk-landing.ts'
import type { Exchange, ExchangeHolder } from './exchange.ts'
import type { Outgoing } from './frame-sender.ts'
import { FrameSender } from './frame-sender.ts'

/** Requests that may be outstanding on a connection. */
const REQUEST_COUNT_MAX = 1024
/** Bytes of requests that may be outstanding on a connection: of bulk, sent or asked for. */
const CREDIT_BYTES: Readonly<Record<Lane, number>> = {
  control: 8 * 1024 ** 2,
  bulk: 16 * 1024 ** 2,
  beacon: 0,
}
/** One-way messages are dropped when more than this waits. */
const WAITING_BYTES_MAX = 8 * 1024 ** 2
/** A peer that asks but does not read its answers is cut off. */
const UNREAD_BYTES_MAX = 64 * 1024 ** 2
/** Requests of the other side that are answered at a time; a peer that keeps to its credits has less. */
const INBOUND_COUNT_MAX = 2 * REQUEST_COUNT_MAX
const INBOUND_BYTES_MAX = 16 * 1024 ** 2
/** Looks without a sign of life after which the other side is asked for one, and given up. */
const SILENT_LOOKS_BEFORE_PING = 2
const SILENT_LOOKS_MAX = 5
const FAILURE_BYTES_MAX = 4096
const U32_MAX = 2 ** 32 - 1

const empty = struct({})
const failure = struct({ why: text(FAILURE_BYTES_MAX) })

export interface ConnectionParts {
  readonly socket: Socket
  /** Has read the Hello; may hold what came behind it. */
  readonly reader: FrameReader
  readonly protocol: number
  /** Who the other side has proven to be. */
  readonly peer: Hello
  readonly slabs: SlabPool
  readonly handler: () => PeerHandler
  readonly onClosed: (connection: PeerConnection, reason: Error) => void
  /** There is room for more requests. */
  readonly onCredit: () => void
}

/** A request that is on its way or has arrived over there. */
interface Asked {
  readonly exchange: Exchange
  readonly costBytes: number
  /** Of a frame whose bulk is not sent yet. */
  outgoing: Outgoing | undefined
  /** What to fail with once the bulk is sent: nobody waits for the answer. */
  abandonedWith: Error | undefined
}

export class PeerConnection implements ExchangeHolder {
  readonly peer: Hello
  readonly #parts: ConnectionParts
  readonly #sender: FrameSender
  readonly #asked = new Map<number, Asked>()
  readonly #closing = new AbortController()
  #askedBytes = 0
  #lastId = 0
  #answeringCount = 0
  #answeringBytes = 0
  #isWaitingForSlabs = false
  #landing: Landing | undefined
  #isClosed = false
  #hasHeard = true
  #hasSent = false
  #silentLooks = 0

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.peer = parts.peer
    this.#sender = new FrameSender(parts.socket)
    parts.reader.agree(parts.protocol, FRAME_BYTES_MAX)
  }

  /** Begins to read. */
  open(): void {
    const { socket, reader } = this.#parts
    socket.on('error', (error) => this.close(error))
    socket.on('close', () => this.close(new Error('the connection has ended')))
    socket.on('data', (chunk: Buffer) => {
      this.#hasHeard = true
      reader.push(chunk)
      this.#read()
    })
    this.#read()
    // The handshake has paused it.
    if (!this.#isPaused()) socket.resume()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Bytes outstanding: a new request goes to the connection with the fewest. */
  get load(): number {
    return this.#askedBytes
  }

  /** Whether one more request may be started; a single large one always may. */
  hasCredit(): boolean {
    return this.#asked.size < REQUEST_COUNT_MAX && this.#askedBytes < CREDIT_BYTES[this.peer.lane]
  }

  /** Sends a message one way, unless too much waits already. */
  send(message: PeerMessage): void {
    if (this.#isClosed || this.#sender.waitingBytes > WAITING_BYTES_MAX) return
    this.#hasSent = true
    const head = { ...this.#head('message', 0), partition: message.partition }
    this.#sender.append(head, peerMessage, message)
  }

  /** Starts a request; there must be credit. */
  start(exchange: Exchange): void {
    const { request, deadlineMs, bulkBytes } = exchange
    const id = this.#nextId()
    const head = {
      ...this.#head('request', id),
      partition: partitionOf(request),
      deadlineMs: Math.min(Math.max(Math.ceil(deadlineMs), 0), U32_MAX),
    }
    const waitingBefore = this.#sender.waitingBytes
    const outgoing = this.#append(head, request, () => this.#bulkSent(id))
    const costBytes = Math.max(this.#sender.waitingBytes - waitingBefore, bulkBytes)
    this.#asked.set(id, { exchange, costBytes, outgoing, abandonedWith: undefined })
    this.#askedBytes += costBytes
    this.#hasSent = true
    exchange.moveTo(this)
  }

  abandon(exchange: Exchange, error: Error): void {
    for (const [id, asked] of this.#asked) {
      if (asked.exchange !== exchange) continue
      if (asked.outgoing === undefined || asked.outgoing.withdraw()) {
        this.#settled(id, asked)
        exchange.fail(error)
      } else if (asked.abandonedWith === undefined && !isTimeout(error)) {
        // The bytes are being written: whoever they belong to must not touch them yet.
        asked.abandonedWith = error
      } else {
        // The other side has not taken them in all this time.
        exchange.fail(error)
        this.close(error)
      }
      return
    }
  }

  /** Called every second: notices a connection that is dead without having been closed. */
  look(): void {
    const isHeard = this.#hasHeard || this.#sender.takeProgress() || this.#isPaused()
    this.#silentLooks = isHeard || !this.#hasSent ? 0 : this.#silentLooks + 1
    if (isHeard) this.#hasSent = this.#asked.size > 0
    this.#hasHeard = false
    if (this.#silentLooks >= SILENT_LOOKS_MAX) {
      this.close(new Error('the other side has been silent'))
    } else if (this.#silentLooks >= SILENT_LOOKS_BEFORE_PING) {
      this.#sender.append(this.#head('ping', 0), empty, {})
    }
  }

  /** Ends the connection; what is outstanding fails. */
  close(reason: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#parts.socket.destroy()
    this.#closing.abort(reason)
    this.#landing?.release()
    this.#landing = undefined
    const lost = [...this.#asked.values()]
    this.#asked.clear()
    for (const { exchange, abandonedWith } of lost) {
      const why = `Store ${this.peer.store} cannot be reached: ${reason.message}`
      exchange.fail(abandonedWith ?? new PeerUnreachableError(why, { cause: reason }))
    }
    this.#parts.onClosed(this, reason)
  }

  #head(kind: FrameHead['kind'], id: number): FrameHead {
    return { ...plainHead(kind, this.#parts.protocol), id }
  }

  #nextId(): number {
    do {
      this.#lastId = this.#lastId === U32_MAX ? 1 : this.#lastId + 1
    } while (this.#asked.has(this.#lastId))
    return this.#lastId
  }

  #append(head: FrameHead, request: PeerRequest, onSent: () => void): Outgoing | undefined {
    if (this.peer.lane === 'bulk') {
      return this.#sender.appendBulk({ ...head, hasBulk: true }, peerRequest, request, onSent)
    }
    this.#sender.append(head, peerRequest, request)
    return undefined
  }

  #bulkSent(id: number): void {
    const asked = this.#asked.get(id)
    if (asked === undefined) return
    asked.outgoing = undefined
    if (asked.abandonedWith === undefined) return
    this.#settled(id, asked)
    asked.exchange.fail(asked.abandonedWith)
  }

  #settled(id: number, { costBytes }: Asked): void {
    this.#asked.delete(id)
    this.#askedBytes -= costBytes
    this.#parts.onCredit()
  }

  #read(): void {
    const { reader } = this.#parts
    try {
      while (!this.#isClosed && !this.#isPaused()) {
        const received = reader.next()
        if (received === undefined) return
        if (received.stage === 'whole') this.#onFrame(received.frame)
        else this.#land(received.frame, received.sizeBytes)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.close(error)
    }
  }

  #land(frame: Frame, sizeBytes: number): void {
    const { reader, slabs } = this.#parts
    if (this.peer.lane !== 'bulk') throw new ProtocolError('Bulk belongs on another connection')
    if (sizeBytes > CHUNK_SIZE_BYTES) throw new ProtocolError('Bulk must be at most one chunk')
    // How long an answer is needed is not known here: it gets memory of its own.
    if (frame.kind !== 'request' || !needsSlabs(sizeBytes)) return reader.takeAsItComes(sizeBytes)
    this.#isWaitingForSlabs = true
    pooledLanding(slabs, sizeBytes, this.#closing.signal).then(
      (landing) => {
        if (this.#isClosed) return landing.release()
        this.#isWaitingForSlabs = false
        this.#landing = landing
        reader.land(landing.buffers)
        this.#resume()
      },
      () => undefined,
    )
    this.#pauseIfNeeded()
  }

  #onFrame(frame: Frame): void {
    switch (frame.kind) {
      case 'message':
        return this.#parts.handler().message(this.peer.store, decode(peerMessage, frame))
      case 'request':
        return this.#onRequest(frame)
      case 'answer':
      case 'failure':
        return this.#onAnswer(frame)
      case 'ping':
        return this.#sender.append(this.#head('pong', 0), empty, {})
      case 'pong':
        return
      case 'hello':
      case 'refusal':
      case 'beacon':
        throw new ProtocolError(`A frame of kind '${frame.kind}' has no place here`)
      default:
        unreachable(frame.kind)
    }
  }

  #onRequest(frame: Frame): void {
    const request = decode(peerRequest, frame)
    const landing = this.#landing
    this.#landing = undefined
    const sizeBytes = frame.values.byteLength + (landing ? 0 : totalLength(frame.bulk))
    this.#answeringCount++
    this.#answeringBytes += sizeBytes
    this.#pauseIfNeeded()
    void this.#handle(frame.id, request).finally(() => {
      landing?.release()
      this.#answeringCount--
      this.#answeringBytes -= sizeBytes
      this.#resume()
    })
  }

  async #handle(id: number, request: PeerRequest): Promise<void> {
    let answer: PeerAnswer<PeerRequestKind>
    try {
      answer = await this.#parts.handler().request(this.peer.store, request)
    } catch (error) {
      this.#fail(id, error)
      return
    }
    this.#answer(id, request.kind, answer)
  }

  #answer(id: number, kind: PeerRequestKind, answer: PeerAnswer<PeerRequestKind>): void {
    if (this.#isClosed) return
    const head = this.#head('answer', id)
    try {
      if (this.peer.lane === 'bulk') {
        this.#sender.appendBulk({ ...head, hasBulk: true }, peerAnswer(kind), answer)
      } else {
        this.#sender.append(head, peerAnswer(kind), answer)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(id, error)
    }
    this.#cutOffUnread()
  }

  #fail(id: number, error: unknown): void {
    if (this.#isClosed) return
    const message = error instanceof Error ? error.message : String(error)
    const why = message.slice(0, FAILURE_BYTES_MAX / 4)
    this.#sender.append(this.#head('failure', id), failure, { why })
    this.#cutOffUnread()
  }

  #cutOffUnread(): void {
    if (this.#sender.waitingBytes <= UNREAD_BYTES_MAX) return
    this.close(new Error('the other side does not read its answers'))
  }

  #onAnswer(frame: Frame): void {
    const asked = this.#asked.get(frame.id)
    // An answer that came too late.
    if (asked === undefined) return
    const { exchange } = asked
    const settle =
      frame.kind === 'failure'
        ? failed(exchange, new PeerFailure(this.peer.store, decode(failure, frame).why))
        : answered(exchange, decode(peerAnswer(exchange.request.kind), frame))
    this.#settled(frame.id, asked)
    settle()
  }

  #isPaused(): boolean {
    return (
      this.#isWaitingForSlabs ||
      this.#answeringCount >= INBOUND_COUNT_MAX ||
      this.#answeringBytes >= INBOUND_BYTES_MAX
    )
  }

  #pauseIfNeeded(): void {
    if (this.#isPaused()) this.#parts.socket.pause()
  }

  #resume(): void {
    if (this.#isClosed || this.#isPaused() || !this.#parts.socket.isPaused()) return
    this.#read()
    if (!this.#isPaused()) this.#parts.socket.resume()
  }
}

function answered(exchange: Exchange, answer: PeerAnswer<PeerRequestKind>): () => void {
  return () => exchange.succeed(answer)
}

function failed(exchange: Exchange, error: Error): () => void {
  return () => exchange.fail(error)
}

function isTimeout(error: Error): boolean {
  return error.name === 'PeerTimeoutError'
}
