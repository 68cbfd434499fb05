import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { ManualClock } from '../../base/manual-clock.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import { encodeFrame, plainHead } from '../../wire/peer/frames.ts'
import { hello, NOTHING_KNOWN } from '../../wire/peer/hello.ts'
import type { PeerRequest } from '../../wire/peer/messages.ts'
import type { PeerHandler } from '../peer-network.ts'
import { PeerFailure, PeerTimeoutError, PeerUnreachableError } from '../peer-network.ts'
import { A, B, ownName, TestNodes } from './transport-fixtures.ts'

const MIB = 1024 ** 2
const OPTIONS = { deadlineMs: 20_000 }

let nodes: TestNodes
let server: Server | undefined
const sockets: Socket[] = []

beforeEach(() => {
  nodes = new TestNodes()
})
afterEach(async () => {
  await nodes.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  server?.close()
  server = undefined
})

const open = (store: typeof A, clock?: ManualClock) =>
  nodes.open({ store, certificates: undefined, clock })

function knows(partition: number): PeerRequest<'knows'> {
  return { kind: 'knows', partition: partition as PartitionId, uid: 'uid' }
}

function put(pieces: readonly Uint8Array[]): PeerRequest<'chunkPut'> {
  const owner = { bucketId: '0123456789abcdef', key: 'a key' } as never
  const chunk = { dataId: '00112233445566778899aabbccddeeff' as never, index: 0, owner }
  return { kind: 'chunkPut', mapVersion: 1, ...chunk, crc64: 0n, checks: Buffer.alloc(0), pieces }
}

/** A store B that says who it is and then behaves as `then` wants. */
async function openStrangeB(then: (socket: Socket) => void): Promise<void> {
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', (greeting: Buffer) => {
      // Control, bulk or beacon: the byte behind the two protocol numbers.
      const lane = (['control', 'bulk', 'beacon'] as const)[greeting[28]!]!
      const agreed = { protocolMin: 1, protocolMax: 1, lane, known: NOTHING_KNOWN, to: A }
      const mine = { ...ownName({ store: B }), ...agreed }
      socket.write(encodeFrame(plainHead('hello', 0), hello, mine))
      then(socket)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  nodes.redirect(B, (server.address() as { port: number }).port)
}

/** Counts what it answers at a time; answers once it is told to. */
class Counting implements PeerHandler {
  openCount = 0
  openCountMax = 0
  #release: () => void = () => {}
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve
  })

  message(): void {}

  async request(_from: unknown, { kind }: PeerRequest): Promise<never> {
    this.openCount++
    this.openCountMax = Math.max(this.openCountMax, this.openCount)
    await this.#released
    this.openCount--
    return (kind === 'knows' ? { knows: true } : { outcome: 'stored' }) as never
  }

  release(): void {
    this.#release()
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 500; !condition(); left--) {
    if (left === 0) throw new Error('What was waited for has not come')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('a peer that does not read holds nobody beyond the deadline', async () => {
  const clock = new ManualClock(1_000_000)
  const a = await open(A, clock)
  await openStrangeB((socket) => socket.pause())
  const chunk = Buffer.alloc(4 * MIB, 1)
  const asked = Array.from({ length: 12 }, () => a.request(B, put([chunk]), { deadlineMs: 300 }))
  await until(() => a.connectionCount === 2)
  // Four chunks are on each: more than the kernel takes.
  await new Promise((resolve) => setTimeout(resolve, 50))
  clock.advance(320)
  // All fail in one look, before another connection is made for those that wait.
  expect(a.connectionCount).toBe(0)
  for (const { status, reason } of await settledWithin(asked, 2000)) {
    expect(status).toBe('rejected')
    expect([PeerTimeoutError, PeerUnreachableError]).toContain(reason.constructor)
  }
})

async function settledWithin(asked: readonly Promise<unknown>[], ms: number) {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error('Not settled in time')), ms).unref()
  })
  const settled = await Promise.race([Promise.allSettled(asked), late])
  return settled.map((result) => ({
    status: result.status,
    reason: (result as PromiseRejectedResult).reason as Error,
  }))
}

