/**
 * What every `PeerNetwork` promises to those who use it.
 *
 * @module
 */

import type { PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { DataId } from '../../model/identifiers.ts'
import type {
  PeerAnswer,
  PeerMessage,
  PeerRequest,
  PeerRequestKind,
} from '../../wire/peer/messages.ts'
import type { PeerHandler, PeerNetwork } from '../peer-network.ts'
import { PeerFailure, PeerTimeoutError, PeerUnreachableError } from '../peer-network.ts'

/** Two nodes that can reach each other. */
export interface NetworkPair {
  readonly a: PeerNetwork
  readonly b: PeerNetwork
  /** Ends b as a process ends. */
  stopB(): Promise<void>
  /** Starts b again, under the same store. */
  startB(): Promise<PeerNetwork>
  close(): Promise<void>
}

const CHUNK_BYTES = 4 * 1024 ** 2
const OPTIONS = { deadlineMs: 5000 }

/** Runs the suite; `open` makes a fresh pair in which nobody serves yet. */
export function describePeerNetwork(name: string, open: () => Promise<NetworkPair>): void {
  describe(name, () => {
    let pair: NetworkPair
    beforeEach(async () => {
      pair = await open()
    })
    afterEach(() => pair.close())

    test('a message arrives as it was, with who sent it', async () => {
      const inbox = new Inbox()
      pair.b.serve(inbox)
      pair.a.serve(silent)
      pair.a.send(pair.b.self, ack(7))
      expect(await inbox.next()).toEqual({ from: pair.a.self, message: ack(7) })
    })

    test('messages to the own store arrive too', async () => {
      const inbox = new Inbox()
      pair.a.serve(inbox)
      pair.a.send(pair.a.self, ack(8))
      expect(await inbox.next()).toEqual({ from: pair.a.self, message: ack(8) })
      expect(await pair.a.request(pair.a.self, knows(3), OPTIONS)).toEqual({ knows: true })
    })

    test('messages over a quiet network arrive in order', async () => {
      const inbox = new Inbox()
      pair.b.serve(inbox)
      for (let seq = 1; seq <= 100; seq++) pair.a.send(pair.b.self, ack(seq))
      for (let seq = 1; seq <= 100; seq++) expect((await inbox.next()).message).toEqual(ack(seq))
    })

    test('requests are answered, many at a time, each with its own answer', async () => {
      pair.b.serve(answering(({ partition }) => ({ knows: partition % 3 === 0 })))
      const asked = Array.from({ length: 3000 }, (_, n) => n)
      const answers = await Promise.all(
        asked.map((n) => pair.a.request(pair.b.self, knows(n), OPTIONS)),
      )
      expect(answers).toEqual(asked.map((n) => ({ knows: n % 3 === 0 })))
    })

    test('both sides ask each other at once', async () => {
      pair.a.serve(answering(() => ({ knows: true })))
      pair.b.serve(answering(() => ({ knows: false })))
      const [ofB, ofA] = await Promise.all([
        pair.a.request(pair.b.self, knows(1), OPTIONS),
        pair.b.request(pair.a.self, knows(1), OPTIONS),
      ])
      expect([ofB, ofA]).toEqual([{ knows: false }, { knows: true }])
    })

    test('what the other side rejects with comes back as a failure', async () => {
      pair.b.serve({
        message() {},
        request: () => Promise.reject(new Error('the volume is full')),
      })
      const asked = pair.a.request(pair.b.self, knows(1), OPTIONS)
      await expect(asked).rejects.toThrow(PeerFailure)
      await expect(asked).rejects.toThrow(`Store ${pair.b.self} failed: the volume is full`)
    })

    test('a handler that throws has failed too', async () => {
      pair.b.serve({
        message() {},
        request() {
          throw new Error('this is not served')
        },
      })
      const asked = pair.a.request(pair.b.self, knows(1), OPTIONS)
      await expect(asked).rejects.toThrow(`Store ${pair.b.self} failed: this is not served`)
    })

    test('bulk bytes arrive as they were, in requests and in answers', async () => {
      pair.b.serve(new ChunkKeeper())
      await putChunks(pair, [1, 2, 3, 4, 5, 6])
      const { pieces } = await getChunk(pair, 3)
      expect(Buffer.concat(pieces).equals(chunkContent(3).subarray(0, 1024 ** 2))).toBe(true)
    })

    test('a sender may use its bytes again once its request has settled', async () => {
      const keeper = new ChunkKeeper()
      pair.b.serve(keeper)
      const content = chunkContent(1)
      await pair.a.request(pair.b.self, put(1, [content]), OPTIONS)
      content.fill(0)
      expect(keeper.content(1).equals(chunkContent(1))).toBe(true)
    })

    test('no answer within the deadline is a timeout, and a late answer disturbs nobody', async () => {
      const held = new Held()
      pair.b.serve(held)
      const asked = pair.a.request(pair.b.self, knows(1), { deadlineMs: 60 })
      await expect(asked).rejects.toThrow(PeerTimeoutError)
      held.release()
      expect(await pair.a.request(pair.b.self, knows(2), OPTIONS)).toEqual({ knows: true })
    })

    test('what has arrived stays as it was when the sender has given up', async () => {
      const held = new Held()
      let seen: Promise<Buffer> | undefined
      pair.b.serve({
        message() {},
        request(from, request) {
          if (request.kind !== 'chunkPut') throw new Error(`Nobody asks for ${request.kind}`)
          seen = held.request().then(() => Buffer.concat(request.pieces))
          return seen.then(() => ({ outcome: 'stored' }))
        },
      })
      const content = chunkContent(1)
      const asked = pair.a.request(pair.b.self, put(1, [content]), { deadlineMs: 1000 })
      await expect(asked).rejects.toThrow(PeerTimeoutError)
      content.fill(0)
      held.release()
      expect((await seen)?.equals(chunkContent(1))).toBe(true)
    })

    test('who asks may stop waiting', async () => {
      pair.b.serve(new Held())
      const controller = new AbortController()
      const { signal } = controller
      const asked = pair.a.request(pair.b.self, knows(1), { ...OPTIONS, signal })
      controller.abort(new Error('the client is gone'))
      await expect(asked).rejects.toThrow('the client is gone')
      const late = pair.a.request(pair.b.self, knows(1), { ...OPTIONS, signal })
      await expect(late).rejects.toThrow('the client is gone')
    })

    test('a store that nobody knows cannot be reached', async () => {
      const nobody = '00000000-0000-4000-8000-00000000dead' as StoreId
      pair.a.send(nobody, ack(1))
      await expect(pair.a.request(nobody, knows(1), OPTIONS)).rejects.toThrow(PeerUnreachableError)
    })

    test('what is asked of a node that ends fails', async () => {
      pair.b.serve(new Held())
      const asked = pair.a.request(pair.b.self, knows(1), OPTIONS)
      const settled = expect(asked).rejects.toThrow(PeerUnreachableError)
      await pair.a.request(pair.b.self, knows(2), { deadlineMs: 60 }).catch(() => undefined)
      await pair.stopB()
      await settled
      const later = pair.a.request(pair.b.self, knows(3), OPTIONS)
      await expect(later).rejects.toThrow(PeerUnreachableError)
    })

    test('a node that comes back is reached again', async () => {
      pair.b.serve(answering(() => ({ knows: false })))
      await pair.a.request(pair.b.self, knows(1), OPTIONS)
      await pair.stopB()
      pair.a.send(pair.b.self, ack(1))
      const b = await pair.startB()
      b.serve(answering(() => ({ knows: true })))
      expect(await eventually(() => pair.a.request(b.self, knows(2), OPTIONS))).toEqual({
        knows: true,
      })
    })
  })
}

function ack(seq: number): PeerMessage {
  const ballot = { epoch: 3, activation: 1 }
  return {
    kind: 'replication',
    partition: 1 as PartitionId,
    message: { kind: 'prepareAck', ballot: ballot as never, seq: seq as Seq },
  }
}

function knows(partition: number): PeerRequest<'knows'> {
  return { kind: 'knows', partition: partition as PartitionId, uid: 'uid' }
}

function put(index: number, pieces: readonly Uint8Array[]): PeerRequest<'chunkPut'> {
  const owner = { bucketId: '0123456789abcdef', key: 'a key' } as never
  const checks = Buffer.from('checks')
  return { kind: 'chunkPut', mapVersion: 1, dataId, index, owner, crc64: 5n, checks, pieces }
}

const dataId = '00112233445566778899aabbccddeeff' as DataId

/** Bytes that differ from chunk to chunk and from block to block. */
function chunkContent(index: number): Buffer {
  const content = Buffer.alloc(CHUNK_BYTES - index * 1000)
  for (let at = 0; at + 4 <= content.length; at += 4) {
    content.writeUInt32LE(((at + index) * 2654435761) >>> 0, at)
  }
  return content
}

async function putChunks({ a, b }: NetworkPair, indexes: readonly number[]): Promise<void> {
  const answers = indexes.map((index) => {
    const content = chunkContent(index)
    const pieces = [content.subarray(0, 1024 ** 2), content.subarray(1024 ** 2)]
    return a.request(b.self, put(index, pieces), { deadlineMs: 20_000 })
  })
  for (const answer of await Promise.all(answers)) expect(answer).toEqual({ outcome: 'stored' })
}

async function getChunk({ a, b }: NetworkPair, index: number) {
  const range = { offset: 0, length: 1024 ** 2 }
  const answer = await a.request(b.self, { kind: 'chunkGet', dataId, index, ...range }, OPTIONS)
  if (answer.outcome !== 'found') throw new Error(`Chunk ${index} is ${answer.outcome}`)
  return answer
}

/** Takes messages for somebody who waits for them. */
class Inbox implements PeerHandler {
  readonly #arrived: { from: StoreId; message: PeerMessage }[] = []
  #wake: (() => void) | undefined

  message(from: StoreId, message: PeerMessage): void {
    this.#arrived.push({ from, message })
    this.#wake?.()
  }

  request(): Promise<PeerAnswer<PeerRequestKind>> {
    return Promise.resolve({ knows: true })
  }

  async next(): Promise<{ from: StoreId; message: PeerMessage }> {
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#arrived.shift()!
  }
}

const silent: PeerHandler = { message() {}, request: () => new Promise(() => {}) }

function answering(answer: (request: PeerRequest<'knows'>) => PeerAnswer<'knows'>): PeerHandler {
  return {
    message() {},
    async request(_from, request) {
      if (request.kind !== 'knows') throw new Error(`Nobody asks for ${request.kind}`)
      return answer(request)
    },
  }
}

/** Answers nothing before it is told to. */
class Held implements PeerHandler {
  #release: () => void = () => {}
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve
  })

  message(): void {}

  async request(): Promise<PeerAnswer<'knows'>> {
    await this.#released
    return { knows: true }
  }

  release(): void {
    this.#release()
  }
}

/** Keeps chunks as a store does: its own copy of the bytes, before it answers. */
class ChunkKeeper implements PeerHandler {
  readonly #chunks = new Map<number, Buffer>()

  message(): void {}

  content(index: number): Buffer {
    return this.#chunks.get(index)!
  }

  async request(
    _from: StoreId,
    request: PeerRequest,
  ): Promise<PeerAnswer<'chunkPut'> | PeerAnswer<'chunkGet'>> {
    if (request.kind === 'chunkPut') {
      await Promise.resolve()
      const content = Buffer.concat(request.pieces)
      this.#chunks.set(request.index, content)
      return { outcome: content.equals(chunkContent(request.index)) ? 'stored' : 'garbled' }
    }
    if (request.kind !== 'chunkGet') throw new Error(`Nobody asks for ${request.kind}`)
    const { index, offset, length } = request
    const pieces = [this.content(index).subarray(offset, offset + length)]
    return { outcome: 'found', pieces, checks: Buffer.alloc(4) }
  }
}

/** Asks again while the other side is on its way back. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 200; ; left--) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof PeerUnreachableError) || left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