test('who stops waiting keeps its bytes untouched until they have left', async () => {
  const a = await open(A)
  const received: Buffer[] = []
  let bulkSocket: Socket | undefined
  await openStrangeB((socket) => {
    bulkSocket = socket
    socket.pause()
    setTimeout(() => socket.on('data', (chunk: Buffer) => received.push(chunk)).resume(), 300)
  })
  const controller = new AbortController()
  const chunk = Buffer.alloc(4 * MIB, 1)
  const asked = a.request(B, put([chunk]), { ...OPTIONS, signal: controller.signal })
  await until(() => bulkSocket !== undefined)
  await new Promise((resolve) => setTimeout(resolve, 100))
  controller.abort(new Error('the client is gone'))
  await expect(asked).rejects.toThrow('the client is gone')
  chunk.fill(2)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const bytes = Buffer.concat(received)
  expect(bytes.length).toBeGreaterThan(4 * MIB)
  expect(bytes.subarray(bytes.length - 4 * MIB).includes(2)).toBe(false)
})

test('a request that is still waiting ends at once when nobody wants it', async () => {
  const a = await open(A)
  await openStrangeB((socket) => socket.pause())
  const chunk = Buffer.alloc(4 * MIB, 1)
  const blocked = Array.from({ length: 8 }, () => a.request(B, put([chunk]), { deadlineMs: 1000 }))
  const controller = new AbortController()
  const asked = a.request(B, put([chunk]), { ...OPTIONS, signal: controller.signal })
  const [started] = [performance.now(), controller.abort(new Error('the client is gone'))]
  await expect(asked).rejects.toThrow('the client is gone')
  expect(performance.now() - started).toBeLessThan(500)
  await Promise.allSettled(blocked)
})

test('a connection that is silent without having been closed is given up', async () => {
  const clock = new ManualClock(1_000_000)
  const a = await open(A, clock)
  await openStrangeB((socket) => socket.resume())
  const asked = a.request(B, knows(1), { deadlineMs: 60_000 })
  const settled = expect(asked).rejects.toThrow('the other side has been silent')
  // Its bulk connections come by themselves, at once.
  await until(() => a.connectionCount === 3)
  for (let second = 0; second < 8; second++) {
    clock.advance(1000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await settled
})

test('a peer that takes long to answer is asked whether it lives, and kept', async () => {
  const clock = new ManualClock(1_000_000)
  const b = await open(B)
  const counting = new Counting()
  b.serve(counting)
  const a = await open(A, clock)
  const asked = a.request(B, knows(1), { deadlineMs: 60_000 })
  await until(() => counting.openCount === 1)
  for (let second = 0; second < 12; second++) {
    clock.advance(1000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  counting.release()
  expect(await asked).toEqual({ knows: true })
})

test('what was asked of a process fails when the store has started again', async () => {
  const a = await open(A)
  a.serve(new Counting())
  const greet = async (life: number) => {
    const socket = connect(a.port, '127.0.0.1')
    sockets.push(socket)
    const name = ownName({ store: B, incarnation: life, nonce: life })
    const agreed = { protocolMin: 1, protocolMax: 1, lane: 'control' as const }
    const mine = { ...name, ...agreed, known: NOTHING_KNOWN, to: A }
    socket.write(encodeFrame(plainHead('hello', 0), hello, mine))
    await new Promise((resolve) => socket.once('data', resolve))
    socket.resume()
  }
  await greet(1)
  const asked = a.request(B, knows(1), OPTIONS)
  const settled = expect(asked).rejects.toThrow('it has started again')
  await greet(2)
  await settled
  expect(a.connectionCount).toBe(1)
})

test('at most 1,024 small requests are outstanding at a time', async () => {
  const [a, b] = [await open(A), await open(B)]
  const counting = new Counting()
  b.serve(counting)
  const asked = Array.from({ length: 3000 }, (_, n) => a.request(B, knows(n), OPTIONS))
  await until(() => counting.openCount === 1024)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(counting.openCountMax).toBe(1024)
  counting.release()
  await Promise.all(asked)
})

test('bulk is bounded by credits at the sender and by slabs at the receiver', async () => {
  const [a, b] = [await open(A), await open(B)]
  const counting = new Counting()
  b.serve(counting)
  const chunk = Buffer.alloc(4 * MIB, 1)
  const asked = Array.from({ length: 20 }, () => a.request(B, put([chunk]), OPTIONS))
  // 16 MiB of slabs hold four chunks, though two connections have credit for eight.
  await until(() => counting.openCount === 4)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(counting.openCountMax).toBe(4)
  expect(nodes.slabs.usedCount).toBe(16)
  counting.release()
  await Promise.all(asked)
  expect(counting.openCountMax).toBeLessThanOrEqual(4)
  await until(() => nodes.slabs.usedCount === 0)
})

test('slabs come back when a connection breaks while bulk is on its way', async () => {
  const [a, b] = [await open(A), await open(B)]
  const counting = new Counting()
  b.serve(counting)
  const chunk = Buffer.alloc(4 * MIB, 1)
  const asked = Array.from({ length: 8 }, () => a.request(B, put([chunk]), OPTIONS))
  await until(() => counting.openCount === 4)
  const settled = Promise.allSettled(asked)
  await a.close()
  counting.release()
  await settled
  await until(() => nodes.slabs.usedCount === 0)
})

test('two storage nodes share one connection for messages and two for bulk', async () => {
  const [a, b] = [await open(A), await open(B)]
  const counting = new Counting()
  counting.release()
  a.serve(counting)
  b.serve(counting)
  await a.request(B, knows(1), OPTIONS)
  await a.request(B, put([Buffer.alloc(MIB)]), OPTIONS)
  await until(() => a.connectionCount === 3 && b.connectionCount === 3)
  await b.request(A, knows(1), OPTIONS)
  await b.request(A, put([Buffer.alloc(MIB)]), OPTIONS)
  expect([a.connectionCount, b.connectionCount]).toEqual([3, 3])
})

test('after a failed attempt others fail at once for a while', async () => {
  const a = await open(A)
  nodes.redirect(B, 1)
  await expect(a.request(B, knows(1), OPTIONS)).rejects.toThrow('ECONNREFUSED')
  await expect(a.request(B, knows(1), OPTIONS)).rejects.toThrow('has just failed')
  await open(B).then((b) => b.serve({ message() {}, request: async () => ({ knows: true }) }))
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(await a.request(B, knows(1), OPTIONS)).toEqual({ knows: true })
})

test('an answer that is beyond a limit is a failure of its own', async () => {
  const [a, b] = [await open(A), await open(B)]
  b.serve({
    message() {},
    async request() {
      return { outcome: 'found', pieces: [Buffer.alloc(MIB + 1)], checks: Buffer.alloc(0) }
    },
  })
  const range = { dataId: '00112233445566778899aabbccddeeff' as never, index: 0, offset: 0 }
  const asked = a.request(B, { kind: 'chunkGet', ...range, length: MIB }, OPTIONS)
  await expect(asked).rejects.toThrow(PeerFailure)
  await expect(asked).rejects.toThrow('Size must be at most 1048576')
})

test('a request that is beyond a limit fails alone', async () => {
  const [a, b] = [await open(A), await open(B)]
  b.serve({ message() {}, request: async () => ({ knows: true }) })
  const tooLarge = { ...knows(1), uid: 'x'.repeat(1000) }
  await expect(a.request(B, tooLarge, OPTIONS)).rejects.toThrow('Size must be at most 256')
  expect(await a.request(B, knows(1), OPTIONS)).toEqual({ knows: true })
})
